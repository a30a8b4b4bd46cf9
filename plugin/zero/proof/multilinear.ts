/** Multilinear polynomials (docs/zero/protocol.md §2): bit k of an index is variable k, bit 0 the lowest. */
import type { Arithmetic } from "../arithmetic/arithmetic.ts";

/** 1 − a − b + 2ab, one factor of eq. */
export function eqFactor<E>(arithmetic: Arithmetic<E>, a: E, b: E): E {
  const product = arithmetic.mul(a, b);
  return arithmetic.sum([
    arithmetic.constant(1n),
    arithmetic.scale(a, -1n),
    arithmetic.scale(b, -1n),
    arithmetic.scale(product, 2n),
  ]);
}

/** eq(point, i) for every i below 2^variables. */
export function eqWeights<E>(arithmetic: Arithmetic<E>, point: readonly E[]): E[] {
  return eqWeightsOfPrefixes(arithmetic, point).at(-1)!;
}

/** eq((point_0, …, point_{k−1}), i) for every i below 2^k, for every k from 0 to the number of variables. */
export function eqWeightsOfPrefixes<E>(arithmetic: Arithmetic<E>, point: readonly E[]): E[][] {
  let weights = [arithmetic.constant(1n)];
  const all = [weights];
  for (const coordinate of point) {
    const high = weights.map((weight) => arithmetic.mul(weight, coordinate));
    const low = weights.map((weight, i) => arithmetic.sub(weight, high[i]!));
    weights = [...low, ...high];
    all.push(weights);
  }
  return all;
}

/** Σ a_i b_i; of lists of the same length. */
export function innerProduct<E>(arithmetic: Arithmetic<E>, a: readonly E[], b: readonly E[]): E {
  if (a.length !== b.length) throw new RangeError(`${a.length} factors and ${b.length}`);
  return arithmetic.sum(a.map((factor, i) => arithmetic.mul(factor, b[i]!)));
}

export function productOf<E>(arithmetic: Arithmetic<E>, factors: readonly E[]): E {
  return factors.reduce((product, factor) => arithmetic.mul(product, factor), arithmetic.constant(1n));
}

/** 1 − a */
export function oneMinus<E>(arithmetic: Arithmetic<E>, a: E): E {
  return arithmetic.sub(arithmetic.constant(1n), a);
}

/** 1, then the products of the first 1, 2, … factors. */
export function prefixProducts<E>(arithmetic: Arithmetic<E>, factors: readonly E[]): E[] {
  const products = [arithmetic.constant(1n)];
  for (const factor of factors) products.push(arithmetic.mul(products.at(-1)!, factor));
  return products;
}

/** The products of all factors, of all but the first, of all but the first two, …; the last is 1. */
export function suffixProducts<E>(arithmetic: Arithmetic<E>, factors: readonly E[]): E[] {
  return prefixProducts(arithmetic, factors.toReversed()).reverse();
}

/** Coefficients, lowest first, at a point. */
export function evaluatePolynomial<E>(arithmetic: Arithmetic<E>, coefficients: readonly E[], point: E): E {
  return coefficients.reduceRight(
    (value, coefficient) => arithmetic.add(arithmetic.mul(value, point), coefficient),
    arithmetic.constant(0n),
  );
}

/** base^exponent; the exponent is the same in every run. */
export function power<E>(arithmetic: Arithmetic<E>, base: E, exponent: number): E {
  let result = arithmetic.constant(1n);
  for (const digit of exponent.toString(2)) {
    result = arithmetic.mul(result, result);
    if (digit === "1") result = arithmetic.mul(result, base);
  }
  return result;
}
