/** For every column of every chip, a cell of a valid trace that may not be another. */
import type { Chip } from "../../../../plugin/zero/air/chip.ts";
import type { ColumnData, Parameters, Trace } from "../../../../plugin/zero/trace/trace.ts";
import { rowOf } from "./row-defects.ts";
import { isNoticed } from "./walk-columns.ts";

export interface Cell {
  /** Number of the chip, and of the column in it. */
  readonly chip: number;
  readonly column: number;
  readonly row: number;
  readonly value: number | bigint;
}

/**
 * The first such cell of each column, with a value that it may not have: one more, or of a bit the other one.
 *
 * @throws Error for a column of which any cell may be another
 */
export function wrongCells(chips: readonly Chip[], trace: Trace, parameters: Parameters): Cell[] {
  return chips.flatMap((chip, number) => {
    const table = trace[number]!;
    const rows = Array.from({ length: 2 ** table.height }, (_, row) => rowOf(chip, table, row));
    return chip.columns.map(({ name, width }, column): Cell => {
      const row = rows.findIndex(
        (each, index) =>
          (width === 1 || each[name]! + 1n < 1n << BigInt(width)) &&
          isNoticed(chip, each, name, parameters, index),
      );
      if (row < 0) throw new Error(`the trace says nothing about the column ${name} of ${chip.name}`);
      const before = rows[row]![name]!;
      return { chip: number, column, row, value: width === 1 ? 1n - before : before + 1n };
    });
  });
}

/** The trace with one cell replaced; nothing is written to the given one. */
export function withCell(trace: Trace, { chip, column, row, value }: Cell): Trace {
  const replaced = (data: ColumnData): ColumnData => {
    const copy = data.slice();
    if (copy instanceof BigUint64Array) copy[row] = BigInt(value);
    else copy[row] = Number(value);
    return copy;
  };
  const { height, columns } = trace[chip]!;
  return trace.with(chip, {
    height,
    columns: columns.map((data, i) => (i === column ? replaced(data) : data)),
  });
}
