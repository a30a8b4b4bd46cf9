import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";

import { circuitDigest } from "../../../../plugin/zero/circuit/r1cs-file.ts";
import { inverseOf, r as order, residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { proveGroth16, steps } from "../../../../plugin/zero/groth16/prove.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { developmentGroth16Key } from "../../../../plugin/zero/keys/development-groth16.ts";
import { quadraticProgram } from "../../../../plugin/zero/keys/quadratic-program.ts";
import { developmentTrapdoor } from "../../../../plugin/zero/keys/trapdoor.ts";
import { readVerifyingKey, type Groth16VerifyingKey } from "../../../../plugin/zero/keys/zkey-reader.ts";
import { readZkey, type Zkey } from "../../../../plugin/zero/keys/zkey-sections.ts";
import type { Groth16Proof } from "../../../../plugin/zero/proof/messages.ts";
import { seeded } from "../../../seeded.ts";
import { constraintsOf, hashCircuit, tinyCircuit, witnessOf } from "../keys/small-circuit.ts";
import { snarkjsVerifies } from "./snarkjs-groth16.ts";

const SEED = "groth16-randomisers";

describe(`Groth16 proofs by the kernels (seed "${SEED}")`, function () {
  this.timeout(60_000);

  const random = seeded(SEED);
  let kernels: Kernels;
  let folder: string;
  before(async () => {
    kernels = await Kernels.start(2);
    folder = await mkdtemp(join(tmpdir(), "nexus-zero-groth16-"));
  });
  after(async () => {
    await kernels.close();
    await rm(folder, { recursive: true });
  });

  for (const [name, circuit] of Object.entries({ tinyCircuit, hashCircuit })) {
    describe(`of ${name}`, () => {
      const system = constraintsOf(circuit);
      const witness = witnessOf(circuit);
      let zkey: Zkey;
      let key: Groth16VerifyingKey;
      before(async () => {
        const source = { digest: circuitDigest(system), compile: () => system };
        const path = await developmentGroth16Key(source, folder);
        zkey = await readZkey(path);
        key = await readVerifyingKey(path);
      });

      it("are the multiples of the generators that the trapdoor says", () => {
        const { alpha, beta, delta, tau } = developmentTrapdoor;
        const [r, s] = [random.scalar(order), random.scalar(order)];
        const program = quadraticProgram(system, tau);
        const sum = (of: readonly bigint[], from = 0) =>
          residue(witness.reduce((total, value, i) => (i < from ? total : total + value * of[i]!), 0n));
        const [u, v, w] = [sum(program.a), sum(program.b), sum(program.c)];
        const a = residue(alpha + u + r * delta);
        const b = residue(beta + v + s * delta);
        // h(τ)·(τ^n − 1) = u·v − w
        const inner = beta * sum(program.a, 4) + alpha * sum(program.b, 4) + sum(program.c, 4) + u * v - w;
        const c = residue(residue(inner) * inverseOf(delta) + s * a + r * b - r * s * delta);

        const randomisers = [r, s];
        const proof = proveGroth16(kernels, zkey, witness, { random: () => randomisers.shift()! });
        expect(randomisers).to.deep.equal([]);
        expect(proof).to.deep.equal(proofOf(a, b, c));
      });

      it("are accepted by snarkjs' verifier, for the witness's public inputs alone", async () => {
        const proof = proveGroth16(kernels, zkey, witness);
        const inputs = witness.slice(1, 4);
        expect(await snarkjsVerifies(key, inputs, proof)).to.equal(true);
        for (let i = 0; i < 3; i++) {
          const others = inputs.map((input, j) => (i === j ? input + 1n : input));
          expect(await snarkjsVerifies(key, others, proof), `input ${i}`).to.equal(false);
        }
      });

      it("are other ones each time", () => {
        const [one, two] = [1, 2].map(() => proveGroth16(kernels, zkey, witness));
        expect(one!.a).not.to.deep.equal(two!.a);
        expect(one!.b).not.to.deep.equal(two!.b);
        expect(one!.c).not.to.deep.equal(two!.c);
      });

      it("are not valid for a witness that violates a constraint", async () => {
        const wrong = witness.with(witness.length - 1, residue(witness.at(-1)! + 1n));
        const proof = proveGroth16(kernels, zkey, wrong);
        expect(await snarkjsVerifies(key, witness.slice(1, 4), proof)).to.equal(false);
      });

      it("are not made of a witness of another circuit, or of values that are no elements", () => {
        const mark = kernels.mark();
        const prove = (values: readonly bigint[]) => () => proveGroth16(kernels, zkey, values);
        expect(prove(witness.slice(1))).to.throw(
          RangeError,
          `the witness has ${witness.length - 1} values, and ${zkey.path} is of a circuit of ${witness.length}`,
        );
        expect(prove(witness.with(2, order))).to.throw(RangeError, `${order} is not an element of Fr`);
        expect(kernels.mark(), "memory is taken back").to.equal(mark);
      });
    });
  }

  it("are made in steps that are told of as they begin", async () => {
    const system = constraintsOf(tinyCircuit);
    const source = { digest: circuitDigest(system), compile: () => system };
    const zkey = await readZkey(await developmentGroth16Key(source, folder));
    const begun: string[] = [];
    const mark = kernels.mark();
    proveGroth16(kernels, zkey, witnessOf(tinyCircuit), { begin: (step) => begun.push(step) });
    expect(begun).to.deep.equal([...steps]);
    expect(kernels.mark()).to.equal(mark);
  });
});

/** (a·G₁, b·G₂, c·G₁) */
function proofOf(a: bigint, b: bigint, c: bigint): Groth16Proof {
  const g1 = (scalar: bigint) => ({ ...bn254.G1.Point.BASE.multiply(scalar).toAffine() });
  const { x, y } = bn254.G2.Point.BASE.multiply(b).toAffine();
  return { a: g1(a), b: { x: [x.c0, x.c1], y: [y.c0, y.c1] }, c: g1(c) };
}
