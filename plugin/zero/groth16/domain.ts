/** The rows of a circuit as a domain, and number-theoretic transforms over it (kernels/assembly/transform.ts). */
import type { Kernels } from "../kernels/kernels.ts";
import { rootOfUnity } from "../keys/lagrange.ts";

/**
 * Powers of ω, a root of unity of order n = 2^bits. A polynomial of degree below n is its values f(ω^i), or its coefficients in
 * bit-reversed order, which is how both transforms go without moving anything. Vectors are n elements in the kernels' memory, and
 * every operation is in place.
 */
export class Domain {
  readonly bits: number;
  readonly size: number;
  readonly #kernels: Kernels;
  /** g^i for i < n, where g² = ω. */
  readonly #powers: number;
  /** 1/n */
  readonly #scale: number;

  /** Its n elements of the kernels' memory are not taken back: that is for the caller, with `mark` and `release`. */
  constructor(kernels: Kernels, bits: number) {
    this.#kernels = kernels;
    this.bits = bits;
    this.size = 2 ** bits;
    this.#scale = kernels.vector(1);
    kernels.batchInverse(this.#scale, kernels.element(BigInt(this.size)), 1);
    this.#powers = kernels.vector(this.size);
    kernels.parallel("vectorPowers", this.size, this.#powers, kernels.element(rootOfUnity(bits + 1)));
  }

  /** Coefficients in bit-reversed order, from values. */
  interpolate(vector: number): void {
    for (let half = this.size / 2; half >= 1; half /= 2) {
      this.#layer("interpolateLayer", vector, half, this.size);
    }
    this.#kernels.scale(vector, vector, this.#scale, this.size);
  }

  /** Values, from coefficients in bit-reversed order. */
  evaluate(vector: number): void {
    for (let half = 1; half < this.size; half *= 2) this.#layer("evaluateLayer", vector, half);
  }

  /** f(g·X), from f(X), both as coefficients in bit-reversed order: values of the one are values of the other at the points g·ω^i. */
  shift(vector: number): void {
    this.#kernels.parallel("shiftReversed", this.size, vector, this.#powers, this.bits);
  }

  #layer(name: string, vector: number, half: number, ...more: number[]): void {
    this.#kernels.parallel(name, this.size / 2, vector, this.#powers, half, this.size / half, ...more);
  }
}
