/**
 * Lagrange interpolation over indices, in the scalar field and in the exponent.
 *
 * With f of degree < |S|, f(x) = Σ_{i∈S} λᵢ·f(i) and λᵢ = Π_{j∈S, j≠i} (x − j)/(i − j). Indices and x are small
 * integers, so the λᵢ are fractions of small integers: they are kept as weights wᵢ over one common denominator D, and
 * f(x) = D⁻¹·Σ wᵢ·f(i). In the exponent that is a combination with short scalars and one full multiplication.
 */
import type { IField } from "@noble/curves/abstract/modular.js";
import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";

import type { Group } from "../bls/suite.ts";
import { KeyError } from "./key-error.ts";

/** From this size on, weights are no shorter than field elements and are reduced. */
const SHORT_WEIGHT_BITS = 192n;

/** λᵢ = weights[i] / denominator for the i-th index. */
export interface LagrangeCoefficients {
  readonly weights: readonly bigint[];
  readonly denominator: bigint;
}

/**
 * Coefficients that interpolate at `at` from the values at `indices`.
 * @param indices distinct positive integers below 2^16
 * @param at a non-negative integer; 0 is where the secret is
 * @throws KeyError BAD_PARAMETER when indices repeat or are out of range, or there are none
 */
export function lagrangeCoefficients(indices: readonly number[], at: number): LagrangeCoefficients {
  checkIndices(indices);
  const fractions = indices.map((i) => {
    let numerator = 1n;
    let denominator = 1n;
    for (const j of indices) {
      if (j === i) continue;
      numerator *= BigInt(at - j);
      denominator *= BigInt(i - j);
    }
    // Signed so that denominators are positive.
    const common = greatestCommonDivisor(numerator, denominator) * (denominator < 0n ? -1n : 1n);
    return { numerator: numerator / common, denominator: denominator / common };
  });
  const denominator = fractions.reduce(
    (least, fraction) => (least / greatestCommonDivisor(least, fraction.denominator)) * fraction.denominator,
    1n,
  );
  const weights = fractions.map((fraction) => (denominator / fraction.denominator) * fraction.numerator);
  return { weights, denominator };
}

/** The value at `at` of the polynomial over `fr` that has `values[i]` at `indices[i]`. */
export function interpolateScalar(
  fr: IField<bigint>,
  indices: readonly number[],
  values: readonly bigint[],
  at: number,
): bigint {
  const { weights, denominator } = lagrangeCoefficients(indices, at);
  const sum = weights.reduce((total, weight, i) => total + weight * values[i]!, 0n);
  return fr.mul(fr.create(sum), fr.inv(fr.create(denominator)));
}

/**
 * The same in the exponent: `points[i]` is the polynomial's value at `indices[i]` times the generator of `group`, whose
 * order is that of `fr`. In variable time: points and indices are public.
 */
export function interpolatePoint<F>(
  group: Group<WeierstrassPoint<F>>,
  fr: IField<bigint>,
  indices: readonly number[],
  points: readonly WeierstrassPoint<F>[],
  at: number,
): WeierstrassPoint<F> {
  const { weights, denominator } = lagrangeCoefficients(indices, at);
  const inverse = fr.inv(fr.create(denominator));
  if (weights.some((weight) => abs(weight) >> SHORT_WEIGHT_BITS > 0n)) {
    return group.linearCombination(
      points,
      weights.map((weight) => fr.create(weight * inverse)),
    );
  }
  const signed = points.map((point, i) => (weights[i]! < 0n ? point.negate() : point));
  const sum = group.linearCombination(signed, weights.map(abs));
  return inverse === 1n ? sum : group.linearCombination([sum], [inverse]);
}

function checkIndices(indices: readonly number[]): void {
  if (indices.length === 0) throw new KeyError("BAD_PARAMETER", "cannot interpolate from no values at all");
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 1 || index > 0xffff);
  if (wrong !== undefined) {
    throw new KeyError("BAD_PARAMETER", `${wrong} is no share index: those are integers from 1 to 65535`);
  }
  if (new Set(indices).size !== indices.length) {
    throw new KeyError("BAD_PARAMETER", `share indices must differ, got ${indices.join(", ")}`);
  }
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [abs(a), abs(b)];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
