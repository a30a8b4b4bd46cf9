import { DkgParticipant, type DkgResult } from "../dkg/participant.ts";
import { IdentitySecret } from "../dkg/identity.ts";
import type { Session } from "../dkg/session.ts";
import type { KeyShare } from "../../crypto/threshold/key-share.ts";
import type { RandomSource } from "../../crypto/threshold/polynomial.ts";

/**
 * Runs a key ceremony among nodes of this process: real messages, each signed and with its shares encrypted, over a bus
 * that delivers every message to everybody in the phase it was sent, its sender included. Nobody ever holds the group's secret key.
 *
 * @param identitySecrets one per participant, 32 bytes; in a resharing, of the members of the new committee, of whom
 * at least the old threshold must have been members of the old one
 * @param previousShareOf in a resharing, the share of the old member with an identity public key
 * @returns each participant's result, in their order
 */
export function runKeyCeremony(
  session: Session,
  identitySecrets: readonly Uint8Array[],
  random: RandomSource,
  previousShareOf: (identityPublicKey: Uint8Array) => KeyShare | undefined = () => undefined,
): DkgResult[] {
  const participants = identitySecrets.map((identitySecret) => {
    const previousShare = previousShareOf(new IdentitySecret(identitySecret).publicKey);
    return new DkgParticipant({
      session,
      identitySecret,
      random,
      ...(previousShare !== undefined && { previousShare }),
    });
  });
  let sent = participants.map((participant) => participant.start());
  while (participants.some(({ phase }) => phase !== "done" && phase !== "failed")) {
    for (const message of sent.flat()) {
      for (const participant of participants) participant.receive(message);
    }
    sent = participants.map((participant) => participant.endPhase());
  }
  return participants.map((participant) => participant.result());
}
