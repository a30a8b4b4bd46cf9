/** One change of a batch: a value to store under `key`, or `undefined` to remove it. */
export interface Write {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

/**
 * An ordered key-value store. Keys are binary strings (see `bytes.ts`). Reads are synchronous, because a WebAssembly
 * program calls its storage synchronously; writes are batches.
 */
export interface KeyValueStore {
  /** The value under `key`; undefined when there is none. Throws `StorageCorruptedError`. The caller does not change it. */
  get(key: string): Uint8Array | undefined;
  /** Applies all of `writes` or none, and resolves once they would survive a crash of the machine. */
  write(writes: readonly Write[]): Promise<void>;
  /** Keys in [from, to), ascending, as they were when the iteration began. */
  keys(from: string, to: string): AsyncIterable<string>;
  /** Entries in [from, to), ascending, as they were when the iteration began. Throws `StorageCorruptedError`. */
  entries(from: string, to: string): AsyncIterable<readonly [key: string, value: Uint8Array]>;
  /** Releases files and locks. */
  close(): Promise<void>;
}

/** What is on disk contradicts itself: a bad disk, or somebody edited the files. */
export class StorageCorruptedError extends Error {
  override readonly name = "StorageCorruptedError";

  /** @param found what was found where */
  constructor(found: string) {
    super(
      `The storage is corrupted: ${found}. Restore the directory from a backup, or delete it and let the node ` +
        "catch up from a snapshot.",
    );
  }
}
