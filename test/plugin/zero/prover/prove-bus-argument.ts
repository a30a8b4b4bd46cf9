import { expect } from "chai";

import { buses } from "../../../../plugin/zero/air/bus.ts";
import type { Chip } from "../../../../plugin/zero/air/chip.ts";
import { evaluator } from "../../../../plugin/zero/air/expression.ts";
import { inverseOf, residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { BusArgument, type BusTranscript } from "../../../../plugin/zero/prover/prove-bus-argument.ts";
import { copyTable } from "../../../../plugin/zero/prover/column-memory.ts";
import { Jobs } from "../../../../plugin/zero/kernels/jobs.ts";
import { makeLeafLayer } from "../../../../plugin/zero/prover/leaf-layer.ts";
import type { Trace } from "../../../../plugin/zero/trace/trace.ts";
import { leafFractions, proveBuses } from "./reference/bus-argument.ts";
import { challengesFrom, numbersFrom } from "./reference/challenges.ts";
import { madeUpChips, madeUpParameters, madeUpRun, madeUpSizes } from "./reference/made-up-chips.ts";
import { randomMachine } from "./reference/random-machine.ts";
import { integers, leavesAtRow, type BusChallenges } from "./reference/rows.ts";

describe("the prover's bus argument", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await Kernels.start(2);
  });
  after(() => kernels.close());

  const transcript = (): BusTranscript => {
    const challenge = challengesFrom("buses");
    return {
      children: ({ p, q }) => [challenge([...p, ...q]), challenge([1n]), challenge([2n])],
      round: challenge,
    };
  };

  /** Says the same as the reference, and its root is the sum of m / (γ − φ) over everything. */
  const compare = (chips: readonly Chip[], trace: Trace): void => {
    const random = numbersFrom("bus challenges");
    const challenges = { alpha: random(), gamma: random() };
    const leaves = leafFractions(chips, trace, madeUpParameters, challenges, madeUpSizes);
    const expected = proveBuses(leaves, transcript(), madeUpSizes);

    const mark = kernels.mark();
    const jobs = new Jobs(kernels);
    const tables = chips.map((chip, c) => copyTable(kernels, chip, trace[c]!));
    const layer = makeLeafLayer(jobs, chips, tables, madeUpParameters, challenges);
    const { claims, ...messages } = new BusArgument(jobs, layer, madeUpSizes).prove(transcript());
    kernels.release(mark);
    expect(messages).to.deep.equal(expected);
    expect(claims.q).not.to.equal(0n);

    const { p, q } = messages.root;
    const root = p.reduce((sum, numerator, i) => sum + numerator * inverseOf(q[i]!), 0n);
    expect(residue(root)).to.equal(sumOfFractions(chips, trace, challenges));
  };

  for (const steps of [1, 3, 7, 16]) {
    it(`says what the reference says of ${steps} steps`, () => {
      const values = Array.from({ length: steps }, (_, i) => (7 * i + 3) % 16);
      const { trace } = madeUpRun(
        values,
        Array.from({ length: steps % 5 }, (_, i) => BigInt(i) ** 30n),
      );
      compare(madeUpChips, trace);
    });
  }

  for (let number = 0; number < 20; number++) {
    const seed = `random buses ${number}`;
    it(`says what the reference says of random chips (seed ${seed})`, () => {
      const { chips, trace } = randomMachine(seed);
      compare(chips, trace);
    });
  }
});

/** Σ m / (γ − bus − α v_1 − α² v_2 − …), one interaction of one row after the other. */
function sumOfFractions(chips: readonly Chip[], trace: Trace, { alpha, gamma }: BusChallenges): bigint {
  let sum = 0n;
  chips.forEach((chip, c) => {
    const table = trace[c]!;
    for (let row = 0; row < 2 ** table.height; row++) {
      const valueOf = evaluator(integers, leavesAtRow(table, row, madeUpParameters));
      for (const { bus, multiplicity, tuple } of chip.interactions) {
        const fingerprint = tuple.reduceRight((rest, part) => residue((rest + valueOf(part)) * alpha), 0n);
        const denominator = residue(gamma - BigInt(buses[bus]) - fingerprint);
        sum += valueOf(multiplicity) * inverseOf(denominator);
      }
    }
  });
  return residue(sum);
}
