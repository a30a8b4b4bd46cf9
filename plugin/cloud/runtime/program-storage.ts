/** One key and its value. */
export interface StorageEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * What a program has stored, as the runtime reads it: the state after the last committed run, of this program only. The runtime
 * never changes what it is given. Keys are ordered as byte strings, a prefix first.
 */
export interface StorageReader {
  /** The value at `key`; undefined when there is none. */
  get(key: Uint8Array): Uint8Array | undefined;
  /**
   * Entries with `from ≤ key < to` in ascending order, or descending when `reverse`. `to` undefined: no upper end. The
   * runtime takes as few as it needs and may leave the iteration at any point.
   */
  scan(from: Uint8Array, to: Uint8Array | undefined, reverse: boolean): Iterable<StorageEntry>;
}

/** What a run changes: a value set, or `undefined` for a key deleted. */
export interface StorageWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** A program's storage with the writing side, which whoever applies a successful run's writes uses. */
export interface ProgramStorage extends StorageReader {
  set(key: Uint8Array, value: Uint8Array): void;
  delete(key: Uint8Array): void;
}

/** Order of keys: as byte strings, a prefix first. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    if (a[i] !== b[i]) return a[i]! - b[i]!;
  }
  return a.length - b.length;
}
