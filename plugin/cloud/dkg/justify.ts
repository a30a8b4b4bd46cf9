/** Whether what dealers reveal answers the complaints about them: Feldman's check of many shares at once. */
import { bytesToNumberBE } from "@noble/curves/utils.js";

import type { G1Point, Suite } from "../../crypto/bls/suite.ts";
import type { RandomSource } from "../../crypto/threshold/polynomial.ts";

/** What a dealer with complaints has to answer, and answers. */
export interface Answer {
  readonly dealer: number;
  readonly commitments: readonly G1Point[];
  /** Share indices of those that complained. */
  readonly complainers: readonly number[];
  /** The shares that the dealer revealed, by share index: of whomever it likes, below the group's order or not. */
  readonly revealed: ReadonlyMap<number, bigint>;
}

/**
 * The dealers that did not reveal to each complainer a share that fits their commitments. All shares are checked in one equation,
 * Σ ρᵢⱼ·(sᵢⱼ·g₁ − Σₖ jᵏ·Aᵢₖ) = 0 with 128-bit ρᵢⱼ drawn after they were revealed (a wrong one passes with probability 2^-128), and dealer
 * by dealer only if it does not hold. With the sum over j made in the scalars, what a node computes in the group grows with the number of
 * commitments, and not with that of complaints.
 */
export function unjustified(suite: Suite, answers: readonly Answer[], random: RandomSource): number[] {
  const complete = answers.filter(({ complainers, revealed }) =>
    complainers.every((member) => (revealed.get(member) ?? suite.fr.ORDER) < suite.fr.ORDER),
  );
  const wrong = new Set(answers.filter((answer) => !complete.includes(answer)));
  if (!fitTogether(suite, complete, random)) {
    for (const answer of complete) if (!fitTogether(suite, [answer], random)) wrong.add(answer);
  }
  return answers.filter((answer) => wrong.has(answer)).map(({ dealer }) => dealer);
}

function fitTogether({ fr, g1 }: Suite, answers: readonly Answer[], random: RandomSource): boolean {
  let exponent = 0n;
  const points: G1Point[] = [];
  const scalars: bigint[] = [];
  for (const { commitments, complainers, revealed } of answers) {
    const sums = commitments.map(() => 0n);
    for (const member of complainers) {
      const rho = bytesToNumberBE(random(16));
      exponent = fr.add(exponent, fr.mul(rho, revealed.get(member)!));
      let weight = rho;
      for (let k = 0; k < sums.length; k++) {
        sums[k] = fr.add(sums[k]!, weight);
        weight = fr.mul(weight, BigInt(member));
      }
    }
    points.push(...commitments);
    scalars.push(...sums);
  }
  return g1.multiply(g1.generator, exponent).equals(g1.linearCombination(points, scalars));
}
