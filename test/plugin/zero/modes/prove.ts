import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { hexlify } from "ethers";

import { Constraints, violatedConstraint } from "../../../../plugin/zero/arithmetic/constraints.ts";
import { productionShape } from "../../../../plugin/zero/circuit/production-circuit.ts";
import { compileVerifier, mostConstraints } from "../../../../plugin/zero/circuit/verifier-circuit.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { developmentPowers } from "../../../../plugin/zero/keys/development-powers.ts";
import { machineProgram } from "../../../../plugin/zero/vm/machine-program.ts";
import { identityOf, witnessRun } from "../../../../plugin/zero/modes/prove.ts";
import { loadProgram } from "../../../../plugin/programs/load.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

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
    const powers = (count: number) => developmentPowers(count, `${root}cache/nexus/keys`);
    const key = { kernels, powers, selector: 7 };
    const input = new TextEncoder().encode("10");
    const { run, proof, witness } = await witnessRun(key, program, input, new Uint8Array(0), (step) =>
      steps.push(step),
    );
    expect(new TextDecoder().decode(run.journal)).to.equal("55");
    expect(steps).to.deep.equal([...new Set(steps)]);
    expect(hexlify(proof.statement.programId)).to.equal(hexlify(await identityOf(key, program)));
    const system = compileVerifier(productionShape);
    expect(system).to.be.instanceOf(Constraints);
    expect(system.constraints.length).to.be.at.most(mostConstraints);
    expect(witness.length).to.equal(system.variables);
    expect(violatedConstraint(system.constraints, witness)).to.equal(undefined);
  });
});
