import { expect } from "chai";

import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { BusArgument, type BusTranscript } from "../../../../plugin/zero/prover/bus-argument.ts";
import { copyTable } from "../../../../plugin/zero/prover/column-memory.ts";
import { Jobs } from "../../../../plugin/zero/kernels/jobs.ts";
import { makeLeafLayer } from "../../../../plugin/zero/prover/leaf-layer.ts";
import { leafFractions, proveBuses } from "./reference/bus-argument.ts";
import { challengesFrom, numbersFrom } from "./reference/challenges.ts";
import { madeUpChips, madeUpParameters, madeUpRun, madeUpSizes } from "./reference/made-up-chips.ts";

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

  for (const steps of [1, 3, 7, 16]) {
    it(`says what the reference says of ${steps} steps`, () => {
      const values = Array.from({ length: steps }, (_, i) => (7 * i + 3) % 16);
      const { trace } = madeUpRun(
        values,
        Array.from({ length: steps % 5 }, (_, i) => BigInt(i) ** 30n),
      );
      const random = numbersFrom("bus challenges");
      const challenges = { alpha: random(), gamma: random() };
      const leaves = leafFractions(madeUpChips, trace, madeUpParameters, challenges, madeUpSizes);
      const expected = proveBuses(leaves, transcript(), madeUpSizes);

      const mark = kernels.mark();
      const jobs = new Jobs(kernels);
      const tables = madeUpChips.map((chip, c) => copyTable(kernels, chip, trace[c]!));
      const layer = makeLeafLayer(jobs, madeUpChips, tables, madeUpParameters, challenges);
      const { claims, ...messages } = new BusArgument(jobs, layer, madeUpSizes).prove(transcript());
      kernels.release(mark);
      expect(messages).to.deep.equal(expected);
      expect(claims.q).not.to.equal(0n);
    });
  }
});
