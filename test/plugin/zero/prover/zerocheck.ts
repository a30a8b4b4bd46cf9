import { expect } from "chai";

import { leavesOf } from "../../../../plugin/zero/chips/chip.ts";
import { residue } from "../../../../plugin/zero/circuit/scalar-field.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { copyTable } from "../../../../plugin/zero/prover/column-memory.ts";
import { Jobs } from "../../../../plugin/zero/kernels/jobs.ts";
import { proveZerocheck } from "../../../../plugin/zero/prover/zerocheck.ts";
import { leafFractions } from "./reference/bus-argument.ts";
import { challengesFrom, numbersFrom } from "./reference/challenges.ts";
import { madeUpChips, madeUpParameters, madeUpRun, madeUpSizes } from "./reference/made-up-chips.ts";
import { eqAt, extend } from "./reference/multilinear.ts";
import { proveZerocheck as proveReference } from "./reference/zerocheck.ts";

describe("the prover's zerocheck", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await Kernels.start(2);
  });
  after(() => kernels.close());

  for (const steps of [1, 3, 7, 16]) {
    it(`says what the reference says of ${steps} steps`, () => {
      const values = Array.from({ length: steps }, (_, i) => (5 * i + 2) % 16);
      const { trace } = madeUpRun(
        values,
        Array.from({ length: steps % 5 }, (_, i) => BigInt(i) ** 30n),
      );
      const random = numbersFrom("zerocheck challenges");
      const challenges = { alpha: random(), gamma: random() };
      const { rowBits, leafBits } = madeUpSizes;
      const point = Array.from({ length: rowBits + leafBits }, random);
      const theta = random();
      const common = { chips: madeUpChips, parameters: madeUpParameters, challenges, theta };
      const expected = proveReference(
        { ...common, trace, point, sizes: madeUpSizes },
        challengesFrom("zerocheck"),
      );

      const leaves = leafFractions(madeUpChips, trace, madeUpParameters, challenges, madeUpSizes);
      const p = extend(
        leaves.map((leaf) => leaf.p),
        point,
      );
      const q = extend(
        leaves.map((leaf) => leaf.q),
        point,
      );
      const count = madeUpChips.reduce((sum, chip) => sum + leavesOf(chip).length, 0);
      const mark = kernels.mark();
      const messages = proveZerocheck(
        new Jobs(kernels),
        {
          ...common,
          tables: madeUpChips.map((chip, c) => copyTable(kernels, chip, trace[c]!)),
          rowPoint: point.slice(0, rowBits),
          leafWeights: Array.from({ length: count }, (_, leaf) => eqAt(point.slice(rowBits), leaf)),
          claim: residue(p + theta * (q - 1n)),
        },
        challengesFrom("zerocheck"),
      );
      kernels.release(mark);
      expect(messages).to.deep.equal(expected);
    });
  }
});
