/** How large the trace of a run becomes at least, from running it once without recording anything. */
import type { Chip } from "../air/chip.ts";
import { imageHeight } from "../chips/image/trace.ts";
import { chips } from "../chips/index.ts";
import { Machine, type RunResult } from "../vm/executor.ts";
import { immediate } from "../vm/instruction.ts";
import type { Program } from "../vm/program.ts";
import { MachineTrap } from "../vm/trap.ts";
import { accessesOf } from "../trace/accesses.ts";
import { heightFor } from "../trace/instruction-trace.ts";
import { instructionTraces } from "./instruction-traces.ts";
import { mostSteps, ownerOf, requireRows, type TraceOptions } from "./trace-program.ts";

export interface RunSize extends RunResult {
  /** log₂ of the rows by chip; 0 for the boundary chip, whose rows depend on which cells are touched. */
  readonly heights: readonly number[];
}

/**
 * Runs a program, a few times slower than the executor alone, and in no more memory.
 *
 * @throws MachineTrap for a run that cannot be proven, RangeError for too long an input, or a run with too many rows for a table
 */
export function runSize(program: Program, options: TraceOptions = {}): RunSize {
  const { code } = program;
  const kinds = Array.from(code.op, (op) => accessesOf[op & ~immediate]);
  const [once, crossing] = [new Uint32Array(kinds.length), new Uint32Array(kinds.length)];
  const machine: Machine = new Machine(program, {
    ...options,
    steps: Math.min(options.steps ?? mostSteps, mostSteps),
    observe: (pc, fp) => {
      const kind = kinds[pc];
      if (
        kind?.other === "memory" &&
        ((frames[2 * (fp + code.a[pc]!)]! + code.c[pc]!) & 7) + kind.bytes > 8
      ) {
        crossing[pc]!++;
      } else {
        once[pc]!++;
      }
    },
  });
  const { frames } = machine.cells();
  try {
    machine.run();
  } catch (error) {
    if (error instanceof MachineTrap) error.log = machine.log();
    throw error;
  }
  const rows = instructionTraces.map(() => 0);
  code.op.forEach((op, pc) => {
    for (const [counts, crosses] of [
      [once, false],
      [crossing, true],
    ] as const) {
      if (counts[pc]! > 0) rows[ownerOf(op & ~immediate, crosses)]! += counts[pc]!;
    }
  });
  const streams = [options.input, options.privateInput, machine.journal()];
  const heights = chips.map((chip) => {
    const index = instructionTraces.findIndex((each) => each.chip === chip);
    if (index < 0) return otherHeight(chip, program, streams);
    requireRows(chip, rows[index]!);
    return heightFor(rows[index]!);
  });
  return { journal: machine.journal(), log: machine.log(), instructions: machine.instructions, heights };
}

function otherHeight(
  { name, height }: Chip,
  program: Program,
  streams: readonly (Uint8Array | undefined)[],
): number {
  if (typeof height === "number") return height;
  if (height === "program") return heightFor(program.code.op.length);
  if (height === "image") return imageHeight(program);
  // The first word is a stream's length.
  const words = streams.map((bytes) => 1 + Math.ceil((bytes?.length ?? 0) / 8));
  return name === "io" ? heightFor(Math.max(...words)) : 0;
}
