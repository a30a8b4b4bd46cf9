/** The instant proofs that `ZeroMockVerifier` accepts, of true and of false claims alike. */
import { AbiCoder, concat, dataSlice, getBytes, id, keccak256 } from "ethers";

import type { ProvenRun } from "./proven-run.ts";

/** First four bytes of every mock proof: the same as `ZeroMockVerifier.selector()`. */
export const mockSelector = dataSlice(id("Nexus Zero mock v1"), 0, 4);

/** 36 bytes: the selector, then a hash of the claim. */
export function mockProof({ programId, input, journal }: Omit<ProvenRun, "proof">): Uint8Array {
  const claim = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "bytes32", "bytes32"],
    [programId, keccak256(input), keccak256(journal)],
  );
  return getBytes(concat([mockSelector, keccak256(claim)]));
}
