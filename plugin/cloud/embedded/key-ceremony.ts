import { DkgParticipant, type DkgResult } from "../dkg/participant.ts";
import type { Session } from "../dkg/session.ts";
import type { RandomSource } from "../../crypto/threshold/polynomial.ts";

/**
 * Runs a key ceremony among nodes of this process: real messages, each signed and with its shares encrypted, over a bus
 * that delivers every message to everybody in the phase it was sent, its sender included. Nobody ever holds the group's secret key.
 *
 * @param identitySecrets one per participant, 32 bytes
 * @returns each participant's result, in their order
 */
export function runKeyCeremony(
  session: Session,
  identitySecrets: readonly Uint8Array[],
  random: RandomSource,
): DkgResult[] {
  const participants = identitySecrets.map(
    (identitySecret) => new DkgParticipant({ session, identitySecret, random }),
  );
  let sent = participants.map((participant) => participant.start());
  while (participants.some(({ phase }) => phase !== "done" && phase !== "failed")) {
    for (const message of sent.flat()) {
      for (const participant of participants) participant.receive(message);
    }
    sent = participants.map((participant) => participant.endPhase());
  }
  return participants.map((participant) => participant.result());
}
