/**
 * What a commitment to small integers is computed from: the cells that are not zero, sorted by their number of bytes, each with its number.
 * Most cells of wide columns are small.
 */
import { integerAt } from "./integers";

/** Classes: 1, 2, 4 and 8 bytes. */
function classOf(value: u64): usize {
  if (value < 256) return 0;
  if (value < 65536) return 1;
  return value < 4294967296 ? 2 : 3;
}

/** Adds the number of cells of each class in rows [from, to) of a column to four words at `counts`. */
export function countCells(counts: usize, column: usize, width: usize, from: usize, to: usize): void {
  for (let i = from; i < to; i++) {
    const value = integerAt(column, width, i);
    if (value == 0) continue;
    const at = counts + classOf(value) * 4;
    store<u32>(at, load<u32>(at) + 1);
  }
}

/**
 * Writes cells of rows [from, to) behind those that are there, row i with the number first + i·stride: `ends` has, for each class, a pointer
 * to the next number and one to the next scalar, and is moved on.
 */
export function gatherCells(
  ends: usize,
  column: usize,
  width: usize,
  from: usize,
  to: usize,
  first: usize,
  stride: usize,
): void {
  for (let i = from; i < to; i++) {
    const value = integerAt(column, width, i);
    if (value == 0) continue;
    const which = classOf(value);
    const end = ends + which * 8;
    const number = <usize>load<u32>(end);
    const scalar = <usize>load<u32>(end, 4);
    store<u32>(number, <u32>(first + i * stride));
    if (which == 0) store<u8>(scalar, <u8>value);
    else if (which == 1) store<u16>(scalar, <u16>value);
    else if (which == 2) store<u32>(scalar, <u32>value);
    else store<u64>(scalar, value);
    store<u32>(end, <u32>(number + 4));
    store<u32>(end, <u32>(scalar + ((<usize>1) << which)), 4);
  }
}
