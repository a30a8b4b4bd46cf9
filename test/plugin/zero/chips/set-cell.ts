import { columnIndex, type Chip } from "../../../../plugin/zero/air/chip.ts";
import type { Trace } from "../../../../plugin/zero/trace/trace.ts";
import { tableOf } from "./table-of.ts";

/** Forges one cell of a trace. @returns what undoes it */
export function setCell(trace: Trace, chip: Chip, row: number, column: string, value: bigint): () => void {
  const cells = tableOf(trace, chip).columns[columnIndex(chip, column)]!;
  const set = (to: bigint): void => {
    if (cells instanceof BigUint64Array) cells[row] = to;
    else cells[row] = Number(to);
  };
  const before = BigInt(cells[row]!);
  set(value);
  return () => set(before);
}
