// SPDX-License-Identifier: MIT

import { outbound_call, randomness as fillRandomness } from "./host/nexus";

/** What becomes of a call that a program asks for. */
export enum CallStatus {
  /** It is made if this run succeeds. */
  Accepted = 0,
  /** It is not made: the program's funds on that chain do not suffice. */
  Unfunded = 1,
  /** It is not made: the cloud does not serve that chain, or not at present. */
  NotServed = 2,
}

/**
 * Asks for a call to the 20-byte address `target` on chain `chainId`. If it is accepted it is made after the block is signed, and only
 * if this run succeeds; a program does not learn how it ends. Look at the answer: `fail` where the program makes no sense without the call.
 */
export function call(chainId: u64, target: Uint8Array, gasLimit: u32, data: Uint8Array): CallStatus {
  assert(target.length == 20, "an address has 20 bytes");
  return outbound_call(chainId, target.dataStart, gasLimit, data.dataStart, data.length);
}

/** 32 bytes that nobody could choose or know before; the same throughout a run, and public afterwards: never a key. */
export function randomness(): Uint8Array {
  const bytes = new Uint8Array(32);
  fillRandomness(bytes.dataStart);
  return bytes;
}
