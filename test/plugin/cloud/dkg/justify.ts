/** Justifications checked together: as each share checked alone, with work in the group that does not grow with the complaints. */
import { expect } from "chai";

import { bls12381 } from "../../../../plugin/crypto/bls/bls12-381.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import type { Suite } from "../../../../plugin/crypto/bls/suite.ts";
import { evaluate } from "../../../../plugin/crypto/threshold/polynomial.ts";
import { createDealing, shareMatches } from "../../../../plugin/cloud/dkg/deal.ts";
import { unjustified, type Answer } from "../../../../plugin/cloud/dkg/justify.ts";
import { encodeResponse, seal } from "../../../../plugin/cloud/dkg/message.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { seeded } from "../../../seeded.ts";
import { generation, nodes, participantsOf, play } from "./ceremony.ts";

const SEED = "justify";

/** The suite, which counts the points that its group in G1 multiplies, singly or in a combination. */
function counting(suite: Suite): { suite: Suite; points: () => number } {
  let points = 0;
  const { multiply, linearCombination, evaluate: at } = suite.g1;
  const g1: Suite["g1"] = {
    ...suite.g1,
    multiply: (point, scalar) => (points++, multiply(point, scalar)),
    linearCombination: (all, scalars) => ((points += all.length), linearCombination(all, scalars)),
    evaluate: (commitment, index) => ((points += commitment.length), at(commitment, index)),
  };
  return { suite: { ...suite, g1 }, points: () => points };
}

describe(`plugin/cloud/dkg/justify (seed ${SEED})`, () => {
  for (const suite of [bn254, bls12381]) {
    const committee = nodes(7, SEED);
    const session = generation(suite, committee, 5);
    const random = seeded(`${SEED} ${suite.name}`);
    const dealings = committee.map((_, i) =>
      createDealing(session, i + 1, random.scalar(suite.fr.ORDER), random.bytes),
    );
    const share = (dealer: number, member: number): bigint =>
      evaluate(dealings[dealer - 1]!.polynomial, member, suite.fr);
    const answer = (
      dealer: number,
      complainers: number[],
      change: [number, bigint | undefined][] = [],
    ): Answer => {
      const revealed = new Map(complainers.map((member) => [member, share(dealer, member)]));
      for (const [member, value] of change) {
        if (value === undefined) revealed.delete(member);
        else revealed.set(member, value);
      }
      return { dealer, commitments: dealings[dealer - 1]!.deal.commitments, complainers, revealed };
    };
    /** Each share alone, by Feldman's check. */
    const oneByOne = (answers: readonly Answer[]): number[] =>
      answers
        .filter(({ commitments, complainers, revealed }) =>
          complainers.some((member) => {
            const value = revealed.get(member);
            return value === undefined || !shareMatches(suite, commitments, member, value);
          }),
        )
        .map(({ dealer }) => dealer);

    it(`names the dealers that do not answer, on ${suite.name}`, () => {
      const { ORDER } = suite.fr;
      const cases: [answers: Answer[], wrong: number[]][] = [
        [[], []],
        [[answer(1, [])], []],
        [[answer(3, [2]), answer(1, [2, 7]), answer(6, [1])], []],
        // A share that is another's, another dealer's, missing, or the right one in another form.
        [[answer(3, [2, 4], [[4, share(3, 5)]]), answer(1, [2])], [3]],
        [[answer(3, [2]), answer(1, [2], [[2, share(3, 2)]])], [1]],
        [[answer(3, [2, 4], [[4, undefined]]), answer(1, [2])], [3]],
        [[answer(3, [2], [[2, share(3, 2) + ORDER]]), answer(1, [2])], [3]],
        // Mistakes that add up to nothing, in one answer and over two.
        [
          [
            answer(
              3,
              [2, 4],
              [
                [2, (share(3, 2) + 1n) % ORDER],
                [4, (share(3, 4) + ORDER - 1n) % ORDER],
              ],
            ),
          ],
          [3],
        ],
        [
          [
            answer(5, [2], [[2, (share(5, 2) + 1n) % ORDER]]),
            answer(3, [2], [[2, (share(3, 2) + ORDER - 1n) % ORDER]]),
            answer(1, [4]),
          ],
          [5, 3],
        ],
        // A share for somebody who did not complain says nothing, right or wrong.
        [[answer(3, [2], [[5, 9n]])], []],
      ];
      for (const [answers, wrong] of cases) {
        expect(unjustified(suite, answers, random.bytes)).to.deep.equal(wrong);
        expect(oneByOne(answers)).to.deep.equal(wrong);
      }
    });
  }

  it("has a participant multiply no more points when two members complain about all than when one does", () => {
    const committee = nodes(7, SEED);
    const worked = [1, 2].map((liars) => {
      const counted = counting(bn254);
      const session = generation(counted.suite, committee, 5);
      const participants = participantsOf(session, committee);
      const everybody = committee.map((_, i) => i + 1);
      const lies = committee
        .slice(0, liars)
        .map(({ secret }, i) =>
          seal(
            session,
            "response",
            i + 1,
            encodeResponse({ complaints: everybody }),
            new IdentitySecret(secret),
          ),
        );
      let before = 0;
      let points = 0;
      play(participants, (phase, messages) => {
        if (phase === "response") return [...messages.slice(liars), ...lies];
        if (phase === "justification") before = counted.points();
        if (phase === "publication") points = counted.points() - before;
        return messages;
      });
      expect(participants[6]!.result().qualified).to.deep.equal(everybody);
      return points;
    });
    expect(worked[0]).to.be.above(0);
    expect(worked[1]).to.equal(worked[0]);
  });
});
