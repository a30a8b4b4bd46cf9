/** The rows of a circuit as a domain, and number-theoretic transforms over it (kernels/assembly/transform.ts). */
import type { Kernels } from "../kernels/kernels.ts";
import { rootOfUnity } from "../keys/lagrange.ts";

/**
 * Powers of ω, a root of unity of order n = 2^bits. A polynomial of degree below n is its values f(ω^i), or its coefficients in
 * bit-reversed order, which is how both transforms go without moving anything. Every operation is in place, on `count` vectors of n
 * elements, one after the other in the kernels' memory.
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
  interpolate(vectors: number, count = 1): void {
    for (let half = this.size / 2; half >= 1; half /= 2) {
      this.#layer("interpolateLayer", vectors, count, half, this.size);
    }
    this.#kernels.scale(vectors, vectors, this.#scale, count * this.size);
  }

  /** Values, from coefficients in bit-reversed order. */
  evaluate(vectors: number, count = 1): void {
    for (let half = 1; half < this.size; half *= 2) this.#layer("evaluateLayer", vectors, count, half);
  }

  /** f(g·X), from f(X), both as coefficients in bit-reversed order: values of the one are values of the other at the points g·ω^i. */
  shift(vectors: number, count = 1): void {
    this.#kernels.parallel("shiftReversed", count * this.size, vectors, this.#powers, this.bits);
  }

  /** Vectors that lie one after the other have their layers in common: a layer's blocks are all alike. */
  #layer(name: string, vectors: number, count: number, half: number, ...more: number[]): void {
    const butterflies = (count * this.size) / 2;
    this.#kernels.parallel(name, butterflies, vectors, this.#powers, half, this.size / half, ...more);
  }
}
