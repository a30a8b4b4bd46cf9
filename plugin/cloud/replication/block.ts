import { decode, decodeInteger, encodeInteger, encodeList, encodeString } from "../storage/rlp.ts";
import { encodeEvent, eventFromRlp, type CloudEvent } from "./event.ts";

/** What the engine orders. */
export interface Block {
  /** Counted from 1. */
  readonly height: number;
  /** Group signature of the previous block's first header; empty at height 1. The seed of this block's randomness. */
  readonly previousSignature: Uint8Array;
  readonly events: readonly CloudEvent[];
}

/** Canonical bytes: RLP [height, previousSignature, [event, …]]. */
export function encodeBlock({ height, previousSignature, events }: Block): Uint8Array {
  return encodeList([
    encodeInteger(height),
    encodeString(previousSignature),
    encodeList(events.map(encodeEvent)),
  ]);
}

/** The inverse of `encodeBlock`. @throws Error on bytes that it did not make */
export function decodeBlock(bytes: Uint8Array): Block {
  const item = decode(bytes);
  const [height, signature, events] = Array.isArray(item) && item.length === 3 ? item : [];
  if (!(signature instanceof Uint8Array) || !Array.isArray(events)) {
    throw new Error("Malformed block: expected [height, previousSignature, [event, …]].");
  }
  return {
    height: decodeInteger(height),
    previousSignature: signature.slice(),
    events: events.map(eventFromRlp),
  };
}
