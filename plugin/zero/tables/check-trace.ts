/**
 * The reference evaluator: whether a trace is what the chips' descriptions ask for (docs/zero/protocol.md §3, §5). Plain and
 * exact; it says what is wrong and where. The judge of tests, and what to ask when a prover's proof is refused.
 */
import { residue } from "../field/scalar-field.ts";
import { buses, type Bus } from "../air/bus.ts";
import { mostHeight, type Chip } from "../air/chip.ts";
import { chips as allChips } from "../chips/index.ts";
import { evaluator, type Expression, type Leaves, type Ring, type VirtualColumn } from "../air/expression.ts";
import { firstTime } from "../trace/execution.ts";
import type { Parameters, Table, Trace } from "../trace/trace.ts";

export interface CheckOptions {
  /** The chips that the trace's tables belong to. */
  readonly chips?: readonly Chip[];
  /** Buses that must cancel; all of them unless a test looks at a part of the machine. */
  readonly buses?: readonly Bus[];
  /** Tokens that are there besides the tables', with their multiplicities; by default the start of the state bus. */
  readonly tokens?: readonly Token[];
}

export interface Token {
  readonly bus: Bus;
  readonly multiplicity: bigint;
  readonly tuple: readonly bigint[];
}

/** What the verifier puts on the state bus itself: (pc, fp, ts) at the start. */
export const startToken: Token = { bus: "state", multiplicity: 1n, tuple: [0n, 0n, BigInt(firstTime)] };

/** How many defects are reported. */
const mostReported = 20;
/** Rows that are evaluated at once. */
const blockRows = 1024;

/** @returns what is wrong, one sentence each, at most some twenty; nothing when the trace is valid */
export function defectsOf(trace: Trace, parameters: Parameters, options: CheckOptions = {}): string[] {
  const { chips = allChips, buses: wanted = Object.keys(buses) as Bus[], tokens = [startToken] } = options;
  if (trace.length !== chips.length) {
    return [`the trace has ${trace.length} tables, but there are ${chips.length} chips`];
  }
  const defects = chips.flatMap((chip, i) => shapeDefects(chip, trace[i]!, parameters));
  if (defects.length > 0) return defects.slice(0, mostReported);

  const balance = new Map<string, bigint>();
  const add = (key: string, multiplicity: bigint): void => {
    const sum = residue((balance.get(key) ?? 0n) + multiplicity);
    if (sum === 0n) balance.delete(key);
    else balance.set(key, sum);
  };
  for (const { bus, multiplicity, tuple } of tokens) add(keyOf(bus, tuple), multiplicity);
  chips.forEach((chip, i) => {
    forEachBlock(chip, trace[i]!, parameters, (block) => {
      for (const { name, expression } of chip.constraints) {
        const values = block.evaluate(expression);
        block.rows.forEach((row, j) => {
          const value = residue(at(values, j));
          if (value !== 0n && defects.length < mostReported) {
            defects.push(`${chip.name}, row ${row}: "${name}" is off by ${signed(value)}`);
          }
        });
      }
      forEachToken(chip, wanted, block, (key, multiplicity) => add(key, multiplicity));
    });
  });
  return [...defects, ...leftOver(trace, parameters, chips, wanted, balance, mostReported - defects.length)];
}

/** @throws Error saying what is wrong with a trace */
export function checkTrace(trace: Trace, parameters: Parameters, options: CheckOptions = {}): void {
  const defects = defectsOf(trace, parameters, options);
  if (defects.length > 0) throw new Error(`the trace is not valid:\n${defects.join("\n")}`);
}

function shapeDefects(chip: Chip, table: Table, parameters: Parameters): string[] {
  const { name, columns } = chip;
  if (!Number.isInteger(table.height) || table.height < 0 || table.height > mostHeight) {
    return [`${name}: a height of ${table.height} is not in 0 … ${mostHeight}`];
  }
  if (typeof chip.height === "number" && table.height !== chip.height) {
    return [`${name}: the height is ${table.height}, but always ${chip.height}`];
  }
  if (
    chip.height === "image" &&
    parameters.imageFirst + (1n << BigInt(table.height)) !== parameters.imageEnd
  ) {
    return [`${name}: a height of ${table.height} does not cover the words up to ${parameters.imageEnd}`];
  }
  if (table.columns.length !== columns.length) {
    return [`${name}: the table has ${table.columns.length} columns, not ${columns.length}`];
  }
  return table.columns.flatMap((column, i) =>
    column.length === 2 ** table.height
      ? []
      : [`${name}: column ${columns[i]!.name} has ${column.length} entries, not ${2 ** table.height}`],
  );
}

/** A value for each row of a block, or the same for all. */
type Values = bigint | readonly bigint[];
const at = (values: Values, i: number): bigint => (typeof values === "bigint" ? values : values[i]!);

interface Block {
  /** Numbers of the rows that are evaluated. */
  readonly rows: readonly number[];
  readonly evaluate: ReturnType<typeof evaluator<Values>>;
}

/** Calls `visit` for all rows but repeated rows of zeros, which are all alike where no virtual column is. */
function forEachBlock(chip: Chip, table: Table, parameters: Parameters, visit: (block: Block) => void): void {
  const rows = usesVirtual(chip) ? undefined : distinctRows(table);
  const count = rows?.length ?? 2 ** table.height;
  for (let from = 0; from < count; from += blockRows) {
    const length = Math.min(blockRows, count - from);
    const numbers = Array.from({ length }, (_, i) => rows?.[from + i] ?? from + i);
    const leaves: Leaves<Values> = {
      column: (index) => numbers.map((row) => BigInt(table.columns[index]![row]!)),
      virtual: (name) => numbers.map((row) => virtualValue(name, row)),
      parameter: (name) => parameters[name],
    };
    visit({ rows: numbers, evaluate: evaluator(ring(length), leaves) });
  }
}

function usesVirtual({ constraints, interactions }: Chip): boolean {
  const isVirtual = ({ node }: Expression): boolean => {
    if (node.kind === "sum") return node.terms.some(isVirtual);
    if (node.kind === "scaled") return isVirtual(node.term);
    if (node.kind === "product") return node.factors.some(isVirtual);
    return node.kind === "virtual";
  };
  return (
    constraints.some(({ expression }) => isVirtual(expression)) ||
    interactions.some(({ multiplicity, tuple }) => [multiplicity, ...tuple].some(isVirtual))
  );
}

/** Rows that are not zero, and the first that is. */
function distinctRows({ columns, height }: Table): number[] {
  const used = new Uint8Array(2 ** height);
  for (const column of columns) {
    for (let row = 0; row < column.length; row++) if (column[row]) used[row] = 1;
  }
  const rows: number[] = [];
  let zeros = 0;
  used.forEach((each, row) => {
    if (each === 1 || zeros++ === 0) rows.push(row);
  });
  return rows;
}

/** Integers; nothing is reduced, because no expression gets long. */
function ring(length: number): Ring<Values> {
  return {
    constant: (value) => value,
    sum: (terms) => {
      if (terms.every((term) => typeof term === "bigint")) return terms.reduce((sum, term) => sum + term, 0n);
      const sums = new Array<bigint>(length).fill(0n);
      for (const term of terms) {
        if (typeof term === "bigint") {
          if (term !== 0n) for (let i = 0; i < length; i++) sums[i]! += term;
        } else for (let i = 0; i < length; i++) sums[i]! += term[i]!;
      }
      return sums;
    },
    scale: (a, factor) => (typeof a === "bigint" ? a * factor : a.map((each) => each * factor)),
    mul: (a, b) => {
      if (typeof a === "bigint") return typeof b === "bigint" ? a * b : b.map((each) => each * a);
      return a.map((each, i) => (each === 0n ? 0n : each * at(b, i)));
    },
  };
}

/** A virtual column in a row. */
export function virtualValue(name: VirtualColumn, row: number): bigint {
  const [low, high] = [row & 255, (row >> 8) & 255];
  switch (name) {
    case "row":
      return BigInt(row);
    case "first":
      return row === 0 ? 1n : 0n;
    case "lowByte":
      return BigInt(low);
    case "highByte":
      return BigInt(high);
    case "byteAnd":
      return BigInt(low & high);
    case "power":
      return 1n << BigInt(row);
    case "ones":
      return BigInt([...row.toString(2)].filter((bit) => bit === "1").length);
  }
}

const keyOf = (bus: Bus, tuple: readonly bigint[]): string => `${bus} (${tuple.join(", ")})`;

/** Calls `visit` for each token of a block whose multiplicity is not 0. */
function forEachToken(
  chip: Chip,
  wanted: readonly Bus[],
  block: Block,
  visit: (key: string, multiplicity: bigint, row: number) => void,
): void {
  for (const { bus, multiplicity, tuple } of chip.interactions) {
    if (!wanted.includes(bus)) continue;
    const counts = block.evaluate(multiplicity);
    const values = tuple.map((each) => block.evaluate(each));
    block.rows.forEach((row, j) => {
      const count = at(counts, j);
      if (count === 0n) return;
      visit(
        keyOf(
          bus,
          values.map((each) => residue(at(each, j))),
        ),
        count,
        row,
      );
    });
  }
}

const half = residue(-1n) / 2n;
/** Small negative numbers as such. */
const signed = (value: bigint): bigint => (value > half ? value - residue(-1n) - 1n : value);

/** Sentences about the tokens that do not cancel, with the rows that have them. */
function leftOver(
  trace: Trace,
  parameters: Parameters,
  chips: readonly Chip[],
  wanted: readonly Bus[],
  balance: ReadonlyMap<string, bigint>,
  count: number,
): string[] {
  const places = new Map(
    [...balance.keys()].slice(0, Math.max(0, count)).map((key) => [key, [] as string[]]),
  );
  if (places.size === 0) return balance.size === 0 ? [] : [`${balance.size} tokens are left over`];
  chips.forEach((chip, i) => {
    forEachBlock(chip, trace[i]!, parameters, (block) =>
      forEachToken(chip, wanted, block, (key, multiplicity, row) => {
        const known = places.get(key);
        if (known !== undefined && known.length < 6) {
          known.push(`${chip.name} row ${row} (${multiplicity > 0n ? "+" : ""}${multiplicity})`);
        }
      }),
    );
  });
  return [...places].map(([key, at]) => {
    const sum = signed(balance.get(key)!);
    const said = sum > 0n ? `put ${sum} times too often` : `taken ${-sum} times too often`;
    return `${key} is ${said}: ${at.join(", ")}`;
  });
}
