import { availableParallelism } from "node:os";

import { Arena } from "./arena.ts";
import { engine, type Memory } from "./engine.ts";
import { CONSTANTS, ELEMENT, FR_MODULUS, STACK } from "./layout.ts";
import { kernelsModule } from "./module.ts";
import { Threads } from "./threads.ts";

/** Below this many elements one thread is faster than two. */
const WORTH_SPLITTING = 512;

/** Bytes of the unsigned integers that columns are made of. */
export type IntegerWidth = 1 | 2 | 4 | 8;

/**
 * Arithmetic over BN254 on several threads, over one shared memory of up to 4 GiB.
 *
 * A pointer is a byte offset. An element of Fr is 32 bytes at a pointer, little-endian, x·2^261 mod r, always below r; vectors are
 * elements one after the other. Operations that take a single element take its pointer: see `element`.
 */
export class Kernels {
  readonly memory: Memory;
  readonly #arena: Arena;
  readonly #threads: Threads;

  private constructor(arena: Arena, threads: Threads) {
    this.memory = arena.memory;
    this.#arena = arena;
    this.#threads = threads;
  }

  /** @param threads how many threads compute, this one included; the machine's, at most 8, when left out. */
  static async start(threads = Math.min(availableParallelism(), 8)): Promise<Kernels> {
    if (!Number.isInteger(threads) || threads < 1) {
      throw new RangeError(`The kernels run on one thread or more, not on ${threads}.`);
    }
    const memory = new engine.Memory({ initial: 16, maximum: 65_536, shared: true });
    const module = await kernelsModule();
    const { heapBase } = new engine.Instance(module, { env: { memory } }).exports;
    const arena = new Arena(memory, (heapBase as () => number)());
    const constants = arena.alloc(CONSTANTS.length * ELEMENT);
    writeNumbers(memory, constants, CONSTANTS);
    const configurations = Array.from({ length: threads }, (_, thread) => [
      constants,
      thread,
      arena.alloc(STACK),
    ]);
    return new Kernels(arena, await Threads.start(module, memory, configurations));
  }

  /** Ends the other threads. They do not keep the process alive, so this is for those who start many. */
  async close(): Promise<void> {
    await this.#threads.close();
  }

  get threads(): number {
    return this.#threads.count;
  }

  // ---- memory

  mark(): number {
    return this.#arena.mark();
  }

  /** Offset of `bytes` free bytes, not zeroed. @throws RangeError when they do not fit into 4 GiB. */
  alloc(bytes: number): number {
    return this.#arena.alloc(bytes);
  }

  /** Takes back everything given out since `mark`. */
  release(mark: number): void {
    this.#arena.release(mark);
  }

  /** Room for n elements of Fr. */
  vector(n: number): number {
    return this.#arena.alloc(n * ELEMENT);
  }

  /** A copy of `value` in new room. */
  element(value: bigint): number {
    return this.fromBigints([value]);
  }

  /** A view of the memory, good until the next `alloc`. */
  bytes(pointer: number, length: number): Uint8Array<SharedArrayBuffer> {
    return new Uint8Array(this.memory.buffer, pointer, length);
  }

  // ---- kernels by name

  /** Runs the exported kernel `name(0, n, ...args)` on this thread. */
  call(name: string, n: number, ...args: number[]): void {
    this.#threads.call(name, n, ...args);
  }

  /**
   * Runs the exported kernel `name(start, end, ...args)` on all threads, once on each, over parts of [0, n), and returns when all
   * are done. A kernel that reduces writes at a place of its own, by `thread()`.
   */
  parallel(name: string, n: number, ...args: number[]): void {
    this.#threads.parallel(name, n, ...args);
  }

  /** `parallel` where that pays, `call` where it does not. */
  #run(name: string, n: number, ...args: number[]): void {
    if (n < WORTH_SPLITTING) this.#threads.call(name, n, ...args);
    else this.#threads.parallel(name, n, ...args);
  }

  // ---- in and out

  /** Elements from numbers in [0, r), in new room or at `pointer`. @throws RangeError for a number outside. */
  fromBigints(values: readonly bigint[], pointer = this.vector(values.length)): number {
    this.scalars(values, pointer);
    this.#run("vectorToMontgomery", values.length, pointer, pointer);
    return pointer;
  }

  /**
   * Numbers of 32 bytes, little-endian, not in Montgomery form, in new room or at `pointer`: scalars of points.
   *
   * @throws RangeError for a number outside [0, r)
   */
  scalars(values: readonly bigint[], pointer = this.vector(values.length)): number {
    for (const value of values) {
      if (value < 0n || value >= FR_MODULUS) {
        throw new RangeError(`${value} is not an element of Fr: reduce it modulo ${FR_MODULUS} first.`);
      }
    }
    writeNumbers(this.memory, pointer, values);
    return pointer;
  }

  /** The numbers that n elements stand for, in [0, r). */
  toBigints(pointer: number, n: number): bigint[] {
    const mark = this.mark();
    const numbers = this.vector(n);
    this.#run("vectorFromMontgomery", n, numbers, pointer);
    const values = readNumbers(this.memory, numbers, n);
    this.release(mark);
    return values;
  }

  /** The number that one element stands for. */
  toBigint(pointer: number): bigint {
    return this.toBigints(pointer, 1)[0] as bigint;
  }

  /** dst_i = the unsigned integer of `width` bytes at src + i·width. */
  fromIntegers(dst: number, src: number, width: IntegerWidth, n: number): void {
    this.#run("vectorFromIntegers", n, dst, src, width);
  }

  fromU8(dst: number, src: number, n: number): void {
    this.fromIntegers(dst, src, 1, n);
  }

  fromU16(dst: number, src: number, n: number): void {
    this.fromIntegers(dst, src, 2, n);
  }

  fromU32(dst: number, src: number, n: number): void {
    this.fromIntegers(dst, src, 4, n);
  }

  fromU64(dst: number, src: number, n: number): void {
    this.fromIntegers(dst, src, 8, n);
  }

  // ---- vectors over Fr; dst may be one of the operands, but not overlap one otherwise

  /** dst_i = a_i + b_i. */
  add(dst: number, a: number, b: number, n: number): void {
    this.#run("vectorAdd", n, dst, a, b);
  }

  /** dst_i = a_i − b_i. */
  sub(dst: number, a: number, b: number, n: number): void {
    this.#run("vectorSub", n, dst, a, b);
  }

  /** dst_i = a_i·b_i. */
  mul(dst: number, a: number, b: number, n: number): void {
    this.#run("vectorMul", n, dst, a, b);
  }

  /** dst_i = a_i·scalar. */
  scale(dst: number, a: number, scalar: number, n: number): void {
    this.#run("vectorScale", n, dst, a, scalar);
  }

  /** dst_i += a_i·scalar. */
  addScaled(dst: number, a: number, scalar: number, n: number): void {
    this.#run("vectorAddScaled", n, dst, a, scalar);
  }

  /** dst_i = a for all i. */
  fill(dst: number, a: number, n: number): void {
    this.#run("vectorFill", n, dst, a);
  }

  /** dst_i = a_{2i} + c·(a_{2i+1} − a_{2i}) for i < n. In place (dst = a) it runs on one thread. */
  fold(dst: number, a: number, c: number, n: number): void {
    // Of two threads, the second would write what the first has yet to read.
    const overlap = dst < a + 2 * n * ELEMENT && a < dst + n * ELEMENT;
    if (overlap) this.call("vectorFold", n, dst, a, c);
    else this.#run("vectorFold", n, dst, a, c);
  }

  /** Σ a_i·b_i. */
  dot(a: number, b: number, n: number): bigint {
    return this.#reduce("vectorDot", n, a, b);
  }

  /** Σ a_i. */
  sum(a: number, n: number): bigint {
    return this.#reduce("vectorSum", n, a);
  }

  /** dst_i = 1/a_i, and 0 where a_i = 0. dst and a must not overlap. */
  batchInverse(dst: number, a: number, n: number): void {
    this.#run("vectorInverse", n, dst, a);
  }

  /** Runs a kernel that leaves one element a thread, and adds those. */
  #reduce(name: string, n: number, ...args: number[]): bigint {
    const mark = this.mark();
    const partial = this.vector(this.threads);
    this.bytes(partial, this.threads * ELEMENT).fill(0);
    this.#run(name, n, partial, ...args);
    const total = this.toBigints(partial, this.threads).reduce((a, b) => a + b, 0n) % FR_MODULUS;
    this.release(mark);
    return total;
  }
}

function writeNumbers(memory: Memory, pointer: number, values: readonly bigint[]): void {
  const words = new BigUint64Array(memory.buffer, pointer, values.length * 4);
  values.forEach((value, i) => {
    // Stores take the lowest 64 bits.
    words[4 * i] = value;
    words[4 * i + 1] = value >> 64n;
    words[4 * i + 2] = value >> 128n;
    words[4 * i + 3] = value >> 192n;
  });
}

function readNumbers(memory: Memory, pointer: number, n: number): bigint[] {
  const words = new BigUint64Array(memory.buffer, pointer, n * 4);
  const word = (at: number): bigint => words[at] as bigint;
  return Array.from(
    { length: n },
    (_, i) => word(4 * i) | (word(4 * i + 1) << 64n) | (word(4 * i + 2) << 128n) | (word(4 * i + 3) << 192n),
  );
}
