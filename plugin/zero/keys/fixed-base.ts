// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Many multiples of one generator of BN254's groups: a table of all 12-bit multiples of 2^{12 i}·G makes each multiple a sum of 22
 * table entries. The group operations are those of ffjavascript's WebAssembly, called one by one.
 */
import * as snarkjs from "snarkjs";

export type Group = "g1" | "g2";

/** Bytes of an affine point: x and y (in G2: real and imaginary part of each) in Montgomery form with 2^256, as in .zkey files. */
export const pointBytes: Readonly<Record<Group, number>> = { g1: 64, g2: 128 };

const digitBits = 12;
const digits = Math.ceil(254 / digitBits);
const entries = 2 ** digitBits - 1;
/** Points that are made affine with one inversion. */
const batch = 1024;

/** Called with how much of the work is done, 0 to 1. */
export type Progress = (part: number) => void | Promise<void>;

export class FixedBase {
  readonly #group: Group;
  readonly #memory: Uint8Array;
  readonly #exports: Readonly<Record<string, (...args: number[]) => number>>;
  readonly #table: number;
  readonly #sums: number;
  readonly #affine: number;

  private constructor(group: Group, { tm }: snarkjs.Curve, generator: Uint8Array) {
    const [affine, jacobian] = [pointBytes[group], (pointBytes[group] * 3) / 2];
    // The engine allocates from the end of what it has used; nothing else uses this instance of it.
    const start = Math.ceil(tm.memory.buffer.byteLength / 64) * 64;
    const table = digits * entries * affine;
    const length = table + Math.max(batch, entries) * (affine + jacobian) + jacobian + affine;
    tm.memory.grow(Math.ceil((length + 64) / 65_536));
    this.#group = group;
    this.#memory = new Uint8Array(tm.memory.buffer);
    this.#exports = tm.instance.exports;
    this.#table = start;
    this.#affine = start + table;
    this.#sums = this.#affine + Math.max(batch, entries) * affine;
    this.#fillTable(generator);
  }

  static async start(group: Group): Promise<FixedBase> {
    const curve = await snarkjs.curves.getCurveFromName("bn128", { singleThread: true });
    return new FixedBase(group, curve, generatorBytes(group, curve));
  }

  /**
   * @param scalars in [0, r)
   * @returns their multiples of the generator, affine, one after the other; (0, 0) for 0
   */
  async multiples(scalars: readonly bigint[], progress: Progress = () => undefined): Promise<Uint8Array> {
    const size = pointBytes[this.#group];
    const result = new Uint8Array(scalars.length * size);
    for (let first = 0; first < scalars.length; first += batch) {
      const count = Math.min(batch, scalars.length - first);
      for (let i = 0; i < count; i++) this.#multiple(scalars[first + i]!, this.#sums + (i * size * 3) / 2);
      this.#call("batchToAffine", this.#sums, count, this.#affine);
      result.set(this.#memory.subarray(this.#affine, this.#affine + count * size), first * size);
      await progress((first + count) / scalars.length);
    }
    return result;
  }

  /**
   * Out of Montgomery form, in place.
   *
   * @param points affine
   */
  toNumbers(points: Uint8Array): Uint8Array {
    const step = batch * pointBytes[this.#group];
    for (let first = 0; first < points.length; first += step) {
      const part = points.subarray(first, first + step);
      this.#memory.set(part, this.#affine);
      for (let at = 0; at < part.length; at += pointBytes[this.#group]) {
        this.#call("fromMontgomeryAffine", this.#affine + at, this.#affine + at);
      }
      part.set(this.#memory.subarray(this.#affine, this.#affine + part.length));
    }
    return points;
  }

  #multiple(scalar: bigint, sum: number): void {
    const size = pointBytes[this.#group];
    const addMixed = this.#exports[`${this.#group}m_addMixed`]!;
    this.#call("zero", sum);
    // Two halves, so that digits are taken from numbers and not from bigints.
    for (let digit = 0, rest = scalar; rest > 0n; rest >>= 48n) {
      let low = Number(rest & 0xffff_ffff_ffffn);
      for (let i = 0; i < 4; i++, digit++) {
        const value = low % 4096;
        low = (low - value) / 4096;
        if (value > 0) addMixed(sum, this.#table + (digit * entries + value - 1) * size, sum);
      }
    }
  }

  /** Entry v − 1 of row i is v·2^{12 i}·G. */
  #fillTable(generator: Uint8Array): void {
    const size = pointBytes[this.#group];
    const jacobian = (size * 3) / 2;
    const base = this.#sums + entries * jacobian;
    this.#memory.set(generator, base);
    for (let row = 0; row < digits; row++) {
      const first = this.#table + row * entries * size;
      for (let i = 0; i < entries; i++) {
        const [before, sum] = [this.#sums + (i - 1) * jacobian, this.#sums + i * jacobian];
        if (i === 0) this.#call("zero", sum);
        this.#call("addMixed", i === 0 ? sum : before, base, sum);
      }
      // The next row's base is one more than this row's last entry.
      const last = this.#sums + (entries - 1) * jacobian;
      const next = base + size;
      this.#call("addMixed", last, base, next);
      this.#call("batchToAffine", this.#sums, entries, first);
      this.#call("toAffine", next, base);
    }
  }

  #call(name: string, ...args: number[]): void {
    this.#exports[`${this.#group}m_${name}`]!(...args);
  }
}

function generatorBytes(group: Group, curve: snarkjs.Curve): Uint8Array {
  const { g } = group === "g1" ? curve.G1 : curve.G2;
  return g.slice(0, pointBytes[group]);
}
