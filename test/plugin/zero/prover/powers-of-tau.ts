import { expect } from "chai";

import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { Jobs } from "../../../../plugin/zero/kernels/jobs.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { generatorMultiples } from "../../../../plugin/zero/keys/generator-multiples.ts";
import { copyColumn } from "../../../../plugin/zero/prover/column-memory.ts";
import { PowersOfTau } from "../../../../plugin/zero/prover/powers-of-tau.ts";
import { seeded } from "../../../seeded.ts";
import { TrapdoorKey } from "./reference/trapdoor-key.ts";

const SEED = "powers of tau";

describe(`powers of tau (seed "${SEED}")`, () => {
  const random = seeded(SEED);
  const tau = random.scalar(r);
  const count = 1024 + 4;
  let kernels: Kernels;
  let key: PowersOfTau;
  let trapdoor: TrapdoorKey;
  before(async () => {
    kernels = await Kernels.start(2);
    const powers = [1n];
    while (powers.length < count) powers.push((powers.at(-1)! * tau) % r);
    key = new PowersOfTau(kernels, await generatorMultiples(kernels, "g1", "numbers")(powers));
    trapdoor = new TrapdoorKey(kernels, tau, count);
  });
  after(() => kernels.close());

  it("commit to polynomials as the secret itself would", () => {
    for (const length of [1, 2, 700, count]) {
      const coefficients = Array.from({ length }, (_, i) => (i % 5 === 1 ? 0n : random.scalar(r)));
      const polynomial = { pointer: kernels.fromBigints(coefficients), length };
      expect(key.commitPolynomial(polynomial)).to.deep.equal(trapdoor.commitPolynomial(polynomial));
    }
  });

  it("commit to the cells of columns of all widths, and to others", () => {
    const jobs = new Jobs(kernels);
    const numbers = (bound: bigint) =>
      Array.from({ length: 64 }, (_, i) => (i % 3 ? random.scalar(bound) : 0n));
    const narrow = (bound: bigint) => numbers(bound).map(Number);
    const columns = [
      Uint8Array.from(narrow(2n)),
      Uint8Array.from(narrow(256n)),
      Uint16Array.from(narrow(65_536n)),
      // wide columns of numbers of all sizes
      Uint32Array.from([...narrow(2n ** 32n).slice(32), ...narrow(300n).slice(32)]),
      BigUint64Array.from([...numbers(2n ** 64n).slice(32), ...numbers(70_000n).slice(32)]),
    ].map((column) => copyColumn(kernels, column));
    const blocks = [
      { first: 512, bits: 3, height: 6, columns },
      { first: 64, bits: 0, height: 6, columns: columns.slice(2, 3) },
    ];
    const others = [1, 1023, 1024, 1027].map((index) => ({ index, value: random.scalar(r) }));
    for (const more of [others, []]) {
      expect(key.commitCells(jobs, blocks, more)).to.deep.equal(trapdoor.commitCells(jobs, blocks, more));
    }
  });
});
