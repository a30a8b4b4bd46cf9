import { BlsEncodingError, type G2Point } from "../bls/suite.ts";
import type { GroupKey } from "./group-key.ts";

/** What of a key is public on the chain: enough to verify the group's signatures. */
export type VerificationKey = Pick<GroupKey, "suite" | "groupPublicKey">;

/**
 * Signatures found good lately, by key, digest and signature: whether one is good depends on nothing else, so what one
 * node of a process has verified, or made and verified, need not cost another a pairing.
 */
const verified = new Set<string>();
const REMEMBERED = 4_096;

/** Whether `signature` is the group's signature of `digest` (32 bytes). False also for what is no point at all. */
export function isGroupSignature(key: VerificationKey, digest: Uint8Array, signature: Uint8Array): boolean {
  const name = nameOf(key, digest, signature);
  if (verified.has(name)) return true;
  try {
    if (!key.suite.verify(digest, signature, groupPoint(key))) return false;
  } catch (error) {
    if (error instanceof BlsEncodingError) return false;
    throw error;
  }
  remember(name);
  return true;
}

/** Notes that a signature has been verified under the group's key. */
export function noteVerified(key: VerificationKey, digest: Uint8Array, signature: Uint8Array): void {
  remember(nameOf(key, digest, signature));
}

// Decoded once per key, because a subgroup check and the lines of a Miller loop cost as much as a verification.
const decodedGroupKeys = new WeakMap<VerificationKey, G2Point>();

/** The group's public key as a point. @throws BlsEncodingError when it is none */
export function groupPoint(key: VerificationKey): G2Point {
  let point = decodedGroupKeys.get(key);
  if (point === undefined) {
    point = key.suite.g2.decode(key.groupPublicKey);
    decodedGroupKeys.set(key, point);
  }
  return point;
}

function remember(name: string): void {
  verified.add(name);
  if (verified.size > REMEMBERED) verified.delete(verified.values().next().value!);
}

function nameOf(
  { suite, groupPublicKey }: VerificationKey,
  digest: Uint8Array,
  signature: Uint8Array,
): string {
  const parts = [groupPublicKey, digest, signature].map((bytes) => Buffer.from(bytes).toString("base64"));
  return [suite.id, ...parts].join(" ");
}
