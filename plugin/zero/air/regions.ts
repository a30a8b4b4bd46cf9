/** Regions of memory; each has 2^40 cells of its own (docs/zero/machine.md §1). */
export const regions = {
  frames: 0,
  memory: 1,
  globals: 2,
  pages: 3,
  input: 4,
  privateInput: 5,
  journal: 6,
  scratch: 7,
} as const;

/** Address of a region's cell 0. */
export const regionStart = (region: number): bigint => BigInt(region) << 40n;

/** 8-byte words of a page of linear memory. */
export const wordsOfPage = 8_192;
