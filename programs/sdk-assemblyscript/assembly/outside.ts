// SPDX-License-Identifier: MIT

import { outbound_call, randomness as fillRandomness } from "./host/nexus";

/**
 * Asks for a call to the 20-byte address `target` on chain `chainId`. It is made after the block is signed, and only if
 * this run succeeds; a program does not learn how it ends.
 */
export function call(chainId: u64, target: Uint8Array, gasLimit: u32, data: Uint8Array): void {
  assert(target.length == 20, "an address has 20 bytes");
  outbound_call(chainId, target.dataStart, gasLimit, data.dataStart, data.length);
}

/** 32 bytes that nobody could choose or know before; the same throughout a run, and public afterwards: never a key. */
export function randomness(): Uint8Array {
  const bytes = new Uint8Array(32);
  fillRandomness(bytes.dataStart);
  return bytes;
}
