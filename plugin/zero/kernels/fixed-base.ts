/** Many multiples of a group's generator, from a table of its multiples (`assembly/fixed-base.ts`). */
import { bn254 } from "@noble/curves/bn254.js";

import type { Kernels } from "./kernels.ts";
import { queueBytes } from "./multiscalar.ts";
import { affineBytes, writePoint, type Group } from "./points.ts";

/** Bits of a digit, and rows of the table. */
const digitBits = 12;
const rows = 22;
const entries = 2 ** digitBits - 1;

export class FixedBase {
  readonly #kernels: Kernels;
  readonly #group: Group;
  readonly #table: number;
  readonly #room: number;

  /** Its room in the kernels' memory, 6 or 12 MB, is not taken back: that is for the caller, with `mark` and `release`. */
  constructor(kernels: Kernels, group: Group) {
    this.#kernels = kernels;
    this.#group = group;
    this.#table = kernels.alloc(rows * entries * affineBytes[group]);
    this.#room = kernels.alloc(kernels.threads * queueBytes(group));
    const { Point } = group === "g1" ? bn254.G1 : (bn254.G2 as unknown as typeof bn254.G1);
    let base = Point.BASE;
    for (let row = 0; row < rows; row++) {
      writePoint(kernels, group, this.#table + row * entries * affineBytes[group], base);
      for (let i = 0; i < digitBits; i++) base = base.double();
    }
    this.#call("tableRows", rows, this.#table, this.#room);
  }

  /**
   * dst_i = scalar_i·G: affine points, coordinates in Montgomery form.
   *
   * @param scalars numbers of 32 bytes below r, not in Montgomery form
   */
  multiples(dst: number, scalars: number, count: number): void {
    this.#call("tableMultiples", count, dst, scalars, this.#table, this.#room);
  }

  #call(name: string, n: number, ...args: number[]): void {
    this.#kernels.parallel(`${name}${this.#group === "g1" ? "G1" : "G2"}`, n, ...args);
  }
}
