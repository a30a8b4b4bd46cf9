import { AbiCoder, concat, dataSlice, id, keccak256, type BytesLike } from "ethers";

/** The proof that `ZeroMockVerifier` accepts of a claim, true or not. */
export function mockProof(programId: string, input: BytesLike, journal: BytesLike): string {
  const claim = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "bytes32", "bytes32"],
    [programId, keccak256(input), keccak256(journal)],
  );
  return concat([dataSlice(id("Nexus Zero mock v1"), 0, 4), keccak256(claim)]);
}
