/** The machine's circuit with the witness of a run: nothing in it may be anything else. */
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { productionShape } from "../../../../plugin/zero/circuit/production-circuit.ts";
import { r, residue } from "../../../../plugin/zero/field/scalar-field.ts";
import {
  compileVerifier,
  verifierWitness,
  type CircuitStatement,
} from "../../../../plugin/zero/circuit/verifier-circuit.ts";
import { ZeroProofError } from "../../../../plugin/zero/arithmetic/zero-proof-error.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { developmentPowers } from "../../../../plugin/zero/keys/development-powers.ts";
import { machineProgram } from "../../../../plugin/zero/vm/machine-program.ts";
import { mapFieldMessages, type FieldMessages } from "../../../../plugin/zero/proof/messages.ts";
import { verifyField } from "../../../../plugin/zero/proof/verify-field.ts";
import { witnessRun } from "../../../../plugin/zero/modes/prove.ts";
import { loadProgram } from "../../../../plugin/programs/load.ts";
import { seeded } from "../../../seeded.ts";
import { changeMessage } from "../proof/made-up-proof.ts";
import { unconstrainedVariables } from "./unconstrained.ts";

const SEED = "production witness";
const isSlow = process.env["NEXUS_SLOW"] === "1";
const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** By message, in the order of the transcript: which step says it. Messages of one step have one name. */
function stepsOf(messages: FieldMessages<bigint>): string[] {
  const named = (rounds: readonly (readonly bigint[])[], name: string): string[][] =>
    rounds.map((coefficients, k) => coefficients.map(() => `${name} ${k + 1}`));
  const children = (name: string) => ({
    p: new Array<string>(4).fill(name),
    q: new Array<string>(4).fill(name),
  });
  const steps: string[] = [];
  mapFieldMessages<string, void>(
    {
      positions: messages.positions.map(() => "positions"),
      root: children("children of the root"),
      layers: messages.layers.map(({ rounds }, j) => ({
        rounds: named(rounds, `layer ${j + 1}, round`),
        ...children(`layer ${j + 1}, children`),
      })),
      zerocheck: named(messages.zerocheck, "zerocheck, round"),
      columns: messages.columns.map((columns, c) =>
        columns.map(() => `columns of ${productionShape.chips[c]!.name}`),
      ),
      stacking: named(messages.stacking, "stacking, round"),
      evaluation: "evaluation",
      opening: {
        ...{ g: "opening", gInverse: "opening", h: "opening", hInverse: "opening", hAlpha: "opening" },
        ...{ S: "opening", SInverse: "opening" },
      },
    },
    (name) => void steps.push(name),
  );
  return steps;
}

/** The step without its number. */
const classOf = (step: string): string => step.replace(/ \d+/g, "").replace(/^(columns).*/, "$1");

/** By name, the numbers of all that have it. */
function numbersBy(names: readonly string[]): Map<string, number[]> {
  const all = new Map<string, number[]>();
  names.forEach((name, number) => all.set(name, [...(all.get(name) ?? []), number]));
  return all;
}

describe(`the witness of the production circuit (seed ${SEED})`, function () {
  this.timeout(600_000);

  const system = compileVerifier(productionShape);
  let statement: CircuitStatement;
  let witness: readonly bigint[];
  let steps: string[];

  before(async () => {
    const kernels = await Kernels.start(2);
    try {
      const loaded = await loadProgram("fibonacci", { programs: `${root}programs`, cache: `${root}cache` });
      const input = new TextEncoder().encode("10");
      const powers = (count: number) => developmentPowers(count, `${root}cache/nexus/keys`);
      const key = { kernels, powers, selector: 7 };
      const run = await witnessRun(key, machineProgram(loaded), input, new Uint8Array(0), () => undefined);
      const [digest, beta, folded] = run.witness.slice(1) as [bigint, bigint, bigint];
      statement = {
        publicInputs: { digest, beta, folded },
        inputs: run.proof.inputs,
        messages: run.proof.field,
      };
      witness = run.witness;
      steps = stepsOf(run.proof.field);
    } finally {
      await kernels.close();
    }
  });

  /** By variable: what it is. Those behind the messages are computed, and named by the first constraint that has them. */
  function classes(): string[] {
    const given = [
      ...["the constant 1", "public input π", "public input β", "public input λ"],
      ...new Array<string>(Object.keys(statement.inputs).length).fill("public value"),
      ...steps.map(classOf),
    ];
    const all: string[] = [...given];
    for (const { a, b, c, what } of system.constraints) {
      const name = what.replace(/^position of .*/, "bit of a position").replace(/: bit \d+$/, ": bit");
      for (const variable of [a, b, c].flatMap(({ variables }) => [...variables])) all[variable] ??= name;
    }
    return all;
  }

  it("satisfies no constraint system with any one variable changed, of whatever class", () => {
    const random = seeded(SEED);
    const all = classes();
    expect(all.length).to.equal(system.variables);
    const counts = new Map<string, number>();
    for (const name of all) counts.set(name, (counts.get(name) ?? 0) + 1);
    for (const name of [
      ...["public input π", "public input β", "public input λ", "public value", "positions"],
      ...["children of the root", "layer, round", "layer, children", "zerocheck, round", "columns"],
      ...["stacking, round", "evaluation", "opening", "header: bit", "constants: bit", "bit of a position"],
      // Lanes of Poseidon are products, and settled.
      ...[
        "product",
        "settled",
        "the denominator of the bus argument is not zero",
        "ζ is not 0",
        "ζ is not α",
      ],
      ...["the denominator of the first state is not zero", "1 + ρ^(2^k) is not zero"],
    ]) {
      expect(counts.get(name), `variables of the class ${name}`).to.be.greaterThan(0);
    }
    const free = unconstrainedVariables(system, witness, () => random.scalar(r));
    // Variable 0 is the constant 1, which the Groth16 verifier itself fixes.
    expect(
      free.filter((variable) => variable > 0).map((variable) => `${variable}: ${all[variable]}`),
    ).to.deep.equal([]);
  });

  it("cannot be computed again after a change of a message, a public value or a public input", () => {
    const { inputs, messages, publicInputs } = statement;
    const random = seeded(`${SEED} propagated`);
    const refused = (changes: Partial<CircuitStatement>, what: string): void => {
      expect(() => verifierWitness(productionShape, { ...statement, ...changes }), what).to.throw(
        ZeroProofError,
      );
    };
    for (const [name, numbers] of numbersBy(steps.map(classOf))) {
      const number = numbers[Number(random.scalar(BigInt(numbers.length) + 1n)) - 1]!;
      const changed = changeMessage(messages, number, (element) => residue(element + random.scalar(r)));
      refused({ messages: changed }, `${name}, message ${number}`);
    }
    for (const name of Object.keys(inputs) as (keyof typeof inputs)[]) {
      refused({ inputs: { ...inputs, [name]: residue(inputs[name] + random.scalar(r)) } }, name);
    }
    for (const name of Object.keys(publicInputs) as (keyof typeof publicInputs)[]) {
      const value = residue(publicInputs[name] + random.scalar(r));
      refused({ publicInputs: { ...publicInputs, [name]: value } }, name);
    }
  });

  it(`is of messages that the verifier refuses with one changed in ${isSlow ? "any" : "some"} step`, () => {
    const { inputs, messages } = statement;
    const random = seeded(`${SEED} messages`);
    const chosen = [...numbersBy(steps)].filter(() => isSlow || random.scalar(13n) === 1n);
    expect(chosen.length).to.be.greaterThan(10);
    for (const [step, numbers] of chosen) {
      const number = numbers[Number(random.scalar(BigInt(numbers.length) + 1n)) - 1]!;
      const changed = changeMessage(messages, number, (element) => residue(element + random.scalar(r)));
      expect(
        () => verifyField(plain, productionShape, inputs, changed),
        `${step}, message ${number}`,
      ).to.throw(ZeroProofError);
    }
  });
});
