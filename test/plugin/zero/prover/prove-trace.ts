import { expect } from "chai";

import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { shapeOf } from "../../../../plugin/zero/proof/shape.ts";
import { productionSizes } from "../../../../plugin/zero/proof/sizes.ts";
import { verifyField } from "../../../../plugin/zero/proof/verify-field.ts";
import { commitProgram, proveTrace } from "../../../../plugin/zero/prover/prove-trace.ts";
import { powersNeeded } from "../../../../plugin/zero/prover/slab-layout.ts";
import { opens } from "./opens.ts";
import { numbersFrom } from "./reference/challenges.ts";
import { madeUpChips, madeUpParameters, madeUpRun, madeUpSizes } from "./reference/made-up-chips.ts";
import { proveReference } from "./reference/prove.ts";
import { TrapdoorKey } from "./reference/trapdoor-key.ts";

const tau = 987654321987654321n;

describe("the prover", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await Kernels.start(2);
  });
  after(() => kernels.close());

  const run = madeUpRun([3, 1, 4, 1, 5, 9, 2, 6], [7n, 2n ** 60n + 1n]);
  // The range table has 2^6 rows, so it fills two slabs of 2^5 cells.
  const shortSlabs = { ...madeUpSizes, slabBits: { least: 5, most: 5 }, slotBits: 4 };
  for (const sizes of [madeUpSizes, shortSlabs, productionSizes]) {
    it(`proves a run of the made-up machine with slabs of 2^${sizes.slabBits.least}`, () => {
      const shape = shapeOf(madeUpChips, sizes);
      const key = new TrapdoorKey(kernels, tau, powersNeeded(sizes.slabBits.least));
      const commitment = commitProgram(key, shape, run.trace);
      const random = numbersFrom("hiding");
      const proof = proveTrace(
        key,
        { shape, ...run, parameters: madeUpParameters, commitment, selector: 7 },
        { random },
      );
      expect(verifyField(plain, shape, proof.inputs, proof.field)).to.deep.equal(proof.publicValues);
      expect(opens(tau, commitment, proof.group, proof.publicValues.scalars)).to.equal(true);
    });
  }

  it("proves what the reference proves", () => {
    const shape = shapeOf(madeUpChips, madeUpSizes);
    const reference = proveReference({
      shape,
      ...run,
      parameters: madeUpParameters,
      slabBits: 8,
      tau,
      selector: 7,
      random: numbersFrom("hiding"),
    });
    const { scalars } = verifyField(plain, shape, reference.inputs, reference.field);
    expect(opens(tau, reference.commitment, reference.group, scalars)).to.equal(true);
    const key = new TrapdoorKey(kernels, tau, powersNeeded(8));
    expect(commitProgram(key, shape, run.trace)).to.deep.equal(reference.commitment);
  });
});
