import { expect } from "chai";
import { circuitDigest } from "../../../../plugin/zero/circuit/r1cs-file.ts";
import { violatedConstraint } from "../../../../plugin/zero/arithmetic/constraints.ts";
import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import {
  compileVerifier,
  mostConstraints,
  verifierWitness,
  type CircuitStatement,
} from "../../../../plugin/zero/circuit/verifier-circuit.ts";
import { ZeroProofError } from "../../../../plugin/zero/arithmetic/zero-proof-error.ts";
import { chips } from "../../../../plugin/zero/chips/index.ts";
import { foldPublicValues, publicDigest } from "../../../../plugin/zero/proof/public-values.ts";
import { mapFieldMessages } from "../../../../plugin/zero/proof/messages.ts";
import { shapeOf } from "../../../../plugin/zero/proof/shape.ts";
import { productionSizes } from "../../../../plugin/zero/proof/sizes.ts";
import { verifyField } from "../../../../plugin/zero/proof/verify-field.ts";
import { numbersFrom } from "../prover/reference/challenges.ts";
import { madeUpChips, madeUpParameters, madeUpRun, madeUpSizes } from "../prover/reference/made-up-chips.ts";
import { proveReference } from "../prover/reference/prove.ts";
import { unconstrainedVariables } from "./unconstrained.ts";

describe("Verifier circuit", function () {
  this.timeout(60_000);

  const shape = shapeOf(madeUpChips, madeUpSizes);
  const system = compileVerifier(shape);
  let statement: CircuitStatement;

  before(() => {
    const run = madeUpRun([3, 1, 4, 1, 5, 9, 2, 6], [7n, 2n ** 60n + 1n]);
    const { inputs, field } = proveReference({
      shape,
      ...run,
      parameters: madeUpParameters,
      slabBits: 8,
      tau: 987654321987654321n,
      selector: 7,
      random: numbersFrom("circuit"),
    });
    const values = verifyField(plain, shape, inputs, field);
    const beta = 31n ** 50n;
    const publicInputs = {
      digest: publicDigest(plain, values),
      beta: plain.constant(beta),
      folded: foldPublicValues(plain, values, plain.constant(beta)),
    };
    statement = { publicInputs, inputs, messages: field };
  });

  it("accepts what the verifier accepts", () => {
    const witness = verifierWitness(shape, statement);
    expect(witness.length).to.equal(system.variables);
    expect(violatedConstraint(system.constraints, witness)).to.equal(undefined);
    expect(witness.slice(1, 4)).to.deep.equal(Object.values(statement.publicInputs));
  });

  it("constrains every variable", () => {
    const witness = verifierWitness(shape, statement);
    const random = numbersFrom("changes");
    // Variable 0 is the constant 1, which the Groth16 verifier itself fixes.
    const free = unconstrainedVariables(system, witness, random).filter((variable) => variable > 0);
    expect(free).to.deep.equal([]);
  });

  it("has no witness for other public inputs, or another message", () => {
    const { publicInputs, messages } = statement;
    for (const name of ["digest", "beta", "folded"] as const) {
      const other = { ...publicInputs, [name]: plain.add(publicInputs[name], 1n) };
      expect(() => verifierWitness(shape, { ...statement, publicInputs: other }), name).to.throw(
        ZeroProofError,
      );
    }
    let count = 0;
    mapFieldMessages(messages, () => count++);
    for (let changed = 0; changed < count; changed += 37) {
      let i = 0;
      const other = mapFieldMessages(messages, (element) => (i++ === changed ? element + 1n : element));
      expect(() => verifierWitness(shape, { ...statement, messages: other }), `message ${changed}`).to.throw(
        ZeroProofError,
      );
    }
  });

  it("of the machine fits a domain of 2^17, and is the same at every compilation", () => {
    const machine = compileVerifier(shapeOf(chips, productionSizes));
    expect(machine.constraints.length).to.be.lessThanOrEqual(mostConstraints);
    expect(circuitDigest(machine)).to.equal(circuitDigest(compileVerifier(shapeOf(chips, productionSizes))));
  });
});
