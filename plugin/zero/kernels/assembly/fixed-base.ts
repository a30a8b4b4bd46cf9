/**
 * Multiples of one point: a table has, for each window of 12 bits of a scalar, the 4,095 multiples of 2^{12 row}·G, and a multiple is the
 * sum of an entry a row. Sums are made for many scalars at a time, row by row.
 */
import { addQueued, enqueue, pointBytes, QUEUE, queueBytes } from "./affine";
import { thread } from "./thread";

const DIGIT_BITS: u64 = 12;
const ENTRIES: usize = (1 << 12) - 1;
const ROWS: usize = 22;

/** Rows [start, end) of the table, whose first entries, 2^{12 row}·G, are there. */
export function tableRows<C>(start: usize, end: usize, table: usize, room: usize): void {
  const size = pointBytes<C>();
  const queue = room + thread() * queueBytes<C>();
  for (let row = start; row < end; row++) {
    const first = table + row * ENTRIES * size;
    // Of 1 to m multiples, m + 1 to 2m are the sums with the m-th.
    for (let m: usize = 1; m < ENTRIES; m *= 2) {
      const more = min(m, ENTRIES - m);
      for (let i: usize = 0; i < more; i += QUEUE) {
        const count = min(QUEUE, more - i);
        for (let k: usize = 0; k < count; k++) {
          enqueue(queue, k, first + (i + k) * size, first + (m - 1) * size, first + (m + i + k) * size);
        }
        addQueued<C>(queue, count);
      }
    }
  }
}

/** dst_i = scalar_i·G for i in [start, end). Scalars are numbers of 32 bytes, below 2^264. */
export function tableMultiples<C>(
  start: usize,
  end: usize,
  dst: usize,
  scalars: usize,
  table: usize,
  room: usize,
): void {
  const size = pointBytes<C>();
  const queue = room + thread() * queueBytes<C>();
  memory.fill(dst + start * size, 0, (end - start) * size);
  for (let from = start; from < end; from += QUEUE) {
    const to = min(from + QUEUE, end);
    for (let row: usize = 0; row < ROWS; row++) {
      let count: usize = 0;
      for (let i = from; i < to; i++) {
        const digit = digitAt(scalars + i * 32, row);
        if (digit == 0) continue;
        const sum = dst + i * size;
        enqueue(queue, count++, sum, table + (row * ENTRIES + digit - 1) * size, sum);
      }
      addQueued<C>(queue, count);
    }
  }
}

function digitAt(scalar: usize, row: usize): usize {
  const bit = <u64>row * DIGIT_BITS;
  const word = <usize>(bit >> 6);
  const shift = bit & 63;
  let value = load<u64>(scalar + word * 8) >> shift;
  if (shift + DIGIT_BITS > 64 && word < 3) value |= load<u64>(scalar + word * 8, 8) << (64 - shift);
  return (<usize>value) & ENTRIES;
}
