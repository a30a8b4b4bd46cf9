import { fileURLToPath } from "node:url";

import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";
import { hexlify } from "ethers";

import { Constraints, violatedConstraint } from "../../../plugin/zero/circuit/constraints.ts";
import { productionShape } from "../../../plugin/zero/circuit/production-circuit.ts";
import { compileVerifier, mostConstraints } from "../../../plugin/zero/circuit/verifier-circuit.ts";
import { Kernels } from "../../../plugin/zero/kernels/kernels.ts";
import { DevelopmentCommitmentKey } from "../../../plugin/zero/keys/development-commitments.ts";
import { developmentTau } from "../../../plugin/zero/keys/trapdoor.ts";
import { machineProgram } from "../../../plugin/zero/machine-program.ts";
import { identityOf, witnessRun } from "../../../plugin/zero/prove.ts";
import { loadProgram } from "../../../plugin/programs/load.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

describe("a run of a program with all chips", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await Kernels.start(2);
  });
  after(() => kernels.close());

  it("has a witness that satisfies the production circuit, which fits its domain", async () => {
    const loaded = await loadProgram("fibonacci", { programs: `${root}programs`, cache: `${root}cache` });
    const program = machineProgram(loaded);
    const steps: string[] = [];
    const input = new TextEncoder().encode("10");
    const { run, proof, witness } = witnessRun(kernels, 7, program, input, new Uint8Array(0), (step) =>
      steps.push(step),
    );
    expect(new TextDecoder().decode(run.journal)).to.equal("55");
    expect(steps).to.deep.equal([...new Set(steps)]);
    expect(hexlify(proof.statement.programId)).to.equal(hexlify(identityOf(kernels, program)));
    const system = compileVerifier(productionShape);
    expect(system).to.be.instanceOf(Constraints);
    expect(system.constraints.length).to.be.at.most(mostConstraints);
    expect(witness.length).to.equal(system.variables);
    expect(violatedConstraint(system.constraints, witness)).to.equal(undefined);
  });

  it("is committed to as powers of the development τ would", () => {
    const key = new DevelopmentCommitmentKey(kernels, 4);
    const coefficients = [3n, 0n, 5n, 7n];
    const pointer = kernels.fromBigints(coefficients);
    const { Point } = bn254.G1;
    let power = Point.BASE;
    let sum = Point.ZERO;
    for (const coefficient of coefficients) {
      sum = coefficient === 0n ? sum : sum.add(power.multiply(coefficient));
      power = power.multiply(developmentTau);
    }
    expect(key.commitPolynomial({ pointer, length: 4 })).to.deep.equal({ ...sum.toAffine() });
  });
});
