/**
 * The contract's half of the transcript (docs/zero/protocol.md §4): keccak256 over words of 32 bytes, read as a big-endian integer mod r.
 * Each function is a line of the table there, and contracts/zero/ZeroVerifier.sol says the same.
 */
import { bytesToNumberBE, concatBytes } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

import { r } from "../field/scalar-field.ts";
import type { G1Point, Groth16Proof } from "./messages.ts";
import { g1Words, g2Words, tag, wordsToBytes } from "./words.ts";

const proofTag = tag("Nexus Zero proof v1");

/** What a proof is about (§1). */
export interface Statement {
  /** 32 bytes */
  readonly programId: Uint8Array;
  /** x, the public input */
  readonly input: Uint8Array;
  /** y */
  readonly journal: Uint8Array;
}

function toChallenge(absorbed: Uint8Array): bigint {
  return bytesToNumberBE(keccak_256(absorbed)) % r;
}

function challenge(...words: bigint[]): bigint {
  return toChallenge(wordsToBytes(words));
}

/**
 * s, line 1.
 *
 * @param selector four bytes as a number; they are the first of their word
 */
export function seedChallenge(
  selector: number,
  { programId, input, journal }: Statement,
  header: bigint,
  slabs: readonly G1Point[],
): bigint {
  const words = wordsToBytes([header, ...slabs.flatMap(g1Words)]);
  const selectorWord = wordsToBytes([BigInt(selector) << 224n]);
  return toChallenge(
    concatBytes(proofTag, selectorWord, programId, keccak_256(input), keccak_256(journal), words),
  );
}

/** ρ, line 2. */
export function rhoChallenge(seed: bigint): bigint {
  return challenge(seed, 1n);
}

/** α, line 10. */
export function alphaChallenge(seed: bigint, sigma: bigint, h: G1Point): bigint {
  return challenge(seed, sigma, ...g1Words(h));
}

/** γ, line 11. */
export function gammaChallenge(alpha: bigint, q: G1Point, g: G1Point): bigint {
  return challenge(alpha, ...g1Words(q), ...g1Words(g));
}

/** ζ, line 12. */
export function zetaChallenge(gamma: bigint, S: G1Point, D: G1Point): bigint {
  return challenge(gamma, ...g1Words(S), ...g1Words(D));
}

/** δ, line 13. */
export function deltaChallenge(zeta: bigint, epsilon: bigint): bigint {
  return challenge(zeta, epsilon);
}

/** ω, line 14. */
export function omegaChallenge(delta: bigint, W: G1Point): bigint {
  return challenge(delta, ...g1Words(W));
}

/**
 * β, line 15.
 *
 * @param values all public values, as `publicWords` orders them
 */
export function betaChallenge(omega: bigint, Wp: G1Point, pi: bigint, values: readonly bigint[]): bigint {
  return challenge(omega, ...g1Words(Wp), pi, ...values);
}

/** κ, line 16. */
export function kappaChallenge(beta: bigint, lambda: bigint, { a, b, c }: Groth16Proof): bigint {
  return challenge(beta, lambda, ...g1Words(a), ...g2Words(b), ...g1Words(c));
}
