/** A trace that is no run has no proof, whoever makes it: the real prover's messages about it are refused by the verifier. */
import { expect } from "chai";

import { chips } from "../../../../plugin/zero/chips/index.ts";
import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { productionShape } from "../../../../plugin/zero/circuit/production-circuit.ts";
import { ZeroProofError } from "../../../../plugin/zero/arithmetic/zero-proof-error.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import type { PublicValues } from "../../../../plugin/zero/proof/messages.ts";
import { programIdentity } from "../../../../plugin/zero/proof/program-identity.ts";
import type { Shape } from "../../../../plugin/zero/proof/shape.ts";
import { verifyField } from "../../../../plugin/zero/proof/verify-field.ts";
import type { CommitmentKey } from "../../../../plugin/zero/prover/commitment-key.ts";
import {
  commitProgram,
  makeMessages,
  proveTrace,
  type TraceMessages,
  type TraceStatement,
} from "../../../../plugin/zero/prover/prove-trace.ts";
import { layOutSlabs, powersNeeded } from "../../../../plugin/zero/prover/slab-layout.ts";
import { checkTrace } from "../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../plugin/zero/tables/trace-program.ts";
import type { Trace } from "../../../../plugin/zero/trace/trace.ts";
import { seeded } from "../../../seeded.ts";
import {
  everyChipInput as input,
  everyChipPrivateInput as privateInput,
  everyChipProgram,
} from "../chips/every-chip-program.ts";
import { withCell, wrongCells, type Cell } from "../chips/wrong-cells.ts";
import { opens } from "./opens.ts";
import { TrapdoorKey } from "./reference/trapdoor-key.ts";
import { smallMachine, type Machine } from "./small-machine.ts";

const SEED = "wrong traces";
const isSlow = process.env["NEXUS_SLOW"] === "1";
const tau = 987654321987654321n;
const imageNumber = chips.findIndex(({ name }) => name === "image");

/** `count` of a list, no two the same. */
function sample<T>(list: readonly T[], count: number, seed: string): T[] {
  const random = seeded(seed);
  const left = [...list];
  return Array.from(
    { length: Math.min(count, list.length) },
    () => left.splice(Number(random.scalar(BigInt(left.length + 1))) - 1, 1)[0]!,
  );
}

/** What a verifier says of messages; an error that is not a refusal is thrown. */
function judge(shape: Shape, { inputs, field }: TraceMessages): PublicValues<bigint> | ZeroProofError {
  try {
    return verifyField(plain, shape, inputs, field);
  } catch (error) {
    if (error instanceof ZeroProofError) return error;
    throw error;
  }
}

describe(`proofs of traces with a wrong cell (seed ${SEED})`, function () {
  this.timeout(1_800_000);

  const run = traceProgram(everyChipProgram, { input, privateInput });
  const small = smallMachine(run.trace);
  let kernels: Kernels;

  before(async () => {
    kernels = await Kernels.start(2);
    checkTrace(small.trace, run.parameters, { chips: small.shape.chips });
  });
  after(() => kernels.close());

  const keyOf = (shape: Shape, trace: Trace): TrapdoorKey =>
    new TrapdoorKey(
      kernels,
      tau,
      powersNeeded(
        layOutSlabs(
          shape,
          trace.map(({ height }) => height),
        ).slabBits,
      ),
    );

  /** Makes messages about traces, with the honest commitment to the program. */
  function claimant({ shape, trace }: Machine) {
    const key = keyOf(shape, trace);
    const commitment = commitProgram(key, shape, trace);
    const { parameters, journal } = run;
    const statement = { shape, trace, parameters, input, journal, commitment, selector: 7 };
    const about = (changes: Partial<TraceStatement>): TraceMessages =>
      makeMessages(key, { ...statement, ...changes });
    return { key, commitment, statement, about };
  }

  function expectRefused(of: Machine, cells: readonly Cell[]): void {
    const { about } = claimant(of);
    for (const cell of cells) {
      const { name, columns } = of.shape.chips[cell.chip]!;
      const messages = about({ trace: withCell(of.trace, cell) });
      expect(
        judge(of.shape, messages),
        `${name}, row ${cell.row}: ${columns[cell.column]!.name}`,
      ).to.be.instanceOf(ZeroProofError);
    }
  }

  it("are accepted without it, and open", () => {
    const { key, statement, commitment } = claimant(small);
    const { group, publicValues } = proveTrace(key, statement);
    expect(opens(tau, commitment, group, publicValues.scalars)).to.equal(true);
  });

  it("are never made by proveTrace", () => {
    const { key, statement } = claimant(small);
    const [cell] = wrongCells(small.shape.chips, small.trace, run.parameters);
    const trace = withCell(small.trace, cell!);
    expect(() => proveTrace(key, { ...statement, trace })).to.throw(ZeroProofError);
  });

  it(`are refused, ${isSlow ? "for every column" : "for two columns"} of every chip`, () => {
    const cells = wrongCells(small.shape.chips, small.trace, run.parameters);
    expect(cells.length).to.be.at.least(chips.reduce((sum, { columns }) => sum + columns.length, 0));
    const chosen = chips.flatMap(({ name }, number) => {
      const own = cells.filter(({ chip }) => chip === number);
      return sample(own, isSlow ? own.length : 2, `${SEED} ${name}`);
    });
    expectRefused(small, chosen);
  });

  it("are refused with the tables in their full height", () => {
    const machine = { shape: productionShape, trace: run.trace };
    const cells = wrongCells(chips, run.trace, run.parameters);
    const isFixed = ({ chip }: Cell): boolean => typeof chips[chip]!.height === "number";
    const others = cells.filter((cell) => !isFixed(cell));
    expectRefused(machine, [
      ...sample(cells.filter(isFixed), isSlow ? Infinity : 1, `${SEED} fixed`),
      ...sample(others, isSlow ? 6 : 1, `${SEED} full height`),
    ]);
  });

  it("are refused for the program's commitment where only what did not run is another", () => {
    const { about, key, commitment, statement } = claimant(small);
    for (const { chip, first, count } of small.shape.programBlocks) {
      for (let column = first; column < first + count; column++) {
        const what = `${small.shape.chips[chip]!.name}: ${small.shape.chips[chip]!.columns[column]!.name}`;
        const trace = otherProgram(small, chip, column);
        checkTrace(trace, run.parameters, { chips: small.shape.chips });
        // It is a run of another program, so nothing is wrong with it but the commitment.
        const { group, inputs, field } = about({ trace });
        const { scalars } = verifyField(plain, small.shape, inputs, field);
        expect(opens(tau, commitment, group, scalars), what).to.equal(false);

        const own = commitProgram(key, small.shape, trace);
        const proof = proveTrace(key, { ...statement, trace, commitment: own });
        expect(opens(tau, own, proof.group, proof.publicValues.scalars), what).to.equal(true);
        expect(programIdentity(own, proof.constants), what).not.to.deep.equal(
          programIdentity(commitment, proof.constants),
        );
      }
    }
  });

  it("are refused for the slabs' commitments where those are of another run", () => {
    const { key, statement, commitment } = claimant(small);
    const other = traceProgram(everyChipProgram, { input, privateInput: privateInput.toReversed() });
    const { trace } = smallMachine(other.trace);
    const honest = makeMessages(key, statement).group.slabs;
    let next = 0;
    const committing: CommitmentKey = {
      kernels,
      powers: key.powers,
      commitCells: () => honest[next++]!,
      commitPolynomial: (polynomial) => key.commitPolynomial(polynomial),
    };
    const { group, inputs, field } = makeMessages(committing, { ...statement, trace });
    expect(next).to.equal(honest.length);
    expect(group.slabs).to.deep.equal(honest);
    const { scalars } = verifyField(plain, small.shape, inputs, field);
    expect(opens(tau, commitment, group, scalars)).to.equal(false);
  });
});

/**
 * Changes a preprocessed column so that the run stays one, of another program: in an instruction that did not run, or in a word that was not
 * accessed, which then holds something else or does not exist.
 */
function otherProgram({ shape, trace }: Machine, chip: number, column: number): Trace {
  const { columns } = shape.chips[chip]!;
  const table = trace[chip]!;
  const numberOf = (name: string): number => columns.findIndex((each) => each.name === name);
  const unused = table.columns[numberOf(chip === imageNumber ? "time" : "count")]!;
  const row = Array.from<number | bigint>(unused).findLastIndex((each) => Number(each) === 0);
  const before = BigInt(table.columns[column]![row]!);
  if (columns[column]!.name === "exists") return withCell(trace, { chip, column, row, value: 1n - before });
  const changed = withCell(trace, { chip, column, row, value: before + 1n });
  if (chip !== imageNumber) return changed;
  return withCell(changed, { chip, column: numberOf("after"), row, value: before + 1n });
}
