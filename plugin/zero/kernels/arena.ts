import type { Memory } from "./engine.ts";
import { PAGE } from "./layout.ts";

/** Most pages of a WebAssembly memory: 4 GiB. */
const MOST_PAGES = 65_536;
/** Nothing ends where memory does: a kernel that goes up to a pointer would go up to 2^32, which is 0. */
const MOST_BYTES = MOST_PAGES * PAGE - 64;

/**
 * Room in the shared memory, given out upwards and taken back in the opposite order: `mark`, any number of `alloc`, `release`.
 * What is given out is not zeroed.
 */
export class Arena {
  readonly memory: Memory;
  #top: number;

  /** @param base the first free byte. */
  constructor(memory: Memory, base: number) {
    this.memory = memory;
    this.#top = align(base);
  }

  /** Offset of `bytes` free bytes, a multiple of 64. @throws RangeError when they do not fit into 4 GiB. */
  alloc(bytes: number): number {
    const at = this.#top;
    const end = align(at + bytes);
    if (!Number.isSafeInteger(bytes) || bytes < 0 || end > MOST_BYTES) {
      throw new RangeError(
        `${bytes} bytes do not fit into the kernels' memory: ${at} of ${MOST_BYTES} are in use. Release a mark, or work in parts.`,
      );
    }
    const missing = Math.ceil((end - this.memory.buffer.byteLength) / PAGE);
    if (missing > 0) this.memory.grow(missing);
    this.#top = end;
    return at;
  }

  /** To be given to `release`. */
  mark(): number {
    return this.#top;
  }

  /** Takes back all that was given out since `mark` was called. */
  release(mark: number): void {
    if (mark > this.#top)
      throw new RangeError(`The mark ${mark} lies above what is in use, ${this.#top} bytes.`);
    this.#top = mark;
  }
}

function align(offset: number): number {
  return Math.ceil(offset / 64) * 64;
}
