import { compareKeys, type StorageEntry, type StorageReader, type StorageWrite } from "./program-storage.ts";

/** A run's own writes on top of what was stored before. They leave here only when the run succeeded. */
export class StorageOverlay {
  readonly #base: StorageReader;
  /** Values by key as a binary string, so that keys compare by content; `undefined` marks a deleted key. */
  readonly #written = new Map<string, Uint8Array | undefined>();
  /** The same keys, in order. */
  readonly #keys: Uint8Array[] = [];

  constructor(base: StorageReader) {
    this.#base = base;
  }

  /** Number of different keys set or deleted. */
  get size(): number {
    return this.#written.size;
  }

  has(key: Uint8Array): boolean {
    return this.#written.has(text(key));
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const name = text(key);
    return this.#written.has(name) ? this.#written.get(name) : this.#base.get(key);
  }

  /** Sets a value, or deletes the key. Takes over both arrays. */
  write(key: Uint8Array, value: Uint8Array | undefined): void {
    const name = text(key);
    if (!this.#written.has(name)) this.#keys.splice(lowerBound(this.#keys, key), 0, key);
    this.#written.set(name, value);
  }

  /**
   * The first entry of `from ≤ key < to`, or the last when `reverse`.
   *
   * @param passed called for every entry that is passed because this run deleted it
   */
  next(
    from: Uint8Array,
    to: Uint8Array | undefined,
    reverse: boolean,
    passed: () => void,
  ): StorageEntry | undefined {
    const own = this.#nextWritten(from, to, reverse, passed);
    for (const entry of this.#base.scan(from, to, reverse)) {
      if (own !== undefined) {
        const order = compareKeys(own.key, entry.key);
        if (reverse ? order >= 0 : order <= 0) return own;
      }
      // A key that this run set to something is own's or comes after it, so what is left here was deleted.
      if (!this.has(entry.key)) return entry;
      passed();
    }
    return own;
  }

  #nextWritten(
    from: Uint8Array,
    to: Uint8Array | undefined,
    reverse: boolean,
    passed: () => void,
  ): StorageEntry | undefined {
    const keys = this.#keys;
    const step = reverse ? -1 : 1;
    let i = reverse ? (to === undefined ? keys.length : lowerBound(keys, to)) - 1 : lowerBound(keys, from);
    for (; i >= 0 && i < keys.length; i += step) {
      const key = keys[i]!;
      if (reverse ? compareKeys(key, from) < 0 : to !== undefined && compareKeys(key, to) >= 0)
        return undefined;
      const value = this.#written.get(text(key));
      if (value !== undefined) return { key, value };
      passed();
    }
    return undefined;
  }

  /** All writes in the order of keys. */
  writes(): StorageWrite[] {
    return this.#keys.map((key) => ({ key, value: this.#written.get(text(key)) }));
  }
}

/** Index of the first key that is not less than `key`. */
function lowerBound(keys: readonly Uint8Array[], key: Uint8Array): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(keys[middle]!, key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.length).toString("latin1");
}
