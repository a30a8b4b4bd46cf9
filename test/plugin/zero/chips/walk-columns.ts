/** Whether a changed cell of a valid trace is noticed, for every column. */
import { columnIndex, type Chip } from "../../../../plugin/zero/air/chip.ts";
import type { Parameters, Table } from "../../../../plugin/zero/trace/trace.ts";
import { rowDefects, rowOf, tokensOf, type Row } from "./row-defects.ts";

/** Rows looked at, spread over the table. */
const mostRows = 200;

/**
 * Columns of which no changed cell is noticed. Where the whole trace is valid, a change is noticed when the row gets a defect, or
 * other tokens: then a bus does not cancel any more.
 */
export function unnoticedColumns(chip: Chip, table: Table, parameters: Parameters): string[] {
  const count = 2 ** table.height;
  // Odd, so that it does not keep in step with how a test repeats its instructions.
  const step = Math.floor(count / mostRows) | 1;
  const rows = Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
  return chip.columns
    .filter(
      ({ name }) => !rows.some((row) => isNoticed(chip, rowOf(chip, table, row), name, parameters, row)),
    )
    .map(({ name }) => name);
}

/** Whether adding one to a cell is noticed; a bit becomes the other one. */
export function isNoticed(
  chip: Chip,
  row: Row,
  name: string,
  parameters: Parameters,
  index: number,
): boolean {
  const value = row[name]!;
  const isBit = chip.columns[columnIndex(chip, name)]!.width === 1;
  const changed = { ...row, [name]: isBit ? 1n - value : value + 1n };
  const text = (each: Row): string =>
    tokensOf(chip, each, parameters, index)
      .map(({ bus, multiplicity, tuple }) => `${bus} ${multiplicity} ${tuple.join(" ")}`)
      .sort()
      .join("\n");
  return rowDefects(chip, changed, parameters, index).length > 0 || text(changed) !== text(row);
}
