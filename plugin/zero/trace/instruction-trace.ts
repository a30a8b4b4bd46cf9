/** How instruction chips fill their rows from a run. The columns that all have are filled here, from the chip's own description. */
import type { Chip } from "../air/chip.ts";
import type { Variant } from "../air/instruction-row.ts";
import { immediate, opcodes, type Mnemonic } from "../vm/instruction.ts";
import { slots, timeOf, type Execution } from "./execution.ts";
import type { Lookups } from "./lookups.ts";
import { Rows } from "./rows.ts";
import type { Table } from "./trace.ts";

/**
 * An access of an instruction. Columns `name time` and `name low` are filled, and the column of the value after it, `value`
 * or else `name`, and before it, `before` or else `name before`, as far as the chip has them.
 */
export interface Access {
  readonly name: string;
  readonly value?: string;
  readonly before?: string;
}

export type Accesses = readonly (Access | undefined)[];

/** Fills what the chip has beyond the common columns, in row `row`, for instruction `step` of the run. */
export type FillRow = (row: number, opcode: number, step: number) => void;

export interface InstructionTrace {
  readonly chip: Chip;
  /** All that the chip proves. */
  readonly mnemonics: readonly Mnemonic[];
  /** The chip proves the loads and stores that touch two words; else, those that touch one. */
  readonly crossing?: boolean;
  /** Those of the chip. */
  readonly variants?: readonly Variant[];
  /**
   * By slot: the access at `ts + slot`; nothing is filled where an instruction has none. 0: operand a. 1: operand b. 2: another
   * cell: c of select, a word of linear memory, a global, a word of a stream, the number of pages. 3: the result. A crossing load
   * reads its words at 1 and 2, a crossing store has them at 2 and 3; call and ret have pc and fp at 2 and 3.
   */
  readonly accesses: Accesses | ((mnemonic: Mnemonic) => Accesses);
  /** Called once for a table. Common columns of a row are filled before the row's own. */
  readonly prepare: (rows: Rows, lookups: Lookups, execution: Execution) => FillRow;
}

/** Fills a table with the instructions of a run that are listed. @param steps their numbers in the run */
export function fillInstructions(
  { chip, mnemonics, variants = [], accesses, prepare }: InstructionTrace,
  steps: Uint32Array,
  execution: Execution,
  lookups: Lookups,
): Table {
  const rows = new Rows(chip, heightFor(steps.length));
  const { code } = execution.program;
  const [pcs, fps, times] = [rows.narrow("pc"), rows.wide("fp"), rows.narrow("ts")];
  const flags = new Map(
    mnemonics.map((name) => [
      opcodes[name],
      flagsOf(rows, name, variants).map((column) => rows.narrow(column)),
    ]),
  );
  const imm = rows.has("imm") ? rows.narrow("imm") : undefined;
  const fields = (["d", "a", "c"] as const)
    .filter((name) => rows.has(name))
    .map((name) => ({ to: rows.narrow(name), from: code[name] }));
  const b = rows.has("b") ? rows.wide("b") : undefined;
  const B = rows.has("B") ? rows.wide("B") : undefined;
  const columns = new Map(
    mnemonics.map((name) => [
      opcodes[name],
      (typeof accesses === "function" ? accesses(name) : accesses).flatMap((access, slot) =>
        access === undefined ? [] : [accessColumns(rows, access, slot)],
      ),
    ]),
  );
  const fillRow = prepare(rows, lookups, execution);

  steps.forEach((step, row) => {
    const pc = execution.pc[step]!;
    const opcode = code.op[pc]! & ~immediate;
    pcs[row] = pc;
    fps[row] = BigInt(execution.fp[step]!);
    times[row] = timeOf(step);
    for (const flag of flags.get(opcode)!) flag[row] = 1;
    lookups.instructions[pc]!++;
    for (const { to, from } of fields) to[row] = from[pc]!;
    if (b !== undefined) b[row] = code.b[pc]!;
    if ((code.op[pc]! & immediate) !== 0) {
      imm![row] = 1;
      if (B !== undefined) B[row] = code.b[pc]!;
    }
    const accessed = execution.accessed[step]!;
    for (const { slot, value, before, time, low } of columns.get(opcode)!) {
      if ((accessed & (1 << slot)) === 0) continue;
      const index = step * slots + slot;
      if (before !== undefined) before[row] = execution.before[index]!;
      if (value !== undefined) value[row] = execution.after[index]!;
      const earlier = execution.time[index]!;
      const passed = timeOf(step) + slot - 1 - earlier;
      time[row] = earlier;
      low[row] = passed & 0xffff;
      lookups.range(passed & 0xffff);
      lookups.range(passed >>> 16);
    }
    fillRow(row, opcode, step);
  });
  return rows.table();
}

/** The columns that are 1 for an opcode: its flag, or another's and a variant. */
function flagsOf(rows: Rows, name: Mnemonic, variants: readonly Variant[]): string[] {
  if (rows.has(`is ${name}`)) return [`is ${name}`];
  for (const { name: variant, weight, of } of variants) {
    const base = of.find((each) => opcodes[each] + weight === opcodes[name]);
    if (base !== undefined) return [`is ${base}`, variant];
  }
  throw new Error(`the chip ${rows.chip.name} does not have ${name}`);
}

/** log₂ of the smallest table with room for `count` rows. */
export const heightFor = (count: number): number => Math.ceil(Math.log2(Math.max(1, count)));

function accessColumns(rows: Rows, { name, value = name, before = `${name} before` }: Access, slot: number) {
  return {
    slot,
    value: rows.has(value) ? rows.wide(value) : undefined,
    before: rows.has(before) ? rows.wide(before) : undefined,
    time: rows.narrow(`${name} time`),
    low: rows.narrow(`${name} low`),
  };
}

/** Fills `name 0`, `name 1`, … of a row with 16-bit limbs, and looks each of them up. Call it where they are looked up. */
export function limbFiller(
  rows: Rows,
  lookups: Lookups,
  name: string,
  count = 4,
): (row: number, value: bigint) => void {
  const columns = Array.from({ length: count }, (_, i) => rows.narrow(`${name} ${i}`));
  return (row, value) => {
    split[0] = value;
    if (count > 4) split[1] = value >> 64n;
    for (let i = 0; i < count; i++) {
      columns[i]![row] = limbs[i]!;
      lookups.range(limbs[i]!);
    }
  };
}
const split = new BigUint64Array(2);
const limbs = new Uint16Array(split.buffer);

/** Fills `name sign` and `name flipped …`, the columns of `signColumns`; returns the number that compares like the signed one. */
export function signFiller(
  rows: Rows,
  lookups: Lookups,
  name: string,
): (row: number, value: bigint, width: 32 | 64) => bigint {
  const signs = rows.narrow(`${name} sign`);
  const flippedLimbs = limbFiller(rows, lookups, `${name} flipped`);
  return (row, value, width) => {
    const half = width === 64 ? 1n << 63n : 1n << 31n;
    signs[row] = value >= half ? 1 : 0;
    const flipped = value ^ half;
    flippedLimbs(row, flipped);
    return flipped;
  };
}
