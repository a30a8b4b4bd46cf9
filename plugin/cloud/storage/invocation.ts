import { fromBinary, toBinary } from "./bytes.ts";
import type { SortedKeys } from "./sorted-keys.ts";

/** Longest key of a stored value, in bytes. */
export const MAX_KEY_BYTES = 256;

/** Longest stored value, in bytes. */
export const MAX_VALUE_BYTES = 65_536;

/** A key with its value. */
export interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** What an invocation sees beneath its own writes. */
export interface InvocationBase {
  readonly value: (key: string) => Uint8Array | undefined;
  readonly keys: SortedKeys;
  readonly outboundNonce: number;
}

/** What an invocation leaves behind. */
export interface InvocationResult {
  readonly values: ReadonlyMap<string, Uint8Array | undefined>;
  readonly keys: SortedKeys;
  readonly outboundNonce: number;
}

/**
 * The storage as one run of a program sees it: all of its own program's, nothing of any other's. Writes stay here until
 * `keep`; after `discard` they never happened. Values are 0 to 65,536 bytes (an empty value is a value), keys 1 to 256.
 */
export class Invocation {
  readonly #base: InvocationBase;
  readonly #end: (result: InvocationResult | undefined) => void;
  readonly #values = new Map<string, Uint8Array | undefined>();
  /** The keys as this run has made them: a copy, from the first change on. */
  #keys: SortedKeys;
  #copied = false;
  #outboundNonce: number;
  #open = true;

  constructor(base: InvocationBase, end: (result: InvocationResult | undefined) => void) {
    this.#base = base;
    this.#end = end;
    this.#keys = base.keys;
    this.#outboundNonce = base.outboundNonce;
  }

  /** The value under `key`, or undefined. The caller does not change its bytes. */
  get(key: Uint8Array): Uint8Array | undefined {
    this.#requireOpen();
    return this.#value(checkedKey(key));
  }

  /** Stores a copy of `value` under `key`. Throws RangeError when either is too long or the key is empty. */
  set(key: Uint8Array, value: Uint8Array): void {
    this.#requireOpen();
    const binary = checkedKey(key);
    if (value.length > MAX_VALUE_BYTES) {
      throw new RangeError(`A value of ${value.length} bytes is longer than the ${MAX_VALUE_BYTES} allowed.`);
    }
    if (!this.#keys.has(binary)) this.#ownKeys().add(binary);
    this.#values.set(binary, value.slice());
  }

  /** Removes `key`. True when there was something under it. */
  delete(key: Uint8Array): boolean {
    this.#requireOpen();
    const binary = checkedKey(key);
    if (!this.#keys.has(binary)) return false;
    this.#ownKeys().delete(binary);
    this.#values.set(binary, undefined);
    return true;
  }

  /**
   * Entries with `from` ≤ key < `to`, in lexicographic order of their keys' bytes, or from the last to the first when
   * `reverse`. Without `to` there is no upper end. What is written meanwhile is seen, if it still lies ahead.
   */
  *scan(from: Uint8Array, to: Uint8Array | undefined, reverse = false): Generator<Entry, void, undefined> {
    this.#requireOpen();
    let low = toBinary(from);
    let high = to === undefined ? undefined : toBinary(to);
    for (;;) {
      const key = reverse ? this.#keys.last(low, high) : this.#keys.first(low, high);
      if (key === undefined) return;
      yield { key: fromBinary(key), value: this.#value(key)! };
      if (reverse) high = key;
      else low = key + "\0";
    }
  }

  /** Counts one outbound call: returns its nonce, 0 for the program's first. */
  nextOutboundNonce(): number {
    this.#requireOpen();
    return this.#outboundNonce++;
  }

  /** Makes this run's writes a part of the block. */
  keep(): void {
    this.#requireOpen();
    this.#open = false;
    this.#end({ values: this.#values, keys: this.#keys, outboundNonce: this.#outboundNonce });
  }

  /** Drops everything this run wrote. */
  discard(): void {
    this.#requireOpen();
    this.#open = false;
    this.#end(undefined);
  }

  #value(key: string): Uint8Array | undefined {
    return this.#values.has(key) ? this.#values.get(key) : this.#base.value(key);
  }

  #ownKeys(): SortedKeys {
    if (!this.#copied) {
      this.#keys = this.#keys.clone();
      this.#copied = true;
    }
    return this.#keys;
  }

  #requireOpen(): void {
    if (!this.#open) throw new Error("This invocation has ended; ask the block for a new one.");
  }
}

function checkedKey(key: Uint8Array): string {
  if (key.length === 0 || key.length > MAX_KEY_BYTES) {
    throw new RangeError(`A key of ${key.length} bytes is outside of the 1 to ${MAX_KEY_BYTES} allowed.`);
  }
  return toBinary(key);
}
