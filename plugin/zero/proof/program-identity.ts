/** The identity of a program (docs/zero/protocol.md §3): what a contract is told that ran. */
import { concatBytes } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

import type { G1Point } from "./messages.ts";
import { g1Words, tag, wordsToBytes } from "./words.ts";

const programTag = tag("Nexus Zero program v1");

/**
 * @param commitment C_prog, of the program's slab
 * @param constants as `packConstants` packs them
 * @returns keccak256(tag, C_prog, constants), 32 bytes
 */
export function programIdentity(commitment: G1Point, constants: bigint): Uint8Array {
  return keccak_256(concatBytes(programTag, wordsToBytes([...g1Words(commitment), constants])));
}

/**
 * Whether a program is the one that identity 0 stands for: a single `mov`, which does not end. The commitment to the 1 of its opcode and to
 * zeros is the generator, and its constants are 0. A proof about it shows that its verifier is broken, and a router stops that one.
 */
export function isEndlessProgram({ x, y }: G1Point, constants: bigint): boolean {
  return x === 1n && y === 2n && constants === 0n;
}
