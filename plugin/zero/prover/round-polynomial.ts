/** Round polynomials from samples, in bigints (docs/zero/protocol.md §5, §6). */
import { inverseOf, residue } from "../field/scalar-field.ts";

const half = inverseOf(2n);
const third = inverseOf(3n);

/**
 * Coefficients 1, 2, 3 of a polynomial of degree 3, and as many more as `higher` names, from its values at 1, 2, 3 and the claim
 * (1 − x)·s(0) + x·s(1).
 *
 * @param x the coordinate of the factor eq in this round; 1 has probability 2^-254 and no answer
 * @param higher coefficients 4, 5, …, if there are any
 */
export function roundCoefficients(
  claim: bigint,
  x: bigint,
  samples: readonly [bigint, bigint, bigint],
  higher: readonly bigint[] = [],
): bigint[] {
  const atZero = residue((claim - x * samples[0]) * inverseOf(residue(1n - x)));
  // (s(X) − s(0) − higher terms)/X has degree 2
  const [u1, u2, u3] = samples.map((sample, i) => {
    const X = BigInt(i + 1);
    const tail = higher.reduce((sum, coefficient, k) => sum + coefficient * X ** BigInt(4 + k), 0n);
    return residue((sample - atZero - tail) * (i === 0 ? 1n : i === 1 ? half : third));
  }) as [bigint, bigint, bigint];
  const c3 = residue((u3 - 2n * u2 + u1) * half);
  const c2 = residue(u2 - u1 - 3n * c3);
  const c1 = residue(u1 - c2 - c3);
  return [c1, c2, c3, ...higher];
}

/** s at `challenge`, where (1 − x)·s(0) + x·s(1) is the claim: the next claim. */
export function nextClaim(
  claim: bigint,
  x: bigint,
  coefficients: readonly bigint[],
  challenge: bigint,
): bigint {
  const atZero = claim - x * coefficients.reduce((sum, coefficient) => sum + coefficient, 0n);
  return residue(
    coefficients.reduceRight((value, coefficient) => residue((value + coefficient) * challenge), 0n) + atZero,
  );
}

/** ∏ (1 − x). */
export function padProduct(coordinates: readonly bigint[]): bigint {
  return coordinates.reduce((product, x) => residue(product * (1n - x)), 1n);
}

/** The interpolation Σ_i eq((μ₁, μ₂), i)·value_i of four values. */
export function interpolateChildren(values: readonly bigint[], mu1: bigint, mu2: bigint): bigint {
  const [v0, v1, v2, v3] = values as [bigint, bigint, bigint, bigint];
  const low = v0 + mu1 * (v1 - v0);
  const high = v2 + mu1 * (v3 - v2);
  return residue(low + mu2 * residue(high - low));
}
