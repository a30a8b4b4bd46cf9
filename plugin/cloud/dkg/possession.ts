/**
 * Schnorr's proof that a dealer knows its constant term a₀: R = k·g₁, c = H(session, dealer, A₀, R), z = k + c·a₀,
 * and z·g₁ = R + c·A₀. It is what keeps a rushing dealer from choosing A₀ after the others' (docs/keys.md, "Security").
 */
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import type { G1Point, Suite } from "../../crypto/bls/suite.ts";
import { randomScalar, type RandomSource } from "../../crypto/threshold/polynomial.ts";

const TAG = utf8ToBytes("Nexus deal possession v1");

/** A proof by dealer `dealer` of session `sessionId` for the constant commitment `constant`. */
export interface PossessionProof {
  readonly nonce: G1Point;
  readonly response: bigint;
}

/** A proof beside what it is about. */
export interface PossessionClaim {
  readonly dealer: number;
  readonly constant: G1Point;
  readonly proof: PossessionProof;
}

export function provePossession(
  suite: Suite,
  sessionId: Uint8Array,
  dealer: number,
  secret: bigint,
  constant: G1Point,
  random: RandomSource,
): PossessionProof {
  const { fr, g1 } = suite;
  const k = randomScalar(fr, random);
  const nonce = g1.multiply(g1.generator, k);
  const c = challenge(suite, sessionId, dealer, constant, nonce);
  return { nonce, response: fr.add(k, fr.mul(c, secret)) };
}

/**
 * The dealers whose proof is wrong. All are checked in one equation, Σ ρᵢ(zᵢ·g₁ − Rᵢ − cᵢ·A₀ᵢ) = 0 with 128-bit ρᵢ
 * drawn after the proofs (a wrong one passes with probability 2^-128), and one by one only if it does not hold.
 */
export function wrongPossessions(
  suite: Suite,
  sessionId: Uint8Array,
  claims: readonly PossessionClaim[],
  random: RandomSource,
): number[] {
  if (holdTogether(suite, sessionId, claims, random)) return [];
  const wrong = claims.filter((claim) => !holdTogether(suite, sessionId, [claim], random));
  return wrong.map(({ dealer }) => dealer);
}

function holdTogether(
  suite: Suite,
  sessionId: Uint8Array,
  claims: readonly PossessionClaim[],
  random: RandomSource,
): boolean {
  const { fr, g1 } = suite;
  let exponent = 0n;
  const points: G1Point[] = [];
  const scalars: bigint[] = [];
  for (const { dealer, constant, proof } of claims) {
    const rho = bytesToNumberBE(random(16));
    const c = challenge(suite, sessionId, dealer, constant, proof.nonce);
    exponent = fr.add(exponent, fr.mul(rho, proof.response));
    points.push(proof.nonce, constant);
    scalars.push(rho, fr.mul(rho, c));
  }
  return g1.multiply(g1.generator, exponent).equals(g1.linearCombination(points, scalars));
}

/** 64 bytes reduced: the bias is below 2^-250. */
function challenge(
  { fr, g1 }: Suite,
  sessionId: Uint8Array,
  dealer: number,
  constant: G1Point,
  nonce: G1Point,
): bigint {
  const transcript = concatBytes(
    TAG,
    sessionId,
    numberToBytesBE(dealer, 2),
    g1.encode(constant),
    g1.encode(nonce),
  );
  return fr.create(bytesToNumberBE(sha512(transcript)));
}
