/** Runs a program and fills the tables that prove the run. */
import { boundaryTable } from "../chips/boundary/trace.ts";
import { mostHeight, type Chip } from "../air/chip.ts";
import { fillImage, imageHeight, imageRows } from "../chips/image/trace.ts";
import { chips } from "../chips/index.ts";
import { ioTable } from "../chips/io/trace.ts";
import { programRows } from "../chips/program/trace.ts";
import { Machine, type RunOptions } from "../vm/executor.ts";
import { immediate, mnemonicOf } from "../vm/instruction.ts";
import type { Program } from "../vm/program.ts";
import { MachineTrap } from "../vm/trap.ts";
import { accessesOf } from "../trace/accesses.ts";
import type { Execution } from "../trace/execution.ts";
import { fillInstructions, type InstructionTrace } from "../trace/instruction-trace.ts";
import { instructionTraces } from "./instruction-traces.ts";
import { Lookups } from "../trace/lookups.ts";
import { Recorder } from "../trace/recorder.ts";
import { Rows } from "../trace/rows.ts";
import type { Parameters, Table, TracedRun } from "../trace/trace.ts";

/** As many instruction rows as a proof has room for (docs/zero/protocol.md §10). */
export const mostSteps = 15 * 2 ** mostHeight;

export type TraceOptions = Pick<RunOptions, "input" | "privateInput" | "steps">;

/**
 * Runs a program on the reference executor and writes the trace of the run.
 *
 * @throws MachineTrap for a run that cannot be proven; RangeError for too long an input, or a run with too many rows for a table
 */
export function traceProgram(program: Program, options: TraceOptions = {}): TracedRun {
  const steps = Math.min(options.steps ?? mostSteps, mostSteps);
  const machine: Machine = new Machine(program, {
    ...options,
    steps,
    observe: (pc, fp) => recorder.observe(pc, fp),
  });
  const recorder = new Recorder(program, machine);
  try {
    machine.run();
  } catch (error) {
    if (error instanceof MachineTrap) error.log = machine.log();
    throw error;
  }
  recorder.finish();
  const parameters = parametersOf(program);
  return {
    trace: tablesOf(recorder, parameters),
    parameters,
    journal: machine.journal(),
    log: machine.log(),
    instructions: machine.instructions,
  };
}

/** The constants of a program that its identity binds and the chips' expressions name. */
export function parametersOf(program: Program): Parameters {
  return {
    imageFirst: BigInt(program.image.first),
    imageEnd: BigInt(program.image.first + 2 ** imageHeight(program)),
    firstPages: BigInt(program.pages.first),
    mostPages: BigInt(program.pages.most),
  };
}

function tablesOf(recorder: Recorder, parameters: Parameters): Table[] {
  const { execution } = recorder;
  const { program } = execution;
  const lookups = new Lookups(program.code.op.length);
  const filled = new Map<string, Table>();
  // Before the instructions, which say for each growth how many words it made.
  filled.set("boundary", boundaryTable(recorder, lookups, parameters));
  filled.set("io", ioTable(recorder, lookups));
  const steps = stepsByChip(execution);
  for (const each of instructionTraces) {
    const own = steps.get(each)!;
    requireRows(each.chip, own.length);
    filled.set(each.chip.name, fillInstructions(each, own, execution, lookups));
  }
  const image = imageRows(program);
  fillImage(image, program, recorder.memory);
  filled.set("image", image.table());
  const code = programRows(program);
  code.narrow("count").set(lookups.instructions);
  filled.set("program", code.table());
  const counts = {
    range: lookups.ranges,
    bytes: lookups.bytePairs,
    powers: lookups.exponents,
    popcount: lookups.ones,
  };
  for (const [name, values] of Object.entries(counts)) {
    const chip = chips.find((each) => each.name === name);
    if (chip !== undefined) filled.set(name, countTable(chip, values));
  }
  return chips.map(({ name }) => filled.get(name)!);
}

/** @throws RangeError for more instructions than a table has rows */
export function requireRows({ name }: Chip, instructions: number): void {
  if (instructions <= 2 ** mostHeight) return;
  throw new RangeError(
    `it has ${instructions} instructions of the chip ${name}, and at most ${2 ** mostHeight} are taken`,
  );
}

/** A table of nothing but what is looked up how often. */
function countTable(chip: Chip, counts: Uint32Array): Table {
  const rows = new Rows(chip, Math.log2(counts.length));
  rows.narrow("count").set(counts);
  return rows.table();
}

/** The instructions of a run that each chip proves, by their numbers. */
function stepsByChip({ program, steps, pc, accessed }: Execution): Map<InstructionTrace, Uint32Array> {
  const owner = new Uint8Array(steps);
  const counts = instructionTraces.map(() => 0);
  // By opcode, and whether the instruction touches two words of linear memory.
  const owners = accessesOf.map((_, opcode) => [ownerOf(opcode, false), ownerOf(opcode, true)]);
  for (let step = 0; step < steps; step++) {
    const opcode = program.code.op[pc[step]!]! & ~immediate;
    const { other, writesOther } = accessesOf[opcode]!;
    const second = 1 << (writesOther ? 3 : 1);
    const crosses = other === "memory" && (accessed[step]! & second) !== 0;
    const found = owners[opcode]![crosses ? 1 : 0]!;
    if (found < 0) throw new Error(`no chip proves the instruction ${mnemonicOf(opcode)}`);
    owner[step] = found;
    counts[found]!++;
  }
  const lists = counts.map((count) => new Uint32Array(count));
  counts.fill(0);
  owner.forEach((each, step) => (lists[each]![counts[each]!++] = step));
  return new Map(instructionTraces.map((each, i) => [each, lists[i]!]));
}

/** Index of the chip of an opcode, -1 if there is none. @param crosses whether it touches two words of linear memory */
export function ownerOf(opcode: number, crosses: boolean): number {
  const mnemonic = mnemonicOf(opcode);
  return instructionTraces.findIndex(
    ({ mnemonics, crossing = false }) =>
      mnemonics.includes(mnemonic) && (accessesOf[opcode]!.other !== "memory" || crossing === crosses),
  );
}
