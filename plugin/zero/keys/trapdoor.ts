/**
 * Secrets of the development keys, which are no secrets: they are hashes of a published seed, so that everybody gets the same keys
 * without a ceremony. Whoever knows them forges proofs of anything, and everybody does. See docs/zero/keys.md.
 */
import { createHash } from "node:crypto";

import { r } from "../field/scalar-field.ts";

export const developmentSeed = "Nexus Zero development key: anyone can forge proofs with it";

/** Of a Groth16 key; γ is 1, as in every key that snarkjs makes. */
export interface Groth16Trapdoor {
  readonly tau: bigint;
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly delta: bigint;
}

export const developmentTrapdoor: Groth16Trapdoor = {
  tau: secret("Groth16 tau"),
  alpha: secret("Groth16 alpha"),
  beta: secret("Groth16 beta"),
  delta: secret("Groth16 delta"),
};

/** τ of the commitments' key. */
export const developmentTau: bigint = secret("KZG tau");

/** @returns an element other than 0 and 1, so that no two of γ = 1, δ and 0 are equal */
function secret(name: string): bigint {
  const digest = createHash("sha512").update(`${developmentSeed}, ${name}`).digest("hex");
  return 2n + (BigInt(`0x${digest}`) % (r - 2n));
}
