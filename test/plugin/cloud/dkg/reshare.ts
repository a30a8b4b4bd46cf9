import { expect } from "chai";

import { bls12381 } from "../../../../plugin/crypto/bls/bls12-381.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { createDealing } from "../../../../plugin/cloud/dkg/deal.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { encodeDeal, seal } from "../../../../plugin/cloud/dkg/message.ts";
import { resharingSession } from "../../../../plugin/cloud/dkg/reshare.ts";
import { combine } from "../../../../plugin/crypto/threshold/combine.ts";
import { interpolateScalar } from "../../../../plugin/crypto/threshold/interpolation.ts";
import { KeyError } from "../../../../plugin/crypto/threshold/key-error.ts";
import type { KeyShare } from "../../../../plugin/crypto/threshold/key-share.ts";
import { partialSign } from "../../../../plugin/crypto/threshold/partial-sign.ts";
import { seeded } from "../../../seeded.ts";
import {
  CLOUD_ID,
  generation,
  nodes,
  participantsOf,
  play,
  resharing,
  run,
  type Ceremony,
  type Node,
} from "./ceremony.ts";

const digest = seeded("digest").bytes(32);

/** The nodes of two committees, each once. */
const union = (a: readonly Node[], b: readonly Node[]): Node[] => [...new Set([...a, ...b])];

/** `after` has the group public key of `before`, and signs with the shares of any t of its members. */
function expectSameKey(before: Ceremony, after: Ceremony): void {
  const { key } = after.result;
  expect(key.groupPublicKey).to.deep.equal(before.result.key.groupPublicKey);
  expect(key.publicPolynomial[0]).to.deep.equal(before.result.key.publicPolynomial[0]);
  expect(key.sharePublicKeys).to.not.deep.equal(before.result.key.sharePublicKeys);
  expect(key.publicPolynomial).to.have.length(after.session.threshold);
  const { suite, threshold } = after.session;
  const partials = after.shares.map((share) => partialSign(suite, share!, digest));
  const { signature } = combine(key, digest, partials.slice(-threshold));
  expect(suite.verify(digest, signature, before.result.key.groupPublicKey)).to.equal(true);
  if (threshold > 1) {
    expect(() => combine(key, digest, partials.slice(1, threshold)))
      .to.throw(KeyError)
      .with.property("code", "TOO_FEW_PARTIALS");
  }
}

describe('plugin/cloud/dkg/reshare (seed "participants")', () => {
  const pool = nodes(9, "reshare");
  const committee = pool.slice(0, 4);
  const first = run(generation(bn254, committee, 3), committee);

  const cases: [string, Node[], number][] = [
    ["to itself (refresh)", committee, 3],
    ["to itself in another order", [...committee].reverse(), 3],
    ["to itself, threshold up", committee, 4],
    ["to itself, threshold down", committee, 2],
    ["to a disjoint committee", pool.slice(4, 8), 3],
    ["to a larger overlapping committee, threshold up", pool.slice(2, 9), 5],
    ["to a smaller overlapping committee, threshold down", pool.slice(3, 6), 2],
    ["to a single node", pool.slice(8), 1],
  ];
  for (const [name, next, threshold] of cases) {
    it(`keeps the group public key ${name}`, () => {
      const session = resharing(first, next, threshold);
      const ceremony = run(session, union(committee, next), { previousShares: first.shares });
      expectSameKey(first, ceremony);
      expect(ceremony.result.qualified).to.deep.equal([1, 2, 3]);
      expect(ceremony.participants[0]!.faults).to.deep.equal([]);
    });
  }

  it("works on BLS12-381, and twice in a row", () => {
    const old = run(generation(bls12381, committee, 3), committee);
    const second = run(resharing(old, committee, 3), committee, { previousShares: old.shares });
    const next = pool.slice(4, 7);
    const session = resharing(second, next, 2, { epoch: 3n });
    expectSameKey(old, run(session, union(committee, next), { previousShares: second.shares }));
  });

  it("makes old and new shares useless together", () => {
    const second = run(resharing(first, committee, 3), committee, { previousShares: first.shares });
    const { fr } = bn254;
    const mixed = [first.shares[0]!, first.shares[1]!, second.shares[2]!];
    const value = interpolateScalar(
      fr,
      [1, 2, 3],
      mixed.map(({ secret }) => secret),
      0,
    );
    expect(bn254.publicKey(value)).to.not.deep.equal(first.result.key.groupPublicKey);
    for (const { result } of [first, second]) {
      const partials = mixed.map((share) => partialSign(bn254, share, digest));
      expect(() => combine(result.key, digest, partials))
        .to.throw(KeyError)
        .with.property("code", "TOO_FEW_PARTIALS");
    }
  });

  it("fails with fewer than the old threshold of dealers, leaves the old key, and succeeds in the next attempt", () => {
    const next = pool.slice(4, 8);
    const all = union(committee, next);
    const silent = first.shares.map((share, i) => (i < 2 ? share : undefined));
    const failed = participantsOf(resharing(first, next, 3), all, { previousShares: silent });
    play(failed);
    for (const participant of failed) {
      expect(() => participant.result())
        .to.throw(KeyError)
        .with.property("code", "TOO_FEW_DEALERS");
    }
    const partials = first.shares.map((share) => partialSign(bn254, share!, digest));
    expect(() => combine(first.result.key, digest, partials)).to.not.throw();
    const retry = resharing(first, next, 3, { attempt: 1 });
    expectSameKey(first, run(retry, all, { previousShares: first.shares }));
  });

  it("leaves out a dealer that deals another constant than its share", () => {
    const next = pool.slice(4, 8);
    const session = resharing(first, next, 3);
    const [rogue, ...honest] = committee;
    const { deal } = createDealing(session, 1, first.shares[0]!.secret + 1n, seeded("rogue").bytes);
    const message = seal(session, "deal", 1, encodeDeal(session, deal), new IdentitySecret(rogue!.secret));
    const ceremony = run(session, [...honest, ...next], {
      previousShares: first.shares,
      channel: (phase, messages) => (phase === "deal" ? [message, ...messages] : messages),
    });
    expectSameKey(first, ceremony);
    expect(ceremony.result.qualified).to.deep.equal([2, 3, 4]);
    expect(ceremony.participants[0]!.faults).to.deep.equal([
      { role: "dealer", index: 1, phase: "deal", reason: "constant is not the dealer's share" },
    ]);
  });

  it("refuses a previous share that is not the dealer's", () => {
    const session = resharing(first, committee, 3);
    const swapped = [first.shares[1], first.shares[0]];
    expect(() => participantsOf(session, committee.slice(0, 1), { previousShares: swapped }))
      .to.throw(KeyError)
      .with.property("code", "BAD_PARAMETER");
    const second = run(session, committee, { previousShares: first.shares });
    const stale: (KeyShare | undefined)[] = [first.shares[0]];
    expect(() =>
      participantsOf(resharing(second, committee, 3), committee.slice(0, 1), { previousShares: stale }),
    )
      .to.throw(KeyError)
      .with.property("code", "BAD_PARAMETER");
  });

  it("refuses sessions whose previous key does not hold together", () => {
    const { key } = first.result;
    const previousMembers = committee.map(({ publicKey }) => publicKey);
    const common = {
      suite: bn254,
      cloudId: CLOUD_ID,
      epoch: 2n,
      attempt: 0,
      threshold: 3,
      members: previousMembers,
      previousMembers,
      previous: key,
    };
    const wrong = [
      { previous: { ...key, publicPolynomial: key.publicPolynomial.slice(1) } },
      { previous: { ...key, publicPolynomial: [...key.publicPolynomial].reverse() } },
      { previous: { ...key, threshold: 2 } },
      { previous: { ...key, groupPublicKey: key.sharePublicKeys[0]! } },
      { previousMembers: previousMembers.slice(1) },
      { suite: bls12381 },
      { threshold: 5 },
      { threshold: 0 },
      { members: [previousMembers[0]!, previousMembers[0]!], threshold: 1 },
      { members: [], threshold: 1 },
      { members: [new Uint8Array(33)], threshold: 1 },
      { cloudId: new Uint8Array(31) },
      { epoch: 0n },
      { attempt: -1 },
    ];
    for (const change of wrong) {
      expect(() => resharingSession({ ...common, ...change }), JSON.stringify(Object.keys(change)))
        .to.throw(KeyError)
        .with.property("code", "BAD_PARAMETER");
    }
    expect(() => resharingSession(common)).to.not.throw();
  });

  it("has a session id that binds everything agreed", () => {
    const ids = [
      generation(bn254, committee, 3),
      generation(bls12381, committee, 3),
      generation(bn254, committee, 2),
      generation(bn254, committee, 3, { epoch: 2n }),
      generation(bn254, committee, 3, { attempt: 1 }),
      generation(bn254, [...committee].reverse(), 3),
      generation(bn254, pool.slice(0, 5), 3),
      resharing(first, committee, 3, { epoch: 1n }),
    ].map(({ id }) => Buffer.from(id).toString("hex"));
    expect(new Set(ids).size).to.equal(ids.length);
  });
});
