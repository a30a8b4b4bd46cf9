import { decodeRlp, encodeRlp, getBytes, hexlify, toBeHex } from "ethers";

import { eventFromRlp, eventToRlp, type CloudEvent } from "./event.ts";

/** What the engine orders. */
export interface Block {
  /** Counted from 1. */
  readonly height: number;
  /** Group signature of the previous block's first header; empty at height 1. The seed of this block's randomness. */
  readonly previousSignature: Uint8Array;
  readonly events: readonly CloudEvent[];
}

/** Canonical bytes: RLP [height, previousSignature, [event, …]]. */
export function encodeBlock(block: Block): Uint8Array {
  return getBytes(
    encodeRlp([
      toBeHex(block.height),
      hexlify(block.previousSignature),
      block.events.map((e) => eventToRlp(e)),
    ]),
  );
}

/** The inverse of `encodeBlock`. @throws on bytes that it did not make. */
export function decodeBlock(bytes: Uint8Array): Block {
  const item = decodeRlp(bytes);
  const [height, signature, events] = Array.isArray(item) ? item : [];
  if (typeof height !== "string" || typeof signature !== "string" || !Array.isArray(events)) {
    throw new Error("Malformed block: expected [height, previousSignature, [event, …]].");
  }
  return {
    height: Number(BigInt(height)),
    previousSignature: getBytes(signature),
    events: events.map((event) => eventFromRlp(event)),
  };
}
