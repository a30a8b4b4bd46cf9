import { expect } from "chai";

import { residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { Jobs } from "../../../../plugin/zero/kernels/jobs.ts";
import { proveOpening, type Polynomial } from "../../../../plugin/zero/prover/opening.ts";
import { challengesFrom, numbersFrom } from "./reference/challenges.ts";
import { openMercury } from "./reference/mercury.ts";

describe("the prover's opening", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await Kernels.start(2);
  });
  after(() => kernels.close());

  // Cells, and a row of the opening's matrix behind them, or none.
  for (const [bits, tail] of [
    [2, 0],
    [3, 0],
    [4, 4],
    [5, 8],
    [6, 0],
    [7, 0],
    [7, 16],
    [8, 16],
  ] as const) {
    it(`makes the reference's polynomials of 2^${bits} cells and ${tail} more (seed opening of ${bits} bits)`, () => {
      const random = numbersFrom(`opening of ${bits} bits`);
      const f = Array.from({ length: 2 ** bits + tail }, random);
      const y = Array.from({ length: bits }, random);
      const challenge = challengesFrom("opening");
      const expected = openMercury(f, y, {
        alpha: challenge,
        gamma: (q, g) => challenge([...q, ...g]),
        zeta: (S, D) => challenge([...S, ...D]),
        delta: (evaluations) => challenge(Object.values(evaluations)),
        omega: challenge,
      });

      const mark = kernels.mark();
      const read = ({ pointer, length }: Polynomial): bigint[] => kernels.toBigints(pointer, length);
      const own = challengesFrom("opening");
      let Wp: bigint[] = [];
      const evaluations = proveOpening(
        new Jobs(kernels),
        { pointer: kernels.fromBigints(f), length: f.length },
        y,
        {
          alpha: (h) => own(read(h)),
          gamma: (q, g) => own([...read(q), ...read(g)]),
          zeta: (S, D) => own([...read(S), ...read(D)]),
          delta: (values) => own(Object.values(values)),
          omega: (W) => own(read(W)),
          last: (polynomial) => {
            Wp = read(polynomial);
          },
        },
      );
      kernels.release(mark);
      expect(evaluations).to.deep.equal(expected.evaluations);
      expect(Wp).to.deep.equal(expected.Wp.map(residue));
    });
  }
});
