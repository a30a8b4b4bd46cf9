/** What the qualified deals add up to. The only place where generation and resharing differ in arithmetic. */
import { bytesToNumberBE } from "@noble/curves/utils.js";

import type { G1Point, G2Point } from "../../crypto/bls/suite.ts";
import type { GroupKey } from "../../crypto/threshold/group-key.ts";
import { interpolatePoint, interpolateScalar } from "../../crypto/threshold/interpolation.ts";
import { KeyError } from "../../crypto/threshold/key-error.ts";
import type { RandomSource } from "../../crypto/threshold/polynomial.ts";
import type { Session } from "./session.ts";

/**
 * The dealers whose deals are used, given all that are valid, in increasing order: all of them to generate a key, the
 * first `dealersNeeded` to reshare one, so that everybody uses the same.
 * @throws KeyError TOO_FEW_DEALERS
 */
export function qualifiedDealers(session: Session, valid: readonly number[]): number[] {
  const { kind, dealersNeeded } = session;
  if (valid.length < dealersNeeded) {
    throw new KeyError(
      "TOO_FEW_DEALERS",
      `${valid.length} dealers qualified, ${dealersNeeded} needed; retry in a new session with the next attempt number`,
    );
  }
  return kind === "generation" ? [...valid] : valid.slice(0, dealersNeeded);
}

/** The public polynomial in G1: the sum of the dealers' commitments, or in a resharing their interpolation at 0. */
export function combineCommitments(
  session: Session,
  qualified: readonly number[],
  commitments: readonly (readonly G1Point[])[],
): G1Point[] {
  const { suite, threshold, kind } = session;
  return Array.from({ length: threshold }, (_, k) => {
    const coefficients = commitments.map((points) => points[k]!);
    return kind === "generation"
      ? coefficients.reduce((sum, point) => sum.add(point))
      : interpolatePoint(suite.g1, suite.fr, qualified, coefficients, 0);
  });
}

/** A member's share of the key: the sum of its shares of the deals, or in a resharing their interpolation at 0. */
export function combineShares(
  { suite: { fr }, kind }: Session,
  qualified: readonly number[],
  shares: readonly bigint[],
): bigint {
  return kind === "generation"
    ? shares.reduce((sum, share) => fr.add(sum, share))
    : interpolateScalar(fr, qualified, shares, 0);
}

/**
 * The members whose published key does not have the logarithm that the public polynomial says. All are checked with
 * one pairing equation e(Σ ρⱼ·F(j), g₂) = e(g₁, Σ ρⱼ·Sⱼ), with 128-bit ρⱼ drawn after the publications, and one by one
 * only if it does not hold.
 */
export function wrongPublications(
  { suite }: Session,
  polynomial: readonly G1Point[],
  published: ReadonlyMap<number, G2Point>,
  random: RandomSource,
): number[] {
  const entries = [...published].map(([member, key]) => ({
    member,
    key,
    expected: suite.g1.evaluate(polynomial, BigInt(member)),
  }));
  const hold = (some: typeof entries): boolean => {
    const rho = some.map(() => bytesToNumberBE(random(16)));
    const inG1 = suite.g1.linearCombination(
      some.map(({ expected }) => expected),
      rho,
    );
    const inG2 = suite.g2.linearCombination(
      some.map(({ key }) => key),
      rho,
    );
    return suite.sameLogarithm(inG1, inG2);
  };
  if (entries.length === 0 || hold(entries)) return [];
  return entries.filter((entry) => !hold([entry])).map(({ member }) => member);
}

/**
 * The whole public key from at least t verified share public keys: the others, and f(0), by interpolation in G2.
 * @throws KeyError TOO_FEW_PUBLICATIONS, DEGENERATE_KEY, or GROUP_KEY_CHANGED when a resharing would change the key
 */
export function assembleGroupKey(
  session: Session,
  polynomial: readonly G1Point[],
  published: ReadonlyMap<number, G2Point>,
): GroupKey {
  const { suite, threshold, members, previous } = session;
  if (published.size < threshold) {
    throw new KeyError(
      "TOO_FEW_PUBLICATIONS",
      `${published.size} members published their share public key, ${threshold} needed; ` +
        "retry in a new session with the next attempt number",
    );
  }
  const known = [...published].sort(([a], [b]) => a - b).slice(0, threshold);
  const indices = known.map(([index]) => index);
  const points = known.map(([, point]) => point);
  const at = (index: number): Uint8Array => {
    const point = published.get(index) ?? interpolatePoint(suite.g2, suite.fr, indices, points, index);
    if (point.is0()) {
      throw new KeyError("DEGENERATE_KEY", `the secret at index ${index} is zero; retry in a new session`);
    }
    return suite.g2.encode(point);
  };
  if (polynomial.some((coefficient) => coefficient.is0())) {
    throw new KeyError("DEGENERATE_KEY", "a coefficient of the key is zero; retry in a new session");
  }
  const groupPublicKey = at(0);
  if (previous !== undefined && !Buffer.from(groupPublicKey).equals(previous.groupPublicKey)) {
    throw new KeyError(
      "GROUP_KEY_CHANGED",
      "the resharing would change the group public key; keep the old shares and retry in a new session",
    );
  }
  return {
    suite,
    threshold,
    groupPublicKey,
    sharePublicKeys: members.map((_, i) => at(i + 1)),
    publicPolynomial: polynomial.map((point) => suite.g1.encode(point)),
  };
}
