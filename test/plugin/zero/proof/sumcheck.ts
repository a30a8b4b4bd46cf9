/** The verifier of sumchecks against sums over the whole cube, of random polynomials. */
import { expect } from "chai";

import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { FieldTranscript } from "../../../../plugin/zero/proof/field-transcript.ts";
import { plainSumcheck, weightedSumcheck } from "../../../../plugin/zero/proof/sumcheck.ts";
import { numbersFrom } from "../prover/reference/challenges.ts";
import { eqAt, extend } from "../prover/reference/multilinear.ts";
import { sumcheck } from "../prover/reference/sumcheck.ts";

interface Case {
  readonly variables: number;
  /** Of the summand, without the factor eq. */
  readonly degree: number;
}

const cases: readonly Case[] = [1, 2, 3, 5].flatMap((variables) =>
  [1, 2, 3, 4].map((degree) => ({ variables, degree })),
);

describe("sumcheck", () => {
  for (const isWeighted of [false, true]) {
    for (const { variables, degree } of cases) {
      const seed = `sumcheck ${isWeighted ? "with" : "without"} eq, ${variables} variables, degree ${degree}`;
      it(`reduces a sum to one value, and a wrong sum to a wrong one (seed ${seed})`, () => {
        const random = numbersFrom(seed);
        const cells = 2 ** variables;
        const tables = Array.from({ length: degree }, () => Array.from({ length: cells }, random));
        const weight = Array.from({ length: variables }, random);
        /** The product of all tables, and the first one for a part of lower degree. */
        const summand = (values: readonly bigint[]): bigint =>
          residue(values.reduce((product, value) => residue(product * value), 1n) + values[0]!);
        const sum = Array.from({ length: cells }, (_, x) => x).reduce((total, x) => {
          const factor = isWeighted ? eqAt(weight, x) : 1n;
          return total + factor * summand(tables.map((table) => table[x]!));
        }, 0n);

        const proving = new FieldTranscript(plain, 7n);
        const { rounds, point, values } = sumcheck({
          ...{ tables, summand, degree },
          ...(isWeighted ? { weight } : {}),
          challenge: (coefficients) => {
            proving.absorb(coefficients);
            return proving.draw(1)[0]!;
          },
        });
        expect(values).to.deep.equal(tables.map((table) => extend(table, point)));

        const verify = (claim: bigint) => {
          const transcript = new FieldTranscript(plain, 7n);
          return isWeighted
            ? weightedSumcheck(plain, transcript, rounds, weight, claim)
            : plainSumcheck(plain, transcript, rounds, claim);
        };
        expect(verify(residue(sum))).to.deep.equal({ claim: summand(values), point });
        expect(verify(residue(sum + 1n)).claim).not.to.equal(summand(values));
      });
    }
  }
});
