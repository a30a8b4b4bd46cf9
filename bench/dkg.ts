/**
 * Key generation, resharing and threshold signing, all participants in one process, one after another:
 *
 *   npx node bench/dkg.ts
 *
 * prints one row per committee. The first row also pays for the tables of the curves' generators. A second table says what one node
 * computes when members complain falsely about every dealer, as often as dealers must answer.
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { randomBytes } from "@noble/hashes/utils.js";

import { bls12381 } from "../plugin/crypto/bls/bls12-381.ts";
import { bn254 } from "../plugin/crypto/bls/bn254.ts";
import type { Suite } from "../plugin/crypto/bls/suite.ts";
import { createDealing } from "../plugin/cloud/dkg/deal.ts";
import { unjustified } from "../plugin/cloud/dkg/justify.ts";
import { DkgParticipant, type DkgResult } from "../plugin/cloud/dkg/participant.ts";
import { resharingSession } from "../plugin/cloud/dkg/reshare.ts";
import { keyGenerationSession } from "../plugin/cloud/dkg/session.ts";
import { combine } from "../plugin/crypto/threshold/combine.ts";
import { partialSign } from "../plugin/crypto/threshold/partial-sign.ts";
import { evaluate, randomScalar, systemRandom } from "../plugin/crypto/threshold/polynomial.ts";

/** Milliseconds that a BN254 key generation may take within the embedded cloud's boot. */
const BUDGET_MS = new Map([
  [4, 800],
  [16, 8000],
]);

function run(participants: DkgParticipant[]): DkgResult[] {
  let messages = participants.flatMap((participant) => participant.start());
  while (participants[0]!.phase !== "done") {
    for (const participant of participants) {
      for (const message of messages) participant.receive(message);
    }
    messages = participants.flatMap((participant) => participant.endPhase());
  }
  return participants.map((participant) => participant.result());
}

function timed<T>(work: () => T): { value: T; ms: number } {
  const start = performance.now();
  const value = work();
  return { value, ms: Math.round(performance.now() - start) };
}

function bench(suite: Suite, n: number, threshold: number) {
  const secrets = Array.from({ length: n }, () => secp256k1.utils.randomSecretKey());
  const members = secrets.map((secret) => secp256k1.getPublicKey(secret, true));
  const common = { suite, cloudId: randomBytes(32), attempt: 0, threshold, members };

  const generated = timed(() => {
    const session = keyGenerationSession({ ...common, epoch: 1n });
    return run(secrets.map((identitySecret) => new DkgParticipant({ session, identitySecret })));
  });
  const { key } = generated.value[0]!;
  const refreshed = timed(() => {
    const session = resharingSession({ ...common, epoch: 2n, previous: key, previousMembers: members });
    return run(
      secrets.map((identitySecret, i) => {
        const { share } = generated.value[i]!;
        return new DkgParticipant({ session, identitySecret, ...(share && { previousShare: share }) });
      }),
    );
  });
  const digest = randomBytes(32);
  const partials = generated.value.slice(0, threshold).map(({ share }) => partialSign(suite, share!, digest));
  const combined = timed(() => combine(key, digest, partials));
  const culprit = { index: 1, signature: partials[1]!.signature };
  const last = partialSign(suite, generated.value[n - 1]!.share!, digest);
  const searched = timed(() => combine(key, digest, [culprit, ...partials.slice(1), last]));
  return {
    suite: suite.name,
    "t of n": `${threshold} of ${n}`,
    "generate ms": generated.ms,
    "budget ms": (suite.id === 0 ? BUDGET_MS.get(n) : undefined) ?? "",
    "refresh ms": refreshed.ms,
    "combine ms": combined.ms,
    "combine with a culprit ms": searched.ms,
  };
}

/** As many false complaints about every dealer as it must answer, all of which one node checks; and the same with one dealer that lies. */
function complaints(suite: Suite, n: number, threshold: number) {
  const members = Array.from({ length: n }, () =>
    secp256k1.getPublicKey(secp256k1.utils.randomSecretKey(), true),
  );
  const session = keyGenerationSession({
    suite,
    cloudId: randomBytes(32),
    attempt: 0,
    threshold,
    members,
    epoch: 1n,
  });
  const complainers = Array.from({ length: session.complaintBound }, (_, i) => i + 1);
  const answers = members.map((_, i) => {
    const constant = randomScalar(suite.fr, systemRandom);
    const { polynomial, deal } = createDealing(session, i + 1, constant, systemRandom);
    const revealed = new Map(complainers.map((member) => [member, evaluate(polynomial, member, suite.fr)]));
    return { dealer: i + 1, commitments: deal.commitments, complainers, revealed };
  });
  const honest = timed(() => unjustified(suite, answers, systemRandom));
  answers[0]!.revealed.set(1, 1n);
  const lying = timed(() => unjustified(suite, answers, systemRandom));
  if (honest.value.length !== 0 || lying.value.length !== 1) throw new Error("justifications judged wrongly");
  return {
    suite: suite.name,
    "t of n": `${threshold} of ${n}`,
    complaints: n * complainers.length,
    "check ms": honest.ms,
    "with a wrong one ms": lying.ms,
  };
}

console.table([
  bench(bn254, 4, 3),
  bench(bn254, 7, 5),
  bench(bn254, 16, 11),
  bench(bls12381, 4, 3),
  bench(bls12381, 16, 11),
]);
console.table([complaints(bn254, 16, 11), complaints(bn254, 64, 43), complaints(bn254, 100, 67)]);
