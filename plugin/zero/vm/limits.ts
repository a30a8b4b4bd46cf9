/**
 * What a program and a run may need. The first group is part of what a proof can be made of (docs/zero/protocol.md); the second
 * is only this executor's.
 */
export const machineLimits = {
  /** Instructions of a program: the five columns and the image share one slab of 2^22 cells. */
  instructions: 2 ** 18,
  /** 8-byte words from the first to the last that a data segment fills. */
  imageWords: 2 ** 20,
  /** Bytes of the input, the private input and the journal, each: 2^16 rows of 8 bytes, of which the first is the length. */
  streamBytes: 8 * (2 ** 16 - 1),

  /** Instructions of a run, unless the caller says otherwise. */
  steps: 2 ** 30,
  /** Cells of the call stack. */
  stackCells: 2 ** 21,
  /** Bytes of the log that are kept. */
  logBytes: 2 ** 20,
} as const;
