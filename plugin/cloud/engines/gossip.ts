/**
 * What members of a committee tell one another between blocks: transactions that every node passes on and no block ever holds.
 *
 * Bytes are RLP [kind, epoch, index, salt, body, signature]. The signature, 64 bytes, is the sender's identity's over SHA-256 of a tag, the
 * cloud's id and RLP [kind, epoch, index, salt, body]. So whoever floods or lies has a name, and nobody else can send in it. The salt says
 * nothing: what is said again must be other bytes, or CometBFT drops it.
 */
import { concatBytes } from "@noble/curves/utils.js";

import { toBytes } from "../../contracts/abi-words.ts";
import type { IdentityKey, IdentitySecret } from "../dkg/identity.ts";
import type { Extension } from "../replication/engine.ts";
import {
  encode,
  integer,
  parseBytes,
  parseHex,
  parseInteger,
  parseList,
  type Structure,
} from "../replication/structure.ts";
import { decode, type RlpItem } from "../storage/rlp.ts";

/** Number of the newest final block that a member sees, by chain id. */
export type Heads = ReadonlyMap<bigint, bigint>;

/** The member that says something: its share index, from 1, in an epoch's committee. */
export interface Sender {
  readonly epoch: bigint;
  readonly index: number;
}

/** A member's word for its block at some height. */
export interface Statement {
  /** 32 bytes, 0x-prefixed. */
  readonly blockHash: string;
  /** Signature of `Digests.vote`, as of `Vote`. */
  readonly signature: string;
  readonly partials: Extension["partials"];
}

/**
 * When a member says something, in Unix milliseconds by its own clock, later each time: of what has no other order the newest counts, whoever
 * plays old messages again.
 */
export interface Timed {
  readonly time: bigint;
}

/** What a member says. */
export type Gossip =
  /** Its vote for the block at `height`, and its partial signatures of that block's headers. */
  | (Sender & Statement & { readonly kind: "statement"; readonly height: number })
  /** How far it sees chains, while one of them has events for a block. */
  | (Sender & { readonly kind: "heads"; readonly heads: Heads })
  /** Ids of the operators' events that its operator wants to happen, 32 bytes each, 0x-prefixed. */
  | (Sender & Timed & { readonly kind: "approvals"; readonly events: readonly string[] })
  /** That there is something for the block after CometBFT's at `height`. */
  | (Sender & { readonly kind: "wake"; readonly height: bigint })
  /** Its part of the committee's signature of a digest that no block holds. */
  | (Sender &
      Timed & {
        readonly kind: "partial";
        /** 32 bytes, 0x-prefixed. */
        readonly digest: string;
        /** An encoded point of G1. */
        readonly signature: Uint8Array;
      });

/** Most bytes of what is said at once. */
export const LONGEST_GOSSIP = 64 * 1_024;

/** Most events of its operator that a member names at once. */
export const MOST_APPROVALS = 64;

const KINDS = ["statement", "heads", "approvals", "wake", "partial"] as const;
const TAG = new TextEncoder().encode("Nexus gossip v1");

/** The bytes of what a member says, signed. @param salt another one than before for what is said again */
export function encodeGossip(
  cloudId: string,
  identity: IdentitySecret,
  gossip: Gossip,
  salt = 0n,
): Uint8Array {
  const said = structureOf(gossip, salt);
  return encode([...said, identity.sign(signed(cloudId, said))]);
}

/**
 * What was said, if it is well formed and the member said it.
 *
 * @param memberOf the identity of a sender; undefined when there is no such member
 * @throws Error saying what is wrong with it
 */
export function decodeGossip(
  cloudId: string,
  bytes: Uint8Array,
  memberOf: (sender: Sender) => IdentityKey | undefined,
): Gossip {
  if (bytes.length > LONGEST_GOSSIP)
    throw new Error(`${bytes.length} bytes are said at once, and ${LONGEST_GOSSIP} are taken at most.`);
  const items = parseList(decode(bytes), 6);
  const gossip = gossipOf(items);
  const said = structureOf(gossip, parseInteger(items[3]));
  const member = memberOf(gossip);
  if (member === undefined) throw new Error(`Epoch ${gossip.epoch} has no member ${gossip.index}.`);
  if (!member.verify(signed(cloudId, said), parseBytes(items[5])))
    throw new Error(`Member ${gossip.index} of epoch ${gossip.epoch} did not sign this.`);
  return gossip;
}

function structureOf(gossip: Gossip, salt: bigint): Structure[] {
  const { kind, epoch, index } = gossip;
  return [integer(KINDS.indexOf(kind)), integer(epoch), integer(index), integer(salt), bodyOf(gossip)];
}

function bodyOf(gossip: Gossip): Structure {
  switch (gossip.kind) {
    case "statement":
      return [integer(gossip.height), gossip.blockHash, gossip.signature, [...gossip.partials]];
    case "heads":
      return [...gossip.heads]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([chainId, head]) => [integer(chainId), integer(head)]);
    case "approvals":
      return [integer(gossip.time), [...gossip.events]];
    case "wake":
      return integer(gossip.height);
    case "partial":
      return [integer(gossip.time), gossip.digest, gossip.signature];
  }
}

function gossipOf([kindItem, epochItem, indexItem, , body]: RlpItem[]): Gossip {
  const kind = KINDS[Number(parseInteger(kindItem))];
  const sender = { epoch: parseInteger(epochItem), index: Number(parseInteger(indexItem)) };
  if (kind === "statement") {
    const [height, blockHash, signature, partials] = parseList(body, 4);
    return {
      ...sender,
      kind,
      height: safe(height),
      blockHash: parseHex(blockHash),
      signature: parseHex(signature),
      partials: parseList(partials).map(parseBytes),
    };
  }
  if (kind === "approvals") {
    const [time, ids] = parseList(body, 2);
    const events = parseList(ids).map(parseHex);
    if (events.length > MOST_APPROVALS) throw new Error(`${events.length} events are named at once.`);
    if (events.some((id) => id.length !== 66)) throw new Error("An event's id has 32 bytes.");
    return { ...sender, kind, time: parseInteger(time), events };
  }
  if (kind === "wake") return { ...sender, kind, height: parseInteger(body) };
  if (kind === "partial") {
    const [time, digestItem, signature] = parseList(body, 3);
    const digest = parseHex(digestItem);
    if (digest.length !== 66) throw new Error("A digest has 32 bytes.");
    return { ...sender, kind, time: parseInteger(time), digest, signature: parseBytes(signature) };
  }
  if (kind !== "heads") throw new Error("It is of no known kind.");
  const heads = parseList(body).map((item): [bigint, bigint] => {
    const [chainId, head] = parseList(item, 2);
    return [parseInteger(chainId), parseInteger(head)];
  });
  const ascending = heads.every(([chainId], i) => i === 0 || heads[i - 1]![0] < chainId);
  if (!ascending) throw new Error("It does not name chains in ascending order, each once.");
  return { ...sender, kind, heads: new Map(heads) };
}

function safe(item: RlpItem | undefined): number {
  const value = parseInteger(item);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error(`There is no block ${value}.`);
  return Number(value);
}

function signed(cloudId: string, said: Structure[]): Uint8Array {
  return concatBytes(TAG, toBytes(cloudId), encode(said));
}
