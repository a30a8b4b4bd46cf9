import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { keccak256 } from "../keccak.ts";

const RANDOMNESS_TAG = keccak256(utf8ToBytes("Nexus randomness v1"));

/**
 * 32 unpredictable bytes from a threshold signature: keccak256(tag ‖ signature). A BLS signature is unique, so nobody
 * chooses among values, and no t − 1 members know it before it is made. The signature must have been verified, and its
 * encoding is unique because decoding is strict.
 */
export function randomness(signature: Uint8Array): Uint8Array {
  return keccak256(concatBytes(RANDOMNESS_TAG, signature));
}
