import { shake256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

/** Bytes collected up to a limit. */
export class Sink {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Appends a copy. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes.slice());
    this.#length += bytes.length;
  }

  bytes(): Uint8Array {
    // Not `concatBytes(...chunks)`: a program can make 65,536 chunks, which as arguments take half of the engine's stack.
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
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
