/** What a verifier trusts, as the constructor of contracts/zero/ZeroVerifier.sol takes it. */
import { bytesToNumberBE, concatBytes } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

import type { G1Point, G2Point } from "./messages.ts";
import { g1Words, g2Words, tag, wordsToBytes } from "./words.ts";

export interface ZeroVerifyingKey {
  /** Groth16's key for the circuit. Its γ is the generator, as in every key that snarkjs makes. */
  readonly alpha: G1Point;
  readonly beta: G2Point;
  readonly delta: G2Point;
  /** For 1, π, β and λ. */
  readonly inputs: readonly [G1Point, G1Point, G1Point, G1Point];
  /** [τ]₂ of the commitments' key. */
  readonly tau: G2Point;
}

const keyTag = tag("Nexus Zero v1");

/** The first four bytes of keccak256(tag, key), as a number: which verifier a proof is for. */
export function selectorOf({ alpha, beta, delta, inputs, tau }: ZeroVerifyingKey): number {
  const words = [
    ...[...g1Words(alpha), ...g2Words(beta), ...g2Words(delta)],
    ...[...inputs.flatMap(g1Words), ...g2Words(tau)],
  ];
  const hash = keccak_256(concatBytes(keyTag, wordsToBytes(words)));
  return Number(bytesToNumberBE(hash.subarray(0, 4)));
}
