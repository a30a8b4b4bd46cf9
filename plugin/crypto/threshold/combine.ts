/**
 * Threshold BLS (Boldyreva, PKC 2003): σ = Σ λᵢ·σᵢ over any t partial signatures is the ordinary BLS signature under
 * the group key, the same whichever t members signed.
 */
import { BlsEncodingError, type G1Point, type G2Point, type Suite } from "../bls/suite.ts";
import type { GroupKey } from "./group-key.ts";
import { interpolatePoint } from "./interpolation.ts";
import { KeyError } from "./key-error.ts";
import type { PartialSignature } from "./partial-sign.ts";
import { groupPoint, noteVerified } from "./verify.ts";

/** Why a partial signature was left out. */
export type PartialFault = "unknown index" | "duplicate index" | "malformed signature" | "wrong signature";

/** A partial signature that was left out, by the index it came under. */
export interface BadPartial {
  readonly index: number;
  readonly reason: PartialFault;
}

/** Fewer than t usable partial signatures; `bad` names the useless ones that were found. */
export class TooFewPartialsError extends KeyError {
  readonly bad: readonly BadPartial[];

  constructor(usable: number, threshold: number, bad: readonly BadPartial[]) {
    const found = bad.map(({ index, reason }) => `${index} (${reason})`).join(", ");
    super(
      "TOO_FEW_PARTIALS",
      `${usable} usable partial signatures, ${threshold} needed` + (found && `; left out: ${found}`),
    );
    this.name = "TooFewPartialsError";
    this.bad = bad;
  }
}

/** What of a key is needed to combine signatures. */
export type SigningKey = Pick<GroupKey, "suite" | "threshold" | "groupPublicKey" | "sharePublicKeys">;

interface Candidate {
  readonly index: number;
  readonly point: G1Point;
}

/**
 * The group's signature of `digest`.
 *
 * Combines first and verifies once under the group key; only if that fails is each partial verified under its share
 * public key. So `bad` names every partial that could not be used for its form, but wrong signatures only if one of
 * them got in the way. Of several partials under one index the first counts: the caller authenticates who sent them.
 *
 * @param digest 32 bytes that bind chain, contract, cloud and epoch (see `digests.ts`)
 * @throws TooFewPartialsError naming the bad ones when fewer than `key.threshold` are usable
 */
export function combine(
  key: SigningKey,
  digest: Uint8Array,
  partials: readonly PartialSignature[],
): { signature: Uint8Array; bad: BadPartial[] } {
  const { suite, threshold } = key;
  const { candidates, bad } = decodePartials(key, partials);
  if (candidates.length < threshold) throw new TooFewPartialsError(candidates.length, threshold, bad);

  const optimistic = interpolate(suite, candidates.slice(0, threshold));
  if (isSignature(key, digest, optimistic)) return { signature: verifiedBytes(key, digest, optimistic), bad };

  const good: Candidate[] = [];
  for (const candidate of candidates) {
    if (suite.verify(digest, candidate.point, sharePoint(key, candidate.index))) {
      good.push(candidate);
    } else {
      bad.push({ index: candidate.index, reason: "wrong signature" });
    }
  }
  if (good.length < threshold) throw new TooFewPartialsError(good.length, threshold, bad);
  const signature = interpolate(suite, good.slice(0, threshold));
  if (!isSignature(key, digest, signature)) {
    throw new KeyError(
      "BAD_PARAMETER",
      "valid partial signatures do not combine: these share public keys do not belong to this group public key",
    );
  }
  return { signature: verifiedBytes(key, digest, signature), bad };
}

/** Whether one partial signature is right, under its share public key. False also for what is no point at all. */
export function verifyPartial(key: SigningKey, digest: Uint8Array, partial: PartialSignature): boolean {
  const [candidate] = decodePartials(key, [partial]).candidates;
  return (
    candidate !== undefined && key.suite.verify(digest, candidate.point, sharePoint(key, candidate.index))
  );
}

function decodePartials(
  key: SigningKey,
  partials: readonly PartialSignature[],
): { candidates: Candidate[]; bad: BadPartial[] } {
  const candidates: Candidate[] = [];
  const bad: BadPartial[] = [];
  const seen = new Set<number>();
  for (const { index, signature } of partials) {
    const known = Number.isInteger(index) && index >= 1 && index <= key.sharePublicKeys.length;
    if (!known) {
      bad.push({ index, reason: "unknown index" });
    } else if (seen.has(index)) {
      bad.push({ index, reason: "duplicate index" });
    } else {
      seen.add(index);
      const point = decodeOrUndefined(key.suite, signature);
      if (point === undefined) bad.push({ index, reason: "malformed signature" });
      else candidates.push({ index, point });
    }
  }
  candidates.sort((a, b) => a.index - b.index);
  return { candidates, bad };
}

function decodeOrUndefined(suite: Suite, signature: Uint8Array): G1Point | undefined {
  try {
    return suite.g1.decode(signature);
  } catch (error) {
    if (error instanceof BlsEncodingError) return undefined;
    throw error;
  }
}

function interpolate(suite: Suite, candidates: readonly Candidate[]): G1Point {
  const indices = candidates.map(({ index }) => index);
  const points = candidates.map(({ point }) => point);
  return interpolatePoint(suite.g1, suite.fr, indices, points, 0);
}

function isSignature(key: SigningKey, digest: Uint8Array, point: G1Point): boolean {
  return !point.is0() && key.suite.verify(digest, point, groupPoint(key));
}

function verifiedBytes(key: SigningKey, digest: Uint8Array, point: G1Point): Uint8Array {
  const signature = key.suite.g1.encode(point);
  noteVerified(key, digest, signature);
  return signature;
}

// Decoded once per key, because a subgroup check and the lines of a Miller loop cost as much as a verification.
const decodedShareKeys = new WeakMap<SigningKey, Map<number, G2Point>>();

function sharePoint(key: SigningKey, index: number): G2Point {
  let points = decodedShareKeys.get(key);
  if (points === undefined) {
    points = new Map();
    decodedShareKeys.set(key, points);
  }
  let point = points.get(index);
  if (point === undefined) {
    point = key.suite.g2.decode(key.sharePublicKeys[index - 1]!);
    points.set(index, point);
  }
  return point;
}
