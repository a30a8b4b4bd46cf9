import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { evaluateCombination, type Combination } from "../../../../plugin/zero/arithmetic/combination.ts";
import { circuitDigest } from "../../../../plugin/zero/circuit/r1cs-file.ts";
import { residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { multiplyMatrices, oddCosetValues } from "../../../../plugin/zero/groth16/quotient.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { developmentGroth16Key } from "../../../../plugin/zero/keys/development-groth16.ts";
import { lagrangeAt, power, rootOfUnity } from "../../../../plugin/zero/keys/lagrange.ts";
import { domainBits } from "../../../../plugin/zero/keys/quadratic-program.ts";
import { readZkey, type Zkey } from "../../../../plugin/zero/keys/zkey-sections.ts";
import { constraintsOf, hashCircuit, tinyCircuit, witnessOf } from "../keys/small-circuit.ts";

describe("The quotient of a Groth16 proof", function () {
  this.timeout(60_000);

  let kernels: Kernels;
  let folder: string;
  before(async () => {
    kernels = await Kernels.start(2);
    folder = await mkdtemp(join(tmpdir(), "nexus-zero-quotient-"));
  });
  after(async () => {
    await kernels.close();
    await rm(folder, { recursive: true });
  });

  for (const [name, circuit] of Object.entries({ tinyCircuit, hashCircuit })) {
    const system = constraintsOf(circuit);
    const bits = domainBits(system);
    const n = 2 ** bits;
    const values = witnessOf(circuit);
    const rowsOf = (matrix: "a" | "b" | "c"): bigint[] => {
      const value = (combination: Combination) => evaluateCombination(combination, (i) => values[i]!);
      const rows = system.constraints.map((constraint) => value(constraint[matrix]));
      // The constant and the public inputs, once more, in A.
      rows.push(...values.slice(0, 4).map((input) => (matrix === "a" ? input : 0n)));
      return [...rows, ...new Array<bigint>(n - rows.length).fill(0n)];
    };
    let zkey: Zkey;

    before(async () => {
      const source = { digest: circuitDigest(system), compile: () => system };
      zkey = await readZkey(await developmentGroth16Key(source, folder));
    });

    it(`of ${name} is computed from the rows of A and B`, () => {
      const mark = kernels.mark();
      const [a, b] = [kernels.vector(n), kernels.vector(n)];
      multiplyMatrices(kernels, zkey, kernels.scalars(values), { a, b });
      expect(kernels.toBigints(a, n)).to.deep.equal(rowsOf("a"));
      expect(kernels.toBigints(b, n)).to.deep.equal(rowsOf("b"));
      kernels.release(mark);
    });

    it(`of ${name} has the values of A·B − C between the rows`, () => {
      const mark = kernels.mark();
      const pointer = oddCosetValues(kernels, zkey, kernels.scalars(values));
      const matrices = [rowsOf("a"), rowsOf("b"), rowsOf("c")];
      const root = rootOfUnity(bits + 1);
      const expected = Array.from({ length: n }, (_, i) => {
        const basis = lagrangeAt(power(root, BigInt(2 * i + 1)), bits);
        const [a, b, c] = matrices.map((rows) =>
          rows.reduce((sum, value, row) => sum + value * basis[row]!, 0n),
        );
        return residue(a! * b! - c!);
      });
      kernels.parallel("vectorToMontgomery", n, pointer, pointer);
      expect(expected.some((value) => value !== 0n)).to.equal(true);
      expect(kernels.toBigints(pointer, n)).to.deep.equal(expected);
      kernels.release(mark);
    });

    it(`of ${name} is refused for coefficients outside of the matrices`, async () => {
      const file = await readFile(zkey.path);
      const first = zkey.sections.get(4)!.start + 4;
      const damages = [
        [0, 2],
        [4, n],
        [8, zkey.variables],
      ] as const;
      for (const [at, value] of damages) {
        const path = join(folder, "damaged.zkey");
        const damaged = Buffer.from(file);
        damaged.writeUInt32LE(value, first + at);
        await writeFile(path, damaged);
        const mark = kernels.mark();
        const witness = kernels.scalars(values);
        expect(() => oddCosetValues(kernels, { ...zkey, path }, witness), `at ${at}`).to.throw(
          `coefficients outside of its ${n} rows and ${zkey.variables} variables`,
        );
        kernels.release(mark);
      }
    });
  }
});
