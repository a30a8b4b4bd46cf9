import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";

import { plain } from "../../../../plugin/zero/circuit/plain.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { scalarWords, type G1Point } from "../../../../plugin/zero/proof/messages.ts";
import { shapeOf } from "../../../../plugin/zero/proof/shape.ts";
import { productionSizes } from "../../../../plugin/zero/proof/sizes.ts";
import { verifyField } from "../../../../plugin/zero/proof/verify-field.ts";
import { commitProgram, proveTrace, type TraceProof } from "../../../../plugin/zero/prover/prove-trace.ts";
import { powersNeeded } from "../../../../plugin/zero/prover/slab-layout.ts";
import { numbersFrom } from "./reference/challenges.ts";
import { madeUpChips, madeUpParameters, madeUpRun, madeUpSizes } from "./reference/made-up-chips.ts";
import { proveReference } from "./reference/prove.ts";
import { TrapdoorKey } from "./reference/trapdoor-key.ts";

const tau = 987654321987654321n;

/** C_Λ + ωW' = τW': what the contract's pairings say of the commitments. */
function expectOpened(
  commitment: G1Point,
  { group, publicValues }: Pick<TraceProof, "group" | "publicValues">,
  slots: number,
): void {
  const { Point } = bn254.G1;
  const { h, q, g, S, D, W, Wp } = group.opening;
  const points = [commitment, h, q, g, S, D, W, Wp].map((point) => Point.fromAffine(point));
  const slabs = Array.from({ length: slots }, (_, m) =>
    group.slabs[m] === undefined ? Point.ZERO : Point.fromAffine(group.slabs[m]),
  );
  const all = [...slabs, ...points, Point.BASE];
  const sum = scalarWords(publicValues.scalars).reduce(
    (total, scalar, i) => (scalar === 0n ? total : total.add(all[i]!.multiply(scalar))),
    Point.ZERO,
  );
  expect(sum.equals(Point.fromAffine(Wp).multiply(tau))).to.equal(true);
}

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
      expectOpened(commitment, proof, 2 ** (sizes.slotBits - 1));
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
    const publicValues = verifyField(plain, shape, reference.inputs, reference.field);
    expectOpened(reference.commitment, { ...reference, publicValues }, 4);
    const key = new TrapdoorKey(kernels, tau, powersNeeded(8));
    expect(commitProgram(key, shape, run.trace)).to.deep.equal(reference.commitment);
  });
});
