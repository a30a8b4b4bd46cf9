import { secp256k1 } from "@noble/curves/secp256k1.js";

import type { Suite } from "../../../../plugin/crypto/bls/suite.ts";
import { DkgParticipant, type DkgResult } from "../../../../plugin/cloud/dkg/participant.ts";
import { resharingSession } from "../../../../plugin/cloud/dkg/reshare.ts";
import { keyGenerationSession, type Session } from "../../../../plugin/cloud/dkg/session.ts";
import type { KeyShare } from "../../../../plugin/crypto/threshold/key-share.ts";
import type { RandomSource } from "../../../../plugin/crypto/threshold/polynomial.ts";
import { seeded } from "../../../seeded.ts";

/** A node of a test's committee. */
export interface Node {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** `count` nodes, the same ones for the same seed. */
export function nodes(count: number, seed: string): Node[] {
  const random = seeded(`nodes ${seed}`);
  return Array.from({ length: count }, () => {
    const secret = random.bytes(32);
    return { secret, publicKey: secp256k1.getPublicKey(secret, true) };
  });
}

export const CLOUD_ID = new Uint8Array(32).fill(0xc1);

export interface SessionOptions {
  readonly epoch?: bigint;
  readonly attempt?: number;
}

/** A session in which `committee` generates a key. */
export function generation(
  suite: Suite,
  committee: readonly Node[],
  threshold: number,
  { epoch = 1n, attempt = 0 }: SessionOptions = {},
): Session {
  const members = committee.map(({ publicKey }) => publicKey);
  return keyGenerationSession({ suite, cloudId: CLOUD_ID, epoch, attempt, threshold, members });
}

/** A session that hands the key of `old` to `committee`. */
export function resharing(
  old: Ceremony,
  committee: readonly Node[],
  threshold: number,
  { epoch = 2n, attempt = 0 }: SessionOptions = {},
): Session {
  const { key } = old.result;
  return resharingSession({
    suite: key.suite,
    cloudId: CLOUD_ID,
    epoch,
    attempt,
    threshold,
    members: committee.map(({ publicKey }) => publicKey),
    previous: key,
    previousMembers: old.session.members.map(({ publicKey }) => publicKey),
  });
}

/** What the channel does with the messages of one phase: returns those that everybody gets. */
export type Channel = (phase: string, messages: Uint8Array[]) => Uint8Array[];

/** A ceremony that has ended for everybody in the same way. */
export interface Ceremony {
  readonly session: Session;
  readonly participants: readonly DkgParticipant[];
  /** The result of the first participant; `shares` has everybody's. */
  readonly result: DkgResult;
  /** By share index − 1; undefined for a node that took no part. */
  readonly shares: readonly (KeyShare | undefined)[];
}

export interface RunOptions {
  readonly random?: RandomSource;
  /** Old shares by dealer index − 1, in a resharing. */
  readonly previousShares?: readonly (KeyShare | undefined)[];
  readonly channel?: Channel;
}

/** A participant for every one of `all`. */
export function participantsOf(
  session: Session,
  all: readonly Node[],
  { random = seeded("participants").bytes, previousShares = [] }: RunOptions = {},
): DkgParticipant[] {
  return all.map(({ secret, publicKey }) => {
    const dealer = session.dealers.findIndex((key) => Buffer.from(key.publicKey).equals(publicKey));
    const previousShare = previousShares[dealer];
    return new DkgParticipant({
      session,
      identitySecret: secret,
      random,
      ...(previousShare && { previousShare }),
    });
  });
}

const hasEnded = ({ phase }: DkgParticipant): boolean => phase === "done" || phase === "failed";

/** Plays all phases, handing every message that the channel lets through to everybody. */
export function play(participants: readonly DkgParticipant[], channel: Channel = (_, sent) => sent): void {
  let messages = participants.flatMap((participant) => participant.start());
  while (!participants.every(hasEnded)) {
    const delivered = channel(participants[0]!.phase, messages);
    for (const participant of participants) {
      for (const message of delivered) participant.receive(message);
    }
    messages = participants.flatMap((participant) => (hasEnded(participant) ? [] : participant.endPhase()));
  }
}

/** Runs a session among `all` and throws unless everybody ends with the same key and the same faults. */
export function run(session: Session, all: readonly Node[], options: RunOptions = {}): Ceremony {
  const participants = participantsOf(session, all, options);
  play(participants, options.channel);
  const results = participants.map((participant) => participant.result());
  const fingerprints = participants.map(({ faults }, i) =>
    JSON.stringify([results[i]!.key, results[i]!.qualified, faults], (_, value: unknown) =>
      value instanceof Uint8Array
        ? Buffer.from(value).toString("hex")
        : typeof value === "bigint"
          ? 0
          : value,
    ),
  );
  if (new Set(fingerprints).size !== 1) {
    throw new Error(`participants ended differently:\n${fingerprints.join("\n")}`);
  }
  const shares = session.members.map((_, i) => results.find(({ share }) => share?.index === i + 1)?.share);
  return { session, participants, result: results[0]!, shares };
}
