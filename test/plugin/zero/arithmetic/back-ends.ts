import { expect } from "chai";
import type { Arithmetic } from "../../../../plugin/zero/arithmetic/arithmetic.ts";
import { Constraints, violatedConstraint } from "../../../../plugin/zero/arithmetic/constraints.ts";
import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { Witness } from "../../../../plugin/zero/arithmetic/witness.ts";
import { ZeroProofError } from "../../../../plugin/zero/arithmetic/zero-proof-error.ts";
import { randomNumbers, randomProgram, type Program } from "./random-program.ts";
import { unconstrainedVariables } from "../circuit/unconstrained.ts";

function runBoth(program: Program, inputs: readonly bigint[]) {
  const witness = new Witness();
  const values = program(
    witness,
    inputs.map((input) => witness.input(input)),
  ).map(({ value }) => value);
  const constraints = new Constraints(1);
  const results = program(
    constraints,
    inputs.map(() => constraints.input()),
  );
  return { witness, values, constraints, results };
}

/** With one input that the program asserts something about. */
function refuses(input: bigint, assert: <E>(arithmetic: Arithmetic<E>, a: E) => void, what: string): void {
  const program: Program = (arithmetic, [a]) => {
    assert(arithmetic, a!);
    return [];
  };
  expect(() => program(plain, [input]), "plain").to.throw(ZeroProofError, what);
  const witness = new Witness();
  expect(() => program(witness, [witness.input(input)]), "witness").to.throw(ZeroProofError, what);
}

describe("Circuit back ends", () => {
  for (let seed = 1; seed <= 40; seed++) {
    it(`agree on random program ${seed}`, () => {
      const { inputs, program } = randomProgram(seed, 60);
      const { witness, values, constraints, results } = runBoth(program, inputs);
      expect(values).to.deep.equal(program(plain, inputs));
      expect(witness.values.length).to.equal(constraints.variables);
      expect(violatedConstraint(constraints.constraints, witness.values)).to.equal(undefined);
      results.forEach(({ variables, coefficients }, i) => {
        const value = variables.reduce((sum, v, k) => sum + coefficients[k]! * witness.values[v]!, 0n) % r;
        expect(value, `result ${i}`).to.equal(values[i]);
        expect(
          variables.every((variable, k) => k === 0 || variable > variables[k - 1]!),
          "ascending",
        ).to.equal(true);
        expect(coefficients.every((coefficient) => coefficient > 0n && coefficient < r)).to.equal(true);
      });
    });
  }

  it("constrain every variable that they compute", () => {
    const random = randomNumbers(5);
    for (let seed = 1; seed <= 20; seed++) {
      const { inputs, program } = randomProgram(seed, 60);
      const { witness, constraints } = runBoth(program, inputs);
      const free = unconstrainedVariables(constraints, witness.values, () => BigInt(1 + random(1000)));
      expect(
        free.filter((variable) => variable > inputs.length),
        `seed ${seed}`,
      ).to.deep.equal([]);
    }
  });

  it("refuse what does not hold", () => {
    refuses(0n, (arithmetic, a) => arithmetic.inverse(a, "denominator"), "denominator");
    refuses(3n, (arithmetic, a) => arithmetic.assertEqual(a, arithmetic.constant(4n), "claim"), "claim");
    refuses(16n, (arithmetic, a) => arithmetic.bits(a, 4, "height"), "height");
    refuses(1n, (arithmetic, a) => arithmetic.bits(a, 0, "nothing"), "nothing");
    refuses(r - 1n, (arithmetic, a) => arithmetic.bits(a, 253, "word"), "word");
  });

  it("have no witness for what does not hold", () => {
    // An inverse of 0, whatever the prover chooses.
    const inverse = new Constraints(1);
    inverse.inverse(inverse.input(), "denominator");
    for (const chosen of [0n, 1n, 7n]) {
      expect(violatedConstraint(inverse.constraints, [1n, 0n, chosen])?.what).to.equal("denominator");
    }
    // Bits that are not bits but add up: 2 = 2·1 + 0·2.
    const bits = new Constraints(1);
    bits.bits(bits.input(), 2, "pair");
    expect(violatedConstraint(bits.constraints, [1n, 2n, 0n, 1n])).to.equal(undefined);
    expect(violatedConstraint(bits.constraints, [1n, 2n, 2n, 0n])?.what).to.equal("pair: bit 0");
    expect(violatedConstraint(bits.constraints, [1n, 2n, 1n, 1n])?.what).to.equal("pair");
  });

  it("check constants without constraints", () => {
    const circuit = new Constraints(0);
    const two = circuit.add(circuit.constant(1n), circuit.constant(1n));
    circuit.assertEqual(two, circuit.constant(2n), "two");
    expect(circuit.bits(two, 2, "two").map(({ form }) => form)).to.deep.equal(["constant", "constant"]);
    expect(circuit.mul(two, circuit.inverse(two, "two"))).to.deep.equal(circuit.constant(1n));
    expect(circuit.constraints).to.deep.equal([]);
    expect(() => circuit.assertEqual(two, circuit.constant(3n), "two")).to.throw(ZeroProofError, "two");
    expect(() => circuit.inverse(circuit.constant(0n), "zero")).to.throw(ZeroProofError, "zero");
  });

  it("refuse an equation that says nothing, and public inputs that come late", () => {
    const circuit = new Constraints(2);
    const a = circuit.input();
    expect(() => circuit.assertEqual(circuit.add(a, a), circuit.scale(a, 2n), "twice")).to.throw("twice");
    expect(() => circuit.mul(a, a)).to.throw("2 public inputs");
    circuit.input();
    expect(circuit.mul(a, a).variables).to.deep.equal([3]);
  });

  it("cost what the arithmetic says", () => {
    const circuit = new Constraints(1);
    const a = circuit.input();
    const cost = (run: () => unknown) => {
      const before = circuit.constraints.length;
      run();
      return circuit.constraints.length - before;
    };
    expect(cost(() => circuit.sum([a, circuit.scale(circuit.sub(a, circuit.constant(1n)), 5n)]))).to.equal(0);
    expect(cost(() => circuit.mul(a, circuit.constant(3n)))).to.equal(0);
    expect(cost(() => circuit.mul(a, a))).to.equal(1);
    expect(cost(() => circuit.inverse(a, "a"))).to.equal(1);
    expect(cost(() => circuit.bits(a, 8, "a"))).to.equal(9);
    expect(cost(() => circuit.settle(a))).to.equal(0);
    expect(cost(() => circuit.settle(circuit.add(a, a)))).to.equal(1);
  });
});
