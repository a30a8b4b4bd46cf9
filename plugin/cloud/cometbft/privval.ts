/** The messages of CometBFT 0.38 with whoever signs for its validator (`proto/tendermint/privval/types.proto`). */
import { BinaryReader, BinaryWriter } from "cosmjs-types/binary";
import { PublicKey } from "cosmjs-types/tendermint/crypto/keys";
import { Proposal, Vote } from "cosmjs-types/tendermint/types/types";

/** Most bytes of a message, either way, as CometBFT has it. */
export const LONGEST_MESSAGE = 10 * 1024;

/** What CometBFT asks. */
export type SignerRequest =
  | { readonly kind: "publicKey"; readonly chainId: string }
  | { readonly kind: "vote"; readonly chainId: string; readonly vote: Vote }
  | { readonly kind: "proposal"; readonly chainId: string; readonly proposal: Proposal }
  | { readonly kind: "ping" };

/** A message that is no request. Nothing that follows on its connection has a meaning. */
export class MalformedRequestError extends Error {
  override readonly name = "MalformedRequestError";
}

/** Field numbers of `Message.sum`. */
const SUM = {
  publicKeyRequest: 1,
  publicKeyResponse: 2,
  voteRequest: 3,
  voteResponse: 4,
  proposalRequest: 5,
  proposalResponse: 6,
  pingRequest: 7,
  pingResponse: 8,
} as const;

/** Wire type of messages, texts and bytes. */
const LENGTH_DELIMITED = 2;

/** @throws MalformedRequestError */
export function decodeRequest(message: Uint8Array): SignerRequest {
  try {
    const [sum, content] = theOnlyField(message);
    const parts = fieldsOf(content);
    if (sum === SUM.pingRequest) return { kind: "ping" };
    if (sum === SUM.publicKeyRequest) return { kind: "publicKey", chainId: textOf(parts.get(1)) };
    const chainId = textOf(parts.get(2));
    const asked = parts.get(1);
    if (asked === undefined) throw new RangeError("there is nothing to sign in it");
    if (sum === SUM.voteRequest) return { kind: "vote", chainId, vote: Vote.decode(asked) };
    if (sum === SUM.proposalRequest) return { kind: "proposal", chainId, proposal: Proposal.decode(asked) };
    throw new RangeError(`it has the number ${sum}`);
  } catch (error) {
    throw new MalformedRequestError(
      `This is no request to a validator's signer: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

/** @param publicKey a compressed secp256k1 point, 33 bytes */
export function publicKeyResponse(publicKey: Uint8Array): Uint8Array {
  return response(SUM.publicKeyResponse, PublicKey.encode(PublicKey.fromPartial({ secp256k1: publicKey })));
}

export function voteResponse(vote: Vote): Uint8Array {
  return response(SUM.voteResponse, Vote.encode(vote));
}

export function proposalResponse(proposal: Proposal): Uint8Array {
  return response(SUM.proposalResponse, Proposal.encode(proposal));
}

export function pingResponse(): Uint8Array {
  return BinaryWriter.create().uint32(tag(SUM.pingResponse)).fork().ldelim().finish();
}

/** What CometBFT reports as `RemoteSignerError`, and goes on without the signature. */
export function refusal(kind: Exclude<SignerRequest["kind"], "ping">, reason: string): Uint8Array {
  if (kind === "publicKey")
    return response(SUM.publicKeyResponse, PublicKey.encode(PublicKey.fromPartial({})), reason);
  if (kind === "vote") return response(SUM.voteResponse, Vote.encode(Vote.fromPartial({})), reason);
  return response(SUM.proposalResponse, Proposal.encode(Proposal.fromPartial({})), reason);
}

/** All responses hold what was asked for, and a RemoteSignerError if it is refused. */
function response(sum: number, content: BinaryWriter, reason?: string): Uint8Array {
  const writer = BinaryWriter.create().uint32(tag(sum)).fork();
  writer.uint32(tag(1)).bytes(content.finish());
  if (reason !== undefined)
    writer.uint32(tag(2)).fork().uint32(tag(2)).string(reason.slice(0, 1_000)).ldelim();
  return writer.ldelim().finish();
}

const tag = (field: number): number => (field << 3) | LENGTH_DELIMITED;

function theOnlyField(message: Uint8Array): readonly [number, Uint8Array] {
  const [first, ...others] = fieldsOf(message);
  if (first === undefined || others.length > 0) throw new RangeError("it is not one message");
  return first;
}

/** Contents of a message whose fields are messages or texts, by their numbers. */
function fieldsOf(message: Uint8Array): Map<number, Uint8Array> {
  const reader = new BinaryReader(message);
  const fields = new Map<number, Uint8Array>();
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (wireType !== LENGTH_DELIMITED) throw new RangeError(`field ${field} has the wire type ${wireType}`);
    const length = reader.uint32();
    reader.skip(length);
    fields.set(field, message.subarray(reader.pos - length, reader.pos));
  }
  return fields;
}

const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();
