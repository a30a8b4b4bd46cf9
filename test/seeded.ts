import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

/** Numbers and bytes that look random and are the same in every run: keccak256(seed ‖ counter). */
export interface Seeded {
  /** `length` bytes. */
  bytes(length: number): Uint8Array;
  /** A number in [1, bound), unbiased as far as 2^-128. */
  scalar(bound: bigint): bigint;
}

/** A stream of its own for each `seed`; put the seed in the test's title, so that a failure names it. */
export function seeded(seed: string): Seeded {
  const prefix = new TextEncoder().encode(seed);
  let counter = 0;
  const block = (): Uint8Array => keccak_256(concatBytes(prefix, numberToBytesBE(counter++, 8)));
  const bytes = (length: number): Uint8Array =>
    concatBytes(...Array.from({ length: Math.ceil(length / 32) }, block)).slice(0, length);
  return { bytes, scalar: (bound) => 1n + (bytesToNumberBE(bytes(64)) % (bound - 1n)) };
}
