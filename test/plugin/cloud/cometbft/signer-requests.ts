/** What CometBFT asks of a signer, and what it reads in the responses. */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { Proposal, SignedMsgType, Vote, type BlockID } from "cosmjs-types/tendermint/types/types";
import { sha256 } from "@noble/hashes/sha2.js";

import { ValidatorKey, validatorAddress } from "../../../../plugin/cloud/cometbft/validator-key.ts";

export const key = new ValidatorKey(new Uint8Array(32).fill(7));

/** A block called `name`; "" is none. */
export function blockIdOf(name: string): BlockID {
  if (name === "") return { hash: new Uint8Array(), partSetHeader: { total: 0, hash: new Uint8Array() } };
  const hash = (text: string): Uint8Array => sha256(new TextEncoder().encode(text));
  return { hash: hash(name), partSetHeader: { total: 3, hash: hash(`${name} parts`) } };
}

/** What is signed, each part with a value of its own unless given. */
export interface Asked {
  kind: "proposal" | "prevote" | "precommit";
  height: number;
  round: number;
  block: string;
  /** Unix time. */
  seconds: number;
  extension?: string;
}

/** A vote or a proposal to be signed. */
export function messageOf(asked: Asked, publicKey = key.publicKey): Vote | Proposal {
  const { kind, round, block, seconds, extension = "" } = asked;
  const common = {
    height: BigInt(asked.height),
    round,
    blockId: blockIdOf(block),
    timestamp: { seconds: BigInt(seconds), nanos: 5 },
  };
  if (kind === "proposal") {
    const type = SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL;
    return Proposal.fromPartial({ ...common, type, polRound: round - 1 });
  }
  return Vote.fromPartial({
    ...common,
    type: SignedMsgType[`SIGNED_MSG_TYPE_${kind.toUpperCase() as "PREVOTE" | "PRECOMMIT"}`],
    validatorAddress: new Uint8Array(Buffer.from(validatorAddress(publicKey), "hex")),
    validatorIndex: 1,
    extension: new TextEncoder().encode(extension),
  });
}

/** A field that holds a message. */
const within = (field: number, content: Uint8Array): Uint8Array =>
  BinaryWriter.create()
    .uint32((field << 3) | 2)
    .bytes(content)
    .finish();
const text = (field: number, content: string): Uint8Array => within(field, new TextEncoder().encode(content));

/** The request for a signature. */
export function signRequest(chainId: string, message: Vote | Proposal): Uint8Array {
  const isVote = "validatorIndex" in message;
  const content = isVote ? Vote.encode(message) : Proposal.encode(message);
  return within(isVote ? 3 : 5, Buffer.concat([within(1, content.finish()), text(2, chainId)]));
}

export const publicKeyRequest = (chainId: string): Uint8Array => within(1, text(1, chainId));
export const PING = within(7, new Uint8Array());
export const PONG = within(8, new Uint8Array());

/** What a response holds, and why it is a refusal if it is one. */
export function readResponse(response: Uint8Array): { sum: number; content: Uint8Array; refusal?: string } {
  const [sum, fields] = [...fieldsOf(response)][0]!;
  const parts = fieldsOf(fields);
  const content = parts.get(1)!;
  const error = parts.get(2);
  if (error === undefined) return { sum, content };
  return { sum, content, refusal: Buffer.from(fieldsOf(error).get(2)!).toString() };
}

/** The signed vote in a response that is no refusal. */
export function signedVote(response: Uint8Array): Vote {
  const { sum, content, refusal } = readResponse(response);
  if (sum !== 4 || refusal !== undefined) throw new Error(`No signed vote, but ${refusal ?? sum}`);
  return Vote.decode(content);
}

function fieldsOf(message: Uint8Array): Map<number, Uint8Array> {
  const reader = new BinaryReader(message);
  const fields = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) fields.set(reader.uint32() >>> 3, reader.bytes());
  return fields;
}
