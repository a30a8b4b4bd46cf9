/** Numbers for tests: a generator, and challenges that depend on every message. */
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToNumberBE } from "@noble/curves/utils.js";
import { r } from "../../../../../plugin/zero/field/scalar-field.ts";

/** Field elements that look random, the same for the same seed. */
export function numbersFrom(seed: string): () => bigint {
  let count = 0;
  return () => bytesToNumberBE(keccak_256(new TextEncoder().encode(`${seed} ${count++}`))) % r;
}

/** A challenge for each list of messages, which depends on all lists so far. */
export function challengesFrom(seed: string): (messages: readonly bigint[]) => bigint {
  let said = seed;
  return (messages) => {
    said += ` ${messages.join()}`;
    return numbersFrom(said)();
  };
}
