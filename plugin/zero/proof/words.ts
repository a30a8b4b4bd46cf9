/** Words of 32 bytes, big-endian: what the contract hashes and what a proof is encoded in. */
import { concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

import type { G1Point, G2Point } from "./messages.ts";

export function wordsToBytes(words: readonly bigint[]): Uint8Array {
  return concatBytes(...words.map((word) => numberToBytesBE(word, 32)));
}

/** keccak256 of a text's UTF-8 bytes, which separates the domains of hashes. */
export function tag(text: string): Uint8Array {
  return keccak_256(new TextEncoder().encode(text));
}

export function g1Words({ x, y }: G1Point): bigint[] {
  return [x, y];
}

/** Imaginary parts first (EIP-197). */
export function g2Words({ x, y }: G2Point): bigint[] {
  return [x[1], x[0], y[1], y[0]];
}
