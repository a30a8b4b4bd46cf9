import { inspect } from "node:util";

import { expect } from "chai";

import { bls12381 } from "../../../../plugin/crypto/bls/bls12-381.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import type { FaultReason } from "../../../../plugin/cloud/dkg/ceremony-log.ts";
import { createDealing } from "../../../../plugin/cloud/dkg/deal.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import {
  decodeDeal,
  decodeJustification,
  decodePublication,
  decodeResponse,
  encodeDeal,
  encodeJustification,
  encodePublication,
  encodeResponse,
  MalformedBodyError,
  seal,
  type Deal,
  type MessageKind,
} from "../../../../plugin/cloud/dkg/message.ts";
import { DkgParticipant } from "../../../../plugin/cloud/dkg/participant.ts";
import type { Session } from "../../../../plugin/cloud/dkg/session.ts";
import { combine } from "../../../../plugin/crypto/threshold/combine.ts";
import { interpolateScalar } from "../../../../plugin/crypto/threshold/interpolation.ts";
import { KeyError } from "../../../../plugin/crypto/threshold/key-error.ts";
import { partialSign } from "../../../../plugin/crypto/threshold/partial-sign.ts";
import { evaluate } from "../../../../plugin/crypto/threshold/polynomial.ts";
import { seeded } from "../../../seeded.ts";
import { generation, nodes, participantsOf, play, run, type Ceremony, type Channel } from "./ceremony.ts";

const digest = seeded("digest").bytes(32);

/** The ceremony's key signs, any t of its shares are the secret, and t − 1 are not. */
function expectSound({ session, result, shares }: Ceremony, holders: readonly number[]): void {
  const { suite, threshold } = session;
  const { key } = result;
  expect(shares.flatMap((share) => share?.index ?? [])).to.deep.equal(holders);
  expect(key.sharePublicKeys).to.have.length(session.members.length);
  expect(key.publicPolynomial).to.have.length(threshold);
  const held = holders.map((index) => shares[index - 1]!);
  for (const share of held) {
    expect(suite.publicKey(share.secret)).to.deep.equal(key.sharePublicKeys[share.index - 1]);
  }
  const secretOf = (some: typeof held): bigint =>
    interpolateScalar(
      suite.fr,
      some.map(({ index }) => index),
      some.map(({ secret }) => secret),
      0,
    );
  expect(suite.publicKey(secretOf(held.slice(-threshold)))).to.deep.equal(key.groupPublicKey);
  if (threshold > 1) {
    expect(suite.publicKey(secretOf(held.slice(1, threshold)))).to.not.deep.equal(key.groupPublicKey);
  }
  const first = combine(
    key,
    digest,
    held.slice(0, threshold).map((share) => partialSign(suite, share, digest)),
  );
  const last = combine(
    key,
    digest,
    held.slice(-threshold).map((share) => partialSign(suite, share, digest)),
  );
  expect(first).to.deep.equal(last);
  expect(suite.verify(digest, first.signature, key.groupPublicKey)).to.equal(true);
}

describe('plugin/cloud/dkg/participant: honest runs (seed "participants")', () => {
  for (const [suite, threshold, n] of [
    [bn254, 1, 1],
    [bn254, 1, 3],
    [bn254, 2, 2],
    [bn254, 3, 4],
    [bn254, 5, 7],
    [bls12381, 1, 1],
    [bls12381, 3, 4],
  ] as const) {
    it(`${threshold} of ${n} on ${suite.name}`, () => {
      const committee = nodes(n, "honest");
      const ceremony = run(generation(suite, committee, threshold), committee);
      const everybody = Array.from({ length: n }, (_, i) => i + 1);
      expectSound(ceremony, everybody);
      expect(ceremony.result.qualified).to.deep.equal(everybody);
      expect(ceremony.participants[0]!.faults).to.deep.equal([]);
    });
  }

  it("uses the system's randomness by default: two ceremonies, two keys", () => {
    const [node] = nodes(1, "system");
    const keys = [0, 1].map(() => {
      const participant = new DkgParticipant({
        session: generation(bn254, [node!], 1),
        identitySecret: node!.secret,
      });
      play([participant]);
      return Buffer.from(participant.result().key.groupPublicKey).toString("hex");
    });
    expect(keys[0]).to.not.equal(keys[1]);
  });
});

describe('plugin/cloud/dkg/participant: one node of 3-of-4 is byzantine (seed "byzantine")', () => {
  const [suite, threshold] = [bn254, 3];
  const committee = nodes(4, "byzantine");
  const session = generation(suite, committee, threshold);
  /** The byzantine node's dealer and share index; the others are 1, 2, 3. */
  const BAD = 4;
  const bad = new IdentitySecret(committee[BAD - 1]!.secret);
  const dealing = createDealing(session, BAD, 77n, seeded("byzantine").bytes);
  const share = (member: number): bigint => evaluate(dealing.polynomial, member, suite.fr);

  const from = (message: Uint8Array): number => message[34]! * 256 + message[35]!;
  const sealed = (kind: MessageKind, body: Uint8Array, inSession: Session = session): Uint8Array =>
    seal(inSession, kind, BAD, body, bad);
  const deal = (change: Partial<Deal> = {}): Uint8Array =>
    sealed("deal", encodeDeal(session, { ...dealing.deal, ...change }));
  const withShare = (member: number, ciphertext: Uint8Array): Uint8Array =>
    deal({
      encryptedShares: dealing.deal.encryptedShares.map((old, i) => (i === member - 1 ? ciphertext : old)),
    });

  /** Runs the honest three, who must agree; the byzantine node deals well and says no more, unless told otherwise. */
  function runWith(replacements: Partial<Record<string, Uint8Array[]>>): Ceremony {
    const sent = { deal: [deal()], ...replacements };
    const channel: Channel = (phase, messages) => [...messages, ...(sent[phase as keyof typeof sent] ?? [])];
    return run(session, committee.slice(0, 3), { channel });
  }

  const HONEST = [1, 2, 3];

  /** The byzantine dealer is out for `reason`, and the others have a sound key. */
  function expectDisqualified(ceremony: Ceremony, reason: FaultReason): void {
    expectSound(ceremony, HONEST);
    expect(ceremony.result.qualified).to.deep.equal(HONEST);
    for (const { faults } of ceremony.participants) {
      const reasons = faults.filter(({ role, index }) => role === "dealer" && index === BAD);
      expect(reasons.map((fault) => fault.reason)).to.deep.equal([reason]);
      expect(faults.every(({ index }) => index === BAD)).to.equal(true);
    }
  }

  /** The byzantine dealer qualifies after all. */
  function expectQualified(ceremony: Ceremony): void {
    expectSound(ceremony, HONEST);
    expect(ceremony.result.qualified).to.deep.equal([1, 2, 3, BAD]);
  }

  it("a silent node costs nothing but its deal", () => expectDisqualified(runWith({ deal: [] }), "silent"));

  it("a node silent after its deal keeps its part of the key and gets no word in it", () => {
    const ceremony = runWith({});
    expectQualified(ceremony);
    const faults = ceremony.participants[0]!.faults.map(({ phase, reason }) => `${phase} ${reason}`);
    expect(faults).to.deep.equal(["response silent", "publication silent"]);
  });

  it("a wrong share, not justified", () => {
    const swapped = withShare(1, dealing.deal.encryptedShares[1]!);
    expectDisqualified(runWith({ deal: [swapped] }), "unjustified complaint");
  });

  it("a share that does not fit the commitments, not justified", () => {
    const other = createDealing(session, BAD, 78n, seeded("other").bytes);
    const message = deal({ commitments: other.deal.commitments, proof: other.deal.proof });
    // Nobody's share fits: three complaints, one more than the bound allows.
    expectDisqualified(runWith({ deal: [message] }), "too many complaints");
  });

  it("an ephemeral key that is no point", () => {
    const message = deal({ ephemeralKey: new Uint8Array(33).fill(9) });
    expectDisqualified(runWith({ deal: [message] }), "too many complaints");
  });

  it("a wrong share, justified by the right one", () => {
    const message = withShare(1, new Uint8Array(48));
    const justification = sealed(
      "justification",
      encodeJustification({ revealed: new Map([[1, share(1)]]) }),
    );
    expectQualified(runWith({ deal: [message], justification: [justification] }));
  });

  it("a wrong share, justified by a wrong one", () => {
    const message = withShare(1, new Uint8Array(48));
    for (const revealed of [new Map([[1, share(1) + 1n]]), new Map([[2, share(2)]])]) {
      const justification = sealed("justification", encodeJustification({ revealed }));
      expectDisqualified(
        runWith({ deal: [message], justification: [justification] }),
        "unjustified complaint",
      );
    }
  });

  it("two different justifications", () => {
    const message = withShare(1, new Uint8Array(48));
    const justifications = [new Map([[1, share(1)]]), new Map([[1, share(1) + 1n]])].map((revealed) =>
      sealed("justification", encodeJustification({ revealed })),
    );
    expectDisqualified(runWith({ deal: [message], justification: justifications }), "equivocation");
  });

  it("commitments shorter, or longer", () => {
    const { commitments } = dealing.deal;
    const short = deal({ commitments: commitments.slice(0, -1) });
    expectDisqualified(runWith({ deal: [short] }), "malformed message");
    // One commitment more makes the message longer than any can be: it counts as not sent.
    const long = runWith({ deal: [deal({ commitments: [...commitments, commitments[0]!] })] });
    expectDisqualified(long, "silent");
    expect(long.participants[0]!.refusals.map(({ reason }) => reason)).to.include("oversized");
  });

  it("bodies that are malformed, wherever", () => {
    const body = encodeDeal(session, dealing.deal);
    const edited = (offset: number, bytes: ArrayLike<number>): Uint8Array => {
      const copy = body.slice();
      copy.set(bytes, offset);
      return copy;
    };
    expect(() => decodeDeal(session, edited(0, [0, 4]))).to.throw(MalformedBodyError, "4 commitments");
    expect(() => decodeDeal(session, edited(0, [0, 2]))).to.throw(MalformedBodyError, "2 commitments");
    expect(() => decodeDeal(session, body.subarray(1))).to.throw(MalformedBodyError);
    expect(() => decodeDeal(session, new Uint8Array(0))).to.throw(MalformedBodyError, "empty");
    const points: [Uint8Array, string][] = [
      [new Uint8Array(64).fill(1), "not on the curve"],
      [new Uint8Array(32).fill(0xff), "not below the field's prime"],
      [new Uint8Array(64), "infinity"],
    ];
    // Three commitments, then the nonce of the proof.
    for (const [bytes, reason] of points) {
      for (const position of [0, 1, 2, 3]) {
        expect(() => decodeDeal(session, edited(2 + 64 * position, bytes))).to.throw(
          MalformedBodyError,
          reason,
        );
      }
    }
    expect(() => decodeDeal(session, edited(2 + 64 * 4, new Uint8Array(32).fill(0xff)))).to.throw(
      MalformedBodyError,
      "scalar",
    );
    for (const indices of [[0], [0, 1], [0, 2, 0, 2, 0, 1], [0, 2, 0, 1, 0, 1], [0, 1, 0, 9], [0, 1, 0, 0]]) {
      expect(() => decodeResponse(session, Uint8Array.from(indices))).to.throw(MalformedBodyError);
    }
    const revealed = (member: number, value: bigint): Uint8Array =>
      encodeJustification({ revealed: new Map([[member, value]]) });
    for (const wrong of [revealed(0, 1n), revealed(5, 1n), revealed(1, suite.fr.ORDER), new Uint8Array(1)]) {
      expect(() => decodeJustification(session, wrong)).to.throw(MalformedBodyError);
    }
    expect(() => decodePublication(session, new Uint8Array(128))).to.throw(MalformedBodyError, "infinity");
    expect(() => decodePublication(session, new Uint8Array(127))).to.throw(MalformedBodyError, "127 bytes");
    expectDisqualified(
      runWith({ deal: [sealed("deal", edited(2, new Uint8Array(64)))] }),
      "malformed message",
    );
  });

  it("a proof of possession for another secret, dealer or session", () => {
    const { proof } = dealing.deal;
    const elsewhere = createDealing(
      generation(suite, committee, 3, { attempt: 1 }),
      BAD,
      77n,
      seeded("a").bytes,
    );
    const otherDealer = createDealing(session, 1, 77n, seeded("b").bytes);
    for (const wrong of [
      { ...proof, response: proof.response + 1n },
      elsewhere.deal.proof,
      otherDealer.deal.proof,
    ]) {
      expectDisqualified(runWith({ deal: [deal({ proof: wrong })] }), "wrong proof of possession");
    }
  });

  it("a rushing dealer that copies or cancels another's deal", () => {
    let copied: Uint8Array | undefined;
    const cancel: Channel = (phase, messages) => {
      if (phase !== "deal") return messages;
      const victim = messages.find((message) => from(message) === 1)!;
      copied = sealed("deal", victim.slice(36, -64));
      return [...messages, copied];
    };
    expectDisqualified(run(session, committee.slice(0, 3), { channel: cancel }), "wrong proof of possession");
    expect(copied).to.not.equal(undefined);
  });

  it("two different deals, in whatever order and whether they are good or not", () => {
    const other = createDealing(session, BAD, 78n, seeded("other").bytes);
    const second = sealed("deal", encodeDeal(session, other.deal));
    const junk = sealed("deal", new Uint8Array(5));
    for (const pair of [
      [deal(), second],
      [junk, deal()],
      [second, junk, deal(), second],
    ]) {
      expectDisqualified(runWith({ deal: pair }), "equivocation");
    }
  });

  it("false complaints against everybody", () => {
    const response = sealed("response", encodeResponse({ complaints: [1, 2, 3] }));
    const ceremony = runWith({ response: [response] });
    expectQualified(ceremony);
  });

  it("two different responses: neither counts", () => {
    const responses = [[1], [2]].map((complaints) => sealed("response", encodeResponse({ complaints })));
    let justifications = 0;
    const ceremony = run(session, committee.slice(0, 3), {
      channel: (phase, messages) => {
        if (phase === "deal") return [...messages, deal()];
        if (phase === "justification") justifications += messages.length;
        return phase === "response" ? [...messages, ...responses] : messages;
      },
    });
    expectQualified(ceremony);
    expect(justifications).to.equal(0);
  });

  it("malformed responses, justifications and publications", () => {
    for (const body of [new Uint8Array(0), new Uint8Array(128)]) {
      const ceremony = runWith({
        response: [sealed("response", body)],
        justification: [sealed("justification", body)],
        publication: [sealed("publication", body)],
      });
      expectQualified(ceremony);
      for (const phase of ["response", "publication"] as const) {
        const found = ceremony.participants[0]!.faults.filter((fault) => fault.phase === phase);
        expect(found).to.deep.equal([{ role: "member", index: BAD, phase, reason: "malformed message" }]);
      }
    }
  });

  it("a wrong share public key is found and replaced by the right one", () => {
    const { g2 } = suite;
    const sharePublicKey = g2.multiply(g2.generator, 5n);
    const ceremony = runWith({
      publication: [sealed("publication", encodePublication(session, { sharePublicKey }))],
    });
    expectQualified(ceremony);
    const { sharePublicKeys } = ceremony.result.key;
    expect(sharePublicKeys[BAD - 1]).to.not.deep.equal(g2.encode(sharePublicKey));
    expect(ceremony.participants[0]!.faults.at(-1)!.reason).to.equal("wrong share public key");
  });

  it("refuses, with a reason, what is no message of this session and phase", () => {
    const participant = participantsOf(session, committee.slice(0, 1))[0]!;
    participant.start();
    const refusal = (message: Uint8Array): string => {
      const receipt = participant.receive(message);
      return receipt.accepted ? "accepted" : receipt.reason;
    };
    const good = deal();
    const edited = (offset: number, byte: number): Uint8Array => {
      const copy = good.slice();
      copy[offset] = byte;
      return copy;
    };
    const stranger = new IdentitySecret(seeded("stranger").bytes(32));
    const foreign = generation(suite, committee, 3, { epoch: 2n });
    expect(refusal(new Uint8Array(0))).to.equal("too short");
    expect(refusal(new Uint8Array(100_000))).to.equal("oversized");
    expect(refusal(edited(0, 2))).to.equal("unknown version");
    expect(refusal(edited(1, 9))).to.equal("unknown kind");
    expect(refusal(seal(foreign, "deal", BAD, encodeDeal(foreign, dealing.deal), bad))).to.equal(
      "foreign session",
    );
    expect(refusal(sealed("response", encodeResponse({ complaints: [] })))).to.equal("out of phase");
    expect(refusal(edited(35, 5))).to.equal("unknown sender");
    expect(refusal(edited(35, 0))).to.equal("unknown sender");
    expect(refusal(seal(session, "deal", BAD, encodeDeal(session, dealing.deal), stranger))).to.equal(
      "bad signature",
    );
    expect(refusal(edited(60, good[60]! ^ 1))).to.equal("bad signature");
    expect(refusal(good)).to.equal("accepted");
    expect(refusal(good)).to.equal("duplicate");
    participant.endPhase();
    expect(refusal(good)).to.equal("out of phase");
    expect(participant.refusals).to.have.length(12);
    expect(participant.phase).to.equal("response");
  });

  it("refuses signatures with high s, zero or out of range", () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const message = deal();
    const s = order - BigInt(`0x${Buffer.from(message.slice(-32)).toString("hex")}`);
    message.set(Buffer.from(s.toString(16).padStart(64, "0"), "hex"), message.length - 32);
    const [participant] = participantsOf(session, committee.slice(0, 1));
    expect(participant!.receive(message)).to.include({ accepted: false, reason: "bad signature" });
    for (const signature of [
      new Uint8Array(64),
      new Uint8Array(64).fill(0x01),
      new Uint8Array(64).fill(0xff),
    ]) {
      message.set(signature, message.length - 64);
      expect(participant!.receive(message)).to.include({ accepted: false, reason: "bad signature" });
    }
  });

  it("survives garbage: random bytes and every byte of a message changed in turn", () => {
    const random = seeded("garbage");
    const good = deal();
    const noise = [
      ...Array.from({ length: 300 }, () => random.bytes(Number(random.scalar(900n)))),
      ...Array.from({ length: 60 }, (_, i) => {
        const copy = good.slice();
        const offset = (i * 13) % copy.length;
        copy[offset] = copy[offset]! ^ (1 + (i % 255));
        return copy;
      }),
    ];
    const ceremony = run(session, committee.slice(0, 3), {
      channel: (phase, messages) => [...noise, ...messages, ...(phase === "deal" ? [good] : []), ...noise],
    });
    expectQualified(ceremony);
    expect(ceremony.participants[0]!.refusals.length).to.equal(256);
  });

  it("does not depend on the order of messages within a phase", () => {
    const reversed = run(session, committee, { channel: (_, messages) => [...messages].reverse() });
    const straight = run(session, committee);
    expect(reversed.result.key.groupPublicKey).to.deep.equal(straight.result.key.groupPublicKey);
  });

  it("fails by name when two of four do not deal, and succeeds in the next attempt", () => {
    const failed = participantsOf(session, committee.slice(0, 2));
    play(failed);
    for (const participant of failed) {
      expect(participant.phase).to.equal("failed");
      expect(() => participant.result())
        .to.throw(KeyError)
        .with.property("code", "TOO_FEW_DEALERS");
      expect(() => participant.endPhase())
        .to.throw(KeyError)
        .with.property("code", "WRONG_PHASE");
    }
    const retry = generation(suite, committee, threshold, { attempt: 1 });
    expect(retry.id).to.not.deep.equal(session.id);
    expectSound(run(retry, committee), [1, 2, 3, 4]);
  });

  it("fails by name, for everybody, when too few publish their share public keys", () => {
    const participants = participantsOf(session, committee);
    play(participants, (phase, messages) => (phase === "publication" ? messages.slice(0, 2) : messages));
    for (const participant of participants) {
      expect(() => participant.result())
        .to.throw(KeyError)
        .with.property("code", "TOO_FEW_PUBLICATIONS");
    }
  });

  it("counts its own messages only if the channel carried them", () => {
    const ceremony = run(session, committee, {
      channel: (phase, messages) => (phase === "deal" ? messages.slice(0, 3) : messages),
    });
    expect(ceremony.result.qualified).to.deep.equal([1, 2, 3]);
    expectSound(ceremony, [1, 2, 3, 4]);
  });

  it("recovers a share from the transcript with the identity alone", () => {
    const transcript: Uint8Array[][] = [];
    const ceremony = run(session, committee, {
      channel: (_, messages) => {
        transcript.push(messages);
        return messages;
      },
    });
    const [restarted] = participantsOf(session, committee.slice(0, 1), { random: seeded("restart").bytes });
    for (const messages of transcript) {
      for (const message of messages) restarted!.receive(message);
      restarted!.endPhase();
    }
    expect(restarted!.result().share!.secret).to.equal(ceremony.shares[0]!.secret);
  });

  it("says when it is used out of turn, and prints no secret", () => {
    const [participant] = participantsOf(session, committee.slice(0, 1));
    participant!.start();
    expect(() => participant!.start())
      .to.throw(KeyError)
      .with.property("code", "WRONG_PHASE");
    expect(() => participant!.result())
      .to.throw(KeyError)
      .with.property("code", "NOT_FINISHED");
    const [stranger] = nodes(1, "stranger");
    expect(() => participantsOf(session, [stranger!]))
      .to.throw(KeyError)
      .with.property("code", "NOT_A_MEMBER");
    expect(JSON.stringify(participant)).to.equal(
      '{"phase":"response"}'.replace("response", participant!.phase),
    );
    const printed = inspect(participant, { depth: 9, showHidden: true });
    expect(printed).to.not.contain(Buffer.from(committee[0]!.secret).toString("hex"));
    expect(printed).to.not.contain(inspect(committee[0]!.secret).slice(20, 60));
  });
});
