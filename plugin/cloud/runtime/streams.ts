import { shake256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Bytes collected up to a limit. */
export class Sink {
  /** Has room to spare: a program may write byte by byte. */
  #bytes = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends a copy. */
  append(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length, 256));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/** Bytes handed out from the front. */
export class Source {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  take(most: number): Uint8Array {
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }
}

/**
 * The stream behind `random_get`: SHAKE256 of a tag and the run's randomness, read on from where the last call ended.
 *
 * @param seed 32 bytes
 */
export function randomStream(seed: Uint8Array): (length: number) => Uint8Array {
  let state: ReturnType<typeof shake256.create> | undefined;
  return (length) => {
    state ??= shake256.create({ dkLen: 32 }).update(utf8ToBytes("Nexus random_get v1")).update(seed);
    return state.xof(length);
  };
}
