/** Fills the columns of chips/byte-window.ts. */
import { slots, type Execution } from "./execution.ts";
import { limbFiller } from "./instruction-trace.ts";
import type { Lookups } from "./lookups.ts";
import { operandA, operandB, resultOf } from "./operands.ts";
import type { Rows } from "./rows.ts";

export interface WindowRow {
  /** What a load gives or a store takes. */
  readonly data: bigint;
  /** Eight bytes from the address on. */
  readonly window: bigint;
  readonly offset: number;
}

/**
 * Fills place, data and window of an access to `words` words, the first of them access `slot` of the instruction.
 */
export function windowFiller(
  rows: Rows,
  lookups: Lookups,
  execution: Execution,
  words: 1 | 2,
): (row: number, step: number, isStore: boolean, slot: number) => WindowRow {
  const [fillWord, fillData] = [limbFiller(rows, lookups, "word", 2), limbFiller(rows, lookups, "data")];
  const [fillBelow, fillWindow] = [limbFiller(rows, lookups, "below"), limbFiller(rows, lookups, "window")];
  const fillAbove = words === 2 ? limbFiller(rows, lookups, "above") : undefined;
  const [before, powers, cs] = [rows.wide("data before"), rows.wide("power"), rows.narrow("c")];
  return (row, step, isStore, slot) => {
    const data = isStore ? operandB(execution, step) : resultOf(execution, step);
    fillData(row, data);
    if (isStore) before[row] = data;

    const address = operandA(execution, step) + BigInt(cs[row]!);
    fillWord(row, address >> 3n);
    const offset = Number(address & 7n);
    lookups.range(offset);
    const exponent = 56 - 8 * offset;
    powers[row] = 1n << BigInt(exponent);
    lookups.power(exponent);

    let bytes = execution.before[slots * step + slot]!;
    if (words === 2) bytes |= execution.before[slots * step + slot + 1]! << 64n;
    const moved = bytes << BigInt(exponent + 8);
    const window = BigInt.asUintN(64, moved >> 64n);
    fillBelow(row, BigInt.asUintN(64, moved));
    fillWindow(row, window);
    fillAbove?.(row, moved >> 128n);
    return { data, window, offset };
  };
}
