/**
 * The ceremony's messages as bytes (docs/keys.md, "Messages"):
 *
 *   version 1 ‖ kind 1 ‖ session id 32 ‖ sender 2 ‖ body ‖ signature 64
 *
 * The signature is the sender's identity's over SHA-256 of tag ‖ everything before it. Integers are big-endian. A
 * deal's or justification's sender is a dealer index, a response's or publication's a share index.
 */
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { BlsEncodingError, type G1Point, type G2Point } from "../../crypto/bls/suite.ts";
import { SCALAR_BYTES } from "../../crypto/threshold/key-share.ts";
import { ENCRYPTED_SHARE_BYTES } from "./deal-encryption.ts";
import { IDENTITY_KEY_BYTES, SIGNATURE_BYTES, type IdentityKey, type IdentitySecret } from "./identity.ts";
import type { PossessionProof } from "./possession.ts";
import { PROTOCOL_VERSION, type Session } from "./session.ts";

/** The kinds of message with their byte. Each is sent in the phase of its name. */
export const KIND_BYTE = { deal: 1, response: 2, justification: 3, publication: 4 } as const;

export type MessageKind = keyof typeof KIND_BYTE;

/** A dealer's commitments, proof and encrypted shares. */
export interface Deal {
  /** Exactly t points: the coefficients of the dealer's polynomial times g₁. */
  readonly commitments: readonly G1Point[];
  readonly proof: PossessionProof;
  /** Compressed secp256k1 point. */
  readonly ephemeralKey: Uint8Array;
  /** One for each member, in committee order. */
  readonly encryptedShares: readonly Uint8Array[];
}

/** The dealers, in increasing order, whose share a member could not use. */
export interface Response {
  readonly complaints: readonly number[];
}

/** The shares that a dealer reveals, by increasing share index of the complainer. */
export interface Justification {
  readonly revealed: ReadonlyMap<number, bigint>;
}

/** A member's share public key. */
export interface Publication {
  readonly sharePublicKey: G2Point;
}

export type Body = Deal | Response | Justification | Publication;

/** A message's parts, not yet authenticated. */
export interface Envelope {
  readonly kind: MessageKind;
  readonly sessionId: Uint8Array;
  readonly sender: number;
  readonly body: Uint8Array;
  /** What is signed, without the tag. */
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

const SIGNATURE_TAG = utf8ToBytes("Nexus key ceremony message v1");
const HEADER_BYTES = 1 + 1 + 32 + 2;

/** A body that does not have its form; `message` says where. */
export class MalformedBodyError extends Error {}

/** Whose messages of a kind are; position + 1 is the sender's index. */
export function sendersOf({ dealers, members }: Session, kind: MessageKind): readonly IdentityKey[] {
  return kind === "deal" || kind === "justification" ? dealers : members;
}

/** The most bytes that any message of the session can have. */
export function longestMessage(session: Session): number {
  const { suite, members, dealers, threshold } = session;
  const body = Math.max(
    dealBytes(session, threshold),
    2 + 2 * dealers.length,
    2 + (2 + SCALAR_BYTES) * members.length,
    suite.g2.encodedLength,
  );
  return HEADER_BYTES + body + SIGNATURE_BYTES;
}

/** Signs and frames a body. */
export function seal(
  session: Session,
  kind: MessageKind,
  sender: number,
  body: Uint8Array,
  identity: IdentitySecret,
): Uint8Array {
  const payload = concatBytes(
    Uint8Array.of(PROTOCOL_VERSION, KIND_BYTE[kind]),
    session.id,
    numberToBytesBE(sender, 2),
    body,
  );
  return concatBytes(payload, identity.sign(concatBytes(SIGNATURE_TAG, payload)));
}

/** Takes a message apart; a string says why it is none. */
export function open(message: Uint8Array): Envelope | "too short" | "unknown version" | "unknown kind" {
  if (message.length < HEADER_BYTES + SIGNATURE_BYTES) return "too short";
  if (message[0] !== PROTOCOL_VERSION) return "unknown version";
  const kind = (Object.keys(KIND_BYTE) as MessageKind[]).find((name) => KIND_BYTE[name] === message[1]);
  if (kind === undefined) return "unknown kind";
  const payload = message.slice(0, -SIGNATURE_BYTES);
  return {
    kind,
    sessionId: payload.subarray(2, 34),
    sender: readUint16(payload, 34),
    body: payload.subarray(HEADER_BYTES),
    payload,
    signature: message.slice(-SIGNATURE_BYTES),
  };
}

/** Whether the envelope carries `sender`'s signature. */
export function isSignedBy(envelope: Envelope, sender: IdentityKey): boolean {
  return sender.verify(concatBytes(SIGNATURE_TAG, envelope.payload), envelope.signature);
}

/** commitment count 2 ‖ commitments ‖ R ‖ z 32 ‖ ephemeral key 33 ‖ encrypted shares n·48 */
export function encodeDeal({ suite: { g1 } }: Session, deal: Deal): Uint8Array {
  return concatBytes(
    numberToBytesBE(deal.commitments.length, 2),
    ...deal.commitments.map((commitment) => g1.encode(commitment)),
    g1.encode(deal.proof.nonce),
    numberToBytesBE(deal.proof.response, SCALAR_BYTES),
    deal.ephemeralKey,
    ...deal.encryptedShares,
  );
}

/** @throws MalformedBodyError, also when there are more or fewer than t commitments */
export function decodeDeal(session: Session, body: Uint8Array): Deal {
  const { suite, threshold, members } = session;
  if (body.length < 2) throw new MalformedBodyError("the deal is empty");
  const count = readUint16(body, 0);
  if (count !== threshold) {
    throw new MalformedBodyError(`the deal has ${count} commitments, the threshold is ${threshold}`);
  }
  requireLength(body, dealBytes(session, threshold));
  const reader = new Reader(body, 2);
  const { g1, fr } = suite;
  return {
    commitments: Array.from({ length: threshold }, () => decodePoint(g1, reader.take(g1.encodedLength))),
    proof: {
      nonce: decodePoint(g1, reader.take(g1.encodedLength)),
      response: decodeScalar(reader.take(SCALAR_BYTES), fr.ORDER),
    },
    ephemeralKey: reader.take(IDENTITY_KEY_BYTES),
    encryptedShares: members.map(() => reader.take(ENCRYPTED_SHARE_BYTES)),
  };
}

/** count 2 ‖ dealer indices 2 each */
export function encodeResponse({ complaints }: Response): Uint8Array {
  return concatBytes(...[complaints.length, ...complaints].map((number) => numberToBytesBE(number, 2)));
}

/** @throws MalformedBodyError */
export function decodeResponse(session: Session, body: Uint8Array): Response {
  const count = body.length < 2 ? 0 : readUint16(body, 0);
  requireLength(body, 2 + 2 * count);
  const complaints = Array.from({ length: count }, (_, i) => readUint16(body, 2 + 2 * i));
  requireIncreasing(complaints, session.dealers.length);
  return { complaints };
}

/** count 2 ‖ (share index 2 ‖ share 32) each */
export function encodeJustification({ revealed }: Justification): Uint8Array {
  const entries = [...revealed].sort(([a], [b]) => a - b);
  return concatBytes(
    numberToBytesBE(entries.length, 2),
    ...entries.flatMap(([member, share]) => [
      numberToBytesBE(member, 2),
      numberToBytesBE(share, SCALAR_BYTES),
    ]),
  );
}

/** @throws MalformedBodyError */
export function decodeJustification(session: Session, body: Uint8Array): Justification {
  const count = body.length < 2 ? 0 : readUint16(body, 0);
  requireLength(body, 2 + (2 + SCALAR_BYTES) * count);
  const reader = new Reader(body, 2);
  const entries = Array.from({ length: count }, (): [number, bigint] => [
    readUint16(reader.take(2), 0),
    decodeScalar(reader.take(SCALAR_BYTES), session.suite.fr.ORDER),
  ]);
  requireIncreasing(
    entries.map(([member]) => member),
    session.members.length,
  );
  return { revealed: new Map(entries) };
}

/** the G2 point */
export function encodePublication({ suite: { g2 } }: Session, { sharePublicKey }: Publication): Uint8Array {
  return g2.encode(sharePublicKey);
}

/** @throws MalformedBodyError */
export function decodePublication({ suite: { g2 } }: Session, body: Uint8Array): Publication {
  requireLength(body, g2.encodedLength);
  return { sharePublicKey: decodePoint(g2, body) };
}

function dealBytes({ suite: { g1 }, members }: Session, commitments: number): number {
  return (
    2 +
    (commitments + 1) * g1.encodedLength +
    SCALAR_BYTES +
    IDENTITY_KEY_BYTES +
    members.length * ENCRYPTED_SHARE_BYTES
  );
}

class Reader {
  readonly #bytes: Uint8Array;
  #offset: number;

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  take(length: number): Uint8Array {
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }
}

function requireLength(body: Uint8Array, length: number): void {
  if (body.length !== length) {
    throw new MalformedBodyError(`the body has ${body.length} bytes instead of ${length}`);
  }
}

function requireIncreasing(indices: readonly number[], last: number): void {
  for (const [i, index] of indices.entries()) {
    if (index < 1 || index > last || (i > 0 && index <= indices[i - 1]!)) {
      throw new MalformedBodyError(`indices ${indices.join(", ")} do not increase between 1 and ${last}`);
    }
  }
}

function decodePoint<P>(group: { decode(bytes: Uint8Array): P }, bytes: Uint8Array): P {
  try {
    return group.decode(bytes);
  } catch (error) {
    if (error instanceof BlsEncodingError) throw new MalformedBodyError(error.message);
    throw error;
  }
}

function decodeScalar(bytes: Uint8Array, order: bigint): bigint {
  const scalar = bytesToNumberBE(bytes);
  if (scalar >= order) throw new MalformedBodyError("a scalar is not below the group order");
  return scalar;
}

function readUint16(bytes: Uint8Array, offset: number): number {
  return bytes[offset]! * 256 + bytes[offset + 1]!;
}
