/**
 * What a validator's signature is over (CometBFT 0.38, `types/canonical.go`): a canonical message of Protobuf with its length in front.
 * In it height and round have a fixed size, and what does not bear on consensus is left out.
 */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { BlockID, SignedMsgType, type Proposal, type Vote } from "cosmjs-types/tendermint/types/types";

import { frame, FrameReader } from "../abci/frames.ts";

/** Where within a round something is signed. */
export const STEPS = { proposal: 1, prevote: 2, precommit: 3 } as const;
export type Step = (typeof STEPS)[keyof typeof STEPS];

/** Field numbers of CanonicalVote and CanonicalProposal; the first three are the same. */
const TYPE = 1;
const HEIGHT = 2;
const ROUND = 3;
const VOTE = { blockId: 4, timestamp: 5, chainId: 6 } as const;
const PROPOSAL = { lockedRound: 4, blockId: 5, timestamp: 6, chainId: 7 } as const;

/** What a vote's signature is over; its extension has one of its own. */
export function voteSignBytes(chainId: string, vote: Vote): Uint8Array {
  const writer = BinaryWriter.create();
  writeHead(writer, vote.type, vote.height, vote.round);
  writeBlockId(writer, VOTE.blockId, vote.blockId);
  writeTimestamp(writer, VOTE.timestamp, vote.timestamp);
  writeText(writer, VOTE.chainId, chainId);
  return frame(writer.finish());
}

export function proposalSignBytes(chainId: string, proposal: Proposal): Uint8Array {
  const writer = BinaryWriter.create();
  writeHead(writer, SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL, proposal.height, proposal.round);
  if (proposal.polRound !== 0) {
    writer.uint32(tag(PROPOSAL.lockedRound, VARINT)).int64(BigInt(proposal.polRound));
  }
  writeBlockId(writer, PROPOSAL.blockId, proposal.blockId);
  writeTimestamp(writer, PROPOSAL.timestamp, proposal.timestamp);
  writeText(writer, PROPOSAL.chainId, chainId);
  return frame(writer.finish());
}

/** What the signature of a vote's extension is over (CanonicalVoteExtension). */
export function extensionSignBytes(chainId: string, vote: Vote): Uint8Array {
  const writer = BinaryWriter.create();
  if (vote.extension.length > 0) writer.uint32(tag(1, LENGTH_DELIMITED)).bytes(vote.extension);
  writeFixed(writer, 2, vote.height);
  writeFixed(writer, 3, BigInt(vote.round));
  writeText(writer, 4, chainId);
  return frame(writer.finish());
}

/** Whether a vote is for no block. */
export function isNil({ hash, partSetHeader }: BlockID): boolean {
  return hash.length === 0 && partSetHeader.total === 0 && partSetHeader.hash.length === 0;
}

/** What the sign bytes of a vote or a proposal say. */
export interface Signed {
  readonly chainId: string;
  readonly height: bigint;
  readonly round: bigint;
  readonly step: Step;
  readonly timestamp: Timestamp;
  /** Everything but the timestamp: the same for what differs in nothing else. */
  readonly timeless: Uint8Array;
}

/** @throws when `signBytes` are of neither a vote nor a proposal */
export function readSignBytes(signBytes: Uint8Array): Signed {
  const frames = new FrameReader(Math.max(1, signBytes.length));
  frames.push(signBytes);
  const message = frames.next();
  if (message === undefined || frame(message).length !== signBytes.length) {
    throw new RangeError("These are no bytes that a validator signs: their length is wrong.");
  }
  const reader = new BinaryReader(message);
  let step: Step | undefined;
  let [height, round, chainId] = [0n, 0n, ""];
  let timestamp: Timestamp | undefined;
  const timeless: Uint8Array[] = [];
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const [field, wireType] = reader.tag();
    const fields = step === STEPS.proposal ? PROPOSAL : VOTE;
    if (field === TYPE) step = stepOf(reader.int32());
    else if (field === HEIGHT) height = reader.sfixed64();
    else if (field === ROUND) round = reader.sfixed64();
    else if (field === fields.chainId) chainId = reader.string();
    else if (field === fields.timestamp) timestamp = Timestamp.decode(reader, reader.uint32());
    else reader.skipType(wireType);
    if (field !== fields.timestamp) timeless.push(message.subarray(from, reader.pos));
  }
  if (step === undefined || timestamp === undefined || reader.pos !== reader.len) {
    throw new RangeError("These bytes are of neither a vote nor a proposal.");
  }
  return { chainId, height, round, step, timestamp, timeless: Buffer.concat(timeless) };
}

/** @throws RangeError for what validators do not sign */
export function stepOf(type: number): Step {
  if (type === SignedMsgType.SIGNED_MSG_TYPE_PROPOSAL) return STEPS.proposal;
  if (type === SignedMsgType.SIGNED_MSG_TYPE_PREVOTE) return STEPS.prevote;
  if (type === SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT) return STEPS.precommit;
  throw new RangeError(`Validators sign proposals, prevotes and precommits, and nothing of type ${type}.`);
}

/** Protobuf's wire types. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;

const tag = (field: number, wireType: number): number => (field << 3) | wireType;

function writeHead(writer: BinaryWriter, type: SignedMsgType, height: bigint, round: number): void {
  if (type !== 0) writer.uint32(tag(TYPE, VARINT)).int32(type);
  writeFixed(writer, HEIGHT, height);
  writeFixed(writer, ROUND, BigInt(round));
}

function writeFixed(writer: BinaryWriter, field: number, value: bigint): void {
  if (value !== 0n) writer.uint32(tag(field, FIXED_64)).sfixed64(value);
}

/** CanonicalBlockID has the fields of BlockID, and is left out for no block. */
function writeBlockId(writer: BinaryWriter, field: number, blockId: BlockID): void {
  if (!isNil(blockId)) BlockID.encode(blockId, writer.uint32(tag(field, LENGTH_DELIMITED)).fork()).ldelim();
}

function writeTimestamp(writer: BinaryWriter, field: number, timestamp: Timestamp): void {
  Timestamp.encode(timestamp, writer.uint32(tag(field, LENGTH_DELIMITED)).fork()).ldelim();
}

function writeText(writer: BinaryWriter, field: number, text: string): void {
  if (text !== "") writer.uint32(tag(field, LENGTH_DELIMITED)).string(text);
}
