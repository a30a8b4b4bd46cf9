import { expect } from "chai";

import { leavesOf, type Chip } from "../../../../plugin/zero/air/chip.ts";
import { residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { copyTable } from "../../../../plugin/zero/prover/column-memory.ts";
import { Jobs } from "../../../../plugin/zero/kernels/jobs.ts";
import { proveZerocheck } from "../../../../plugin/zero/prover/prove-zerocheck.ts";
import type { Trace } from "../../../../plugin/zero/trace/trace.ts";
import { leafFractions } from "./reference/bus-argument.ts";
import { challengesFrom, numbersFrom } from "./reference/challenges.ts";
import { madeUpChips, madeUpParameters, madeUpRun, madeUpSizes } from "./reference/made-up-chips.ts";
import { eqAt, extend } from "./reference/multilinear.ts";
import { randomMachine } from "./reference/random-machine.ts";
import { leavesAtRow, valuesOf, type BusChallenges } from "./reference/rows.ts";
import { proveZerocheck as proveReference } from "./reference/zerocheck.ts";

describe("the prover's zerocheck", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await Kernels.start(2);
  });
  after(() => kernels.close());

  const compare = (chips: readonly Chip[], trace: Trace): void => {
    const random = numbersFrom("zerocheck challenges");
    const challenges = { alpha: random(), gamma: random() };
    const { rowBits, leafBits } = madeUpSizes;
    const point = Array.from({ length: rowBits + leafBits }, random);
    const theta = random();
    const common = { chips, parameters: madeUpParameters, challenges, theta };
    const expected = proveReference(
      { ...common, trace, point, sizes: madeUpSizes },
      challengesFrom("zerocheck"),
    );

    const leaves = leafFractions(chips, trace, madeUpParameters, challenges, madeUpSizes);
    const p = extend(
      leaves.map((leaf) => leaf.p),
      point,
    );
    const q = extend(
      leaves.map((leaf) => leaf.q),
      point,
    );
    // What the constraints add where they do not hold.
    const violations = violationsAt(chips, trace, challenges, theta, point.slice(0, rowBits));
    const count = chips.reduce((sum, chip) => sum + leavesOf(chip).length, 0);
    const mark = kernels.mark();
    const messages = proveZerocheck(
      new Jobs(kernels),
      {
        ...common,
        tables: chips.map((chip, c) => copyTable(kernels, chip, trace[c]!)),
        rowPoint: point.slice(0, rowBits),
        leafWeights: Array.from({ length: count }, (_, leaf) => eqAt(point.slice(rowBits), leaf)),
        claim: residue(p + theta * (q - 1n) + violations),
      },
      challengesFrom("zerocheck"),
    );
    kernels.release(mark);
    expect(messages).to.deep.equal(expected);
  };

  for (const steps of [1, 3, 7, 16]) {
    it(`says what the reference says of ${steps} steps`, () => {
      const values = Array.from({ length: steps }, (_, i) => (5 * i + 2) % 16);
      const { trace } = madeUpRun(
        values,
        Array.from({ length: steps % 5 }, (_, i) => BigInt(i) ** 30n),
      );
      compare(madeUpChips, trace);
    });
  }

  for (let number = 0; number < 12; number++) {
    const seed = `random zerocheck ${number}`;
    it(`says what the reference says of random chips, whose constraints do not hold (seed ${seed})`, () => {
      const { chips, trace } = randomMachine(seed);
      compare(chips, trace);
    });
  }
});

/** Σ_x eq(point, x) Σ_c pad Σ_j θ^{2+j} C_{c,j}(x): 0 for a trace in which all constraints hold. */
function violationsAt(
  chips: readonly Chip[],
  trace: Trace,
  challenges: BusChallenges,
  theta: bigint,
  point: readonly bigint[],
): bigint {
  let [sum, first] = [0n, residue(theta * theta)];
  chips.forEach((chip, c) => {
    const table = trace[c]!;
    for (let row = 0; row < 2 ** table.height; row++) {
      const { constraints } = valuesOf(chip, leavesAtRow(table, row, madeUpParameters), challenges);
      const folded = constraints.reduceRight((rest, value) => residue(rest * theta + value), 0n);
      sum += eqAt(point, row) * folded * first;
    }
    for (let i = 0; i < chip.constraints.length; i++) first = residue(first * theta);
  });
  return residue(sum);
}
