import { decode, decodeInteger, encodeInteger, encodeList, encodeString } from "../storage/rlp.ts";
import { keccak256 } from "../../crypto/keccak.ts";
import { encodeEvent, eventFromRlp, eventId, type CloudEvent } from "./event.ts";
import { encode, integer } from "./structure.ts";

/** What the engine orders. */
export interface Block {
  /** Counted from 1. */
  readonly height: number;
  /** Group signature of the previous block's first header; empty at height 1. The seed of the runs that the previous block's events lead to. */
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

/**
 * What stands for the whole block in the state that headers commit to: keccak256 of RLP [height, previousSignature,
 * [event id, …]], 32 bytes.
 */
export function contentHash({ height, previousSignature, events }: Block): Uint8Array {
  return keccak256(encode([integer(height), previousSignature, events.map(eventId)]));
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
