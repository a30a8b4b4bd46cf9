/** Polynomials over a scalar field, for Shamir's secret sharing. */
import type { IField } from "@noble/curves/abstract/modular.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { randomBytes } from "@noble/hashes/utils.js";

/** Where randomness comes from: `length` bytes that nobody can predict. Tests inject a seeded one. */
export type RandomSource = (length: number) => Uint8Array;

/** The operating system's generator. */
export const systemRandom: RandomSource = (length) => randomBytes(length);

/** A uniform non-zero scalar. 48 bytes are reduced, so the bias is below 2^-128. */
export function randomScalar(fr: IField<bigint>, random: RandomSource): bigint {
  for (;;) {
    const scalar = fr.create(bytesToNumberBE(random(48)));
    if (scalar !== 0n) return scalar;
  }
}

/** Coefficients [constant, a₁, …] of a random polynomial of degree `threshold − 1`. */
export function randomPolynomial(
  constant: bigint,
  threshold: number,
  fr: IField<bigint>,
  random: RandomSource,
): bigint[] {
  return [constant, ...Array.from({ length: threshold - 1 }, () => randomScalar(fr, random))];
}

/** f(x) by Horner's rule. */
export function evaluate(coefficients: readonly bigint[], x: number, fr: IField<bigint>): bigint {
  return coefficients.reduceRight((sum, coefficient) => fr.create(sum * BigInt(x) + coefficient), 0n);
}
