/**
 * What the members of a ceremony agree on before it starts. Its hash, the session id, is in every message, signature,
 * encryption and proof, so that nothing of one ceremony means anything in another. See docs/keys.md, "Session".
 */
import { concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import type { G1Point, Suite } from "../../crypto/bls/suite.ts";
import type { GroupKey } from "../../crypto/threshold/group-key.ts";
import { KeyError } from "../../crypto/threshold/key-error.ts";
import { IdentityKey } from "./identity.ts";

/** Version of protocol and message formats; members of different versions have different sessions. */
export const PROTOCOL_VERSION = 1;

/** Share indices and interpolation are made for committees up to this size. */
export const MAX_MEMBERS = 256;

const SESSION_TAG = keccak_256(utf8ToBytes("Nexus key session v1"));

export interface SessionParameters {
  readonly suite: Suite;
  /** 32 bytes. */
  readonly cloudId: Uint8Array;
  /** The epoch that the resulting key is for. */
  readonly epoch: bigint;
  /** Counts the tries for this epoch, from 0; a retry is a new session. */
  readonly attempt: number;
  /** t of the resulting key. */
  readonly threshold: number;
  /** Compressed identity public keys in committee order; position + 1 is the share index. */
  readonly members: readonly Uint8Array[];
}

/** A ceremony's session, made by `keyGenerationSession` or `resharingSession`. */
export interface Session {
  readonly kind: "generation" | "resharing";
  readonly id: Uint8Array;
  readonly suite: Suite;
  readonly threshold: number;
  /** Who deals; position + 1 is the dealer index. In a resharing the old committee, in its order. */
  readonly dealers: readonly IdentityKey[];
  /** Who receives shares; position + 1 is the share index. */
  readonly members: readonly IdentityKey[];
  /** Complaints that a dealer survives, min(t − 1, n − t): more cannot come from the faulty alone. */
  readonly complaintBound: number;
  /** Dealers that must qualify: t to generate, the old threshold to reshare. */
  readonly dealersNeeded: number;
  /** The key that a resharing keeps. */
  readonly previous?: GroupKey;
  /** In a resharing: f_old(i)·g₁ of each dealer, what its constant commitment must equal. */
  readonly dealerConstants?: readonly G1Point[];
}

/**
 * A session that generates a new key among `members`.
 * @throws KeyError BAD_PARAMETER naming the parameter that is wrong
 */
export function keyGenerationSession(parameters: SessionParameters): Session {
  const members = checkedMembers(parameters.members, parameters.threshold);
  return {
    ...commonFields(parameters),
    kind: "generation",
    id: sessionId(parameters, 0, new Uint8Array(0)),
    dealers: members,
    members,
    dealersNeeded: parameters.threshold,
  };
}

/** The hash of everything agreed; `extension` is what a resharing adds. */
export function sessionId(parameters: SessionParameters, kind: 0 | 1, extension: Uint8Array): Uint8Array {
  return keccak_256(
    concatBytes(
      SESSION_TAG,
      Uint8Array.of(PROTOCOL_VERSION, kind, parameters.suite.id),
      parameters.cloudId,
      numberToBytesBE(parameters.epoch, 8),
      numberToBytesBE(parameters.attempt, 4),
      numberToBytesBE(parameters.threshold, 2),
      encodeMembers(parameters.members),
      extension,
    ),
  );
}

/** Count (2 bytes) and compressed keys (33 bytes each). */
export function encodeMembers(members: readonly Uint8Array[]): Uint8Array {
  return concatBytes(numberToBytesBE(members.length, 2), ...members);
}

/** Parameters checked, and what follows from them for either kind of session. */
export function commonFields(
  parameters: SessionParameters,
): Pick<Session, "suite" | "threshold" | "complaintBound"> {
  const { suite, cloudId, epoch, attempt, threshold, members } = parameters;
  if (cloudId.length !== 32) {
    throw new KeyError("BAD_PARAMETER", `a cloud id has 32 bytes, got ${cloudId.length}`);
  }
  if (epoch < 1n || epoch >= 1n << 64n) {
    throw new KeyError("BAD_PARAMETER", `epoch ${epoch} is not between 1 and 2^64 − 1`);
  }
  if (!Number.isInteger(attempt) || attempt < 0 || attempt > 0xffffffff) {
    throw new KeyError("BAD_PARAMETER", `attempt ${attempt} is not between 0 and 2^32 − 1`);
  }
  return {
    suite,
    threshold,
    complaintBound: Math.min(threshold - 1, members.length - threshold),
  };
}

/** Identities of a committee: between 1 and MAX_MEMBERS different keys, and a threshold that they can reach. */
export function checkedMembers(members: readonly Uint8Array[], threshold: number): IdentityKey[] {
  if (members.length < 1 || members.length > MAX_MEMBERS) {
    throw new KeyError("BAD_PARAMETER", `${members.length} members: a committee has 1 to ${MAX_MEMBERS}`);
  }
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > members.length) {
    throw new KeyError("BAD_PARAMETER", `threshold ${threshold} is not between 1 and ${members.length}`);
  }
  const keys = new Set(members.map((member) => Buffer.from(member).toString("hex")));
  if (keys.size !== members.length) {
    throw new KeyError("BAD_PARAMETER", "an identity is listed twice: every member needs its own");
  }
  return members.map((member) => new IdentityKey(member));
}

/** Position + 1 of a public key in a list of identities; undefined when it is not there. */
export function indexOf(identities: readonly IdentityKey[], publicKey: Uint8Array): number | undefined {
  const wanted = Buffer.from(publicKey);
  const position = identities.findIndex((identity) => wanted.equals(identity.publicKey));
  return position === -1 ? undefined : position + 1;
}
