/** Rows of instruction chips, read back: which instruction, what went in, what came out. */
import type { Chip } from "../../../../plugin/zero/air/chip.ts";
import { immediate, mnemonicOf, type Mnemonic } from "../../../../plugin/zero/vm/instruction.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { traceProgram } from "../../../../plugin/zero/tables/trace-program.ts";
import type { Parameters, Table, Trace } from "../../../../plugin/zero/trace/trace.ts";
import { rowsOf, tokensOf, type Row } from "./row-defects.ts";
import { tableOf } from "./table-of.ts";

export interface Reading {
  readonly name: Mnemonic;
  readonly isValue: boolean;
  readonly A: bigint;
  /** 0 where there is none. */
  readonly B: bigint;
  /** 0 where there is none. */
  readonly D: bigint;
  /** Offset of an access to memory, 0 elsewhere. */
  readonly c: bigint;
}

export function readingOf(chip: Chip, row: Row): Reading {
  const tokens = tokensOf(chip, row);
  const [, opcode, , , b, c] = tokens.find(({ bus }) => bus === "program")!.tuple;
  const isValue = opcode! >= immediate;
  const put = (slot: bigint): bigint | undefined =>
    tokens.find(
      ({ bus, multiplicity, tuple }) =>
        bus === "memory" && multiplicity > 0n && tuple[2] === row["ts"]! + slot,
    )?.tuple[1];
  return {
    name: mnemonicOf(Number(opcode)),
    isValue,
    A: put(0n)!,
    B: isValue ? b! : (put(1n) ?? 0n),
    D: put(3n) ?? 0n,
    c: c!,
  };
}

export interface TracedChip {
  readonly trace: Trace;
  readonly parameters: Parameters;
  readonly table: Table;
  readonly rows: readonly Row[];
  /** The first row of an instruction with these operands. */
  readonly find: (name: Mnemonic, A: bigint, B?: bigint) => Row;
  readonly mnemonics: ReadonlySet<Mnemonic>;
}

/** The rows of a chip in the trace of a program. */
export function tracedChip(chip: Chip, program: Program): TracedChip {
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, chip);
  const rows = rowsOf(chip, table);
  const readings = rows.map((row) => readingOf(chip, row));
  const find = (name: Mnemonic, A: bigint, B = 0n): Row => {
    const index = readings.findIndex((each) => each.name === name && each.A === A && each.B === B);
    if (index < 0) throw new Error(`the program has no ${name} ${A}, ${B}`);
    return rows[index]!;
  };
  return { trace, parameters, table, rows, find, mnemonics: new Set(readings.map(({ name }) => name)) };
}
