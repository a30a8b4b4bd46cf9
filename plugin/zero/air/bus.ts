/**
 * The buses of Nexus Zero's machine (docs/zero/protocol.md §5, docs/zero/machine.md §3–§5). A bus is a multiset of tuples: what
 * rows put on it and what rows take off must cancel. The number is part of every fingerprint, so no tuple of one bus is one
 * of another.
 */
export const buses = {
  /** (pc, fp, ts): where the machine is. */
  state: 1,
  /** (pc, opcode, d, a, b, c): the instructions of the program. */
  program: 2,
  /** (address, value, time): what a cell holds since when. */
  memory: 3,
  /** (value): below 2^16. */
  range: 4,
  /** (x, y, x & y): bytes. */
  bytes: 5,
  /** (e, 2^e), e < 64. */
  powers: 6,
  /** (x, number of ones in x), x < 2^16. */
  popcount: 7,
  /** (pages before, pages after, time): one for each memory.grow that was granted. */
  growth: 8,
  /** (row, address of the row before): the boundary's addresses increase. */
  order: 9,
} as const;

export type Bus = keyof typeof buses;

/** Most values in a tuple. */
export const longestTuple = 7;
