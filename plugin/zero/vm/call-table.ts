/**
 * Calls through tables, without an instruction of their own. For every table and function type that is called there is one piece of
 * code that leads from an index to the functions of that type, and all other indices to traps. A call through the table writes
 * the index into the callee's frame and calls that code.
 *
 * In a small table that is one jump table over all entries. In a larger one n functions of t types would make n·t instructions so;
 * there it is a search among runs of entries of the type, with a jump table for each run, of some n + t instructions together.
 *
 * This needs tables that never change. They do not, as long as the translator takes no instruction that changes one.
 */
import { WasmError } from "../../wasm/error.ts";
import { InstructionReader } from "../../wasm/instruction-reader.ts";
import { op } from "../../wasm/instructions.ts";
import type { FunctionType } from "../../wasm/module.ts";
import type { ValidModule } from "../../wasm/validate.ts";
import { cell, newLabel, value, type CodeBuffer, type Label } from "./code-buffer.ts";
import { constantOf } from "./constant-expression.ts";
import type { Callee, Dispatch } from "./translate-function.ts";
import { trapKinds } from "./trap.ts";

/** Entries up to which every type has a jump table over all of them. */
const smallTable = 256;
/** Entries of other types that a jump table takes along rather than ending a run. */
const widestGap = 8;

const signatures = new WeakMap<FunctionType, string>();

/** Two types are the same when they look the same. */
export function signature(type: FunctionType): string {
  let known = signatures.get(type);
  if (known === undefined) signatures.set(type, (known = `${type.params.join()}>${type.results.join()}`));
  return known;
}

/** A table as instantiation leaves it. */
export interface FunctionTable {
  /** Function indices; undefined where an entry is null. */
  readonly entries: readonly (number | undefined)[];
  /** By signature: where the functions of that type are, upwards. */
  readonly places: ReadonlyMap<string, readonly number[]>;
  /** First and last entry of every run of null entries. */
  readonly nulls: readonly (readonly [number, number])[];
}

/** Lays the active element segments out. @throws WasmError when one lies outside of its table, as instantiation would trap */
export function functionTables({ module, context }: ValidModule): FunctionTable[] {
  const tables = context.tables.map(({ limits }) =>
    new Array<number | undefined>(limits.min).fill(undefined),
  );
  for (const { mode, items } of module.elements) {
    if (mode.kind !== "active") continue;
    const start = Number(constantOf(mode.offset));
    const indices =
      items.kind === "functions"
        ? items.indices
        : items.expressions.map((expression) => {
            const walk = new InstructionReader(expression);
            return walk.next().opcode === op.refFunc ? walk.first : undefined;
          });
    const table = tables[mode.index]!;
    if (start + indices.length > table.length) {
      throw new WasmError(
        "invalid",
        `an element segment of ${indices.length} entries at ${start} leaves its table of ${table.length}, so the program traps at once`,
        mode.offset.offset,
      );
    }
    indices.forEach((index, i) => (table[start + i] = index));
  }
  return tables.map((entries) => {
    const places = new Map<string, number[]>();
    const nulls: [number, number][] = [];
    entries.forEach((index, at) => {
      if (index === undefined) {
        const last = nulls.at(-1);
        if (last?.[1] === at - 1) last[1] = at;
        else nulls.push([at, at]);
        return;
      }
      const type = signature(context.functions[index]!);
      const known = places.get(type);
      if (known === undefined) places.set(type, [at]);
      else known.push(at);
    });
    return { entries, places, nulls };
  });
}

/** An entry of the table with a function of the wanted type. */
export interface TypedEntry {
  readonly at: number;
  readonly callee: Callee;
}

/** Entries from `first` to `last`, most of them of one type. */
interface Run {
  readonly first: number;
  last: number;
  readonly labels: Map<number, Label>;
}

/** The code behind a table for one type. */
export class CallTable {
  readonly dispatch: Dispatch;
  readonly #table: FunctionTable;
  readonly #targets: readonly { readonly at: number; readonly label: Label }[];
  /** Instructions that stand in the table as functions. */
  readonly #stubs: { readonly label: Label; readonly callee: Callee }[] = [];

  constructor(type: FunctionType, table: FunctionTable, typed: readonly TypedEntry[]) {
    const linkage = Math.max(type.params.length, type.results.length);
    // The cell behind the index is where a search counts from the first entry of a run.
    let cells = linkage + (table.entries.length > smallTable ? 4 : 3);
    this.#table = table;
    this.#targets = typed.map(({ at, callee }) => {
      if (callee.kind === "code") {
        cells = Math.max(cells, callee.layout.cells);
        return { at, label: callee.entry };
      }
      const label = newLabel();
      this.#stubs.push({ label, callee });
      return { at, label };
    });
    this.dispatch = { entry: newLabel(), linkage, cells };
  }

  /** @param missed gives the label of the table's misses for a linkage, to be written once by `writeMiss` */
  write(out: CodeBuffer, missed: (linkage: number) => Label): void {
    out.bind(this.dispatch.entry);
    if (this.#table.entries.length <= smallTable) this.#writeWhole(out);
    else this.#search(out, this.#runs(), missed(this.dispatch.linkage));
    for (const { label, callee } of this.#stubs) {
      out.bind(label);
      // The only function that a program can import and that is an instruction: proc_exit, with the code in the first cell.
      if (callee.kind !== "intrinsic" || callee.mnemonic !== "exit") throw new Error("no function to call");
      out.emit("exit", { b: cell(0) });
      out.fence();
    }
  }

  /** One jump table over all entries, with its own traps. */
  #writeWhole(out: CodeBuffer): void {
    const { linkage } = this.dispatch;
    const { entries, nulls } = this.#table;
    const traps = { null: newLabel(), other: newLabel(), beyond: newLabel() };
    const targets = entries.map(() => traps.other);
    for (const [first, last] of nulls) targets.fill(traps.null, first, last + 1);
    for (const { at, label } of this.#targets) targets[at] = label;
    jumpTable(out, linkage + 2, [...targets, traps.beyond]);
    writeTrap(out, linkage, traps.null, "uninitialized element");
    writeTrap(out, linkage, traps.other, "indirect call type mismatch");
    writeTrap(out, linkage, traps.beyond, "undefined element");
  }

  /** Runs of entries of the type, with gaps that are cheaper to fill than to search around. */
  #runs(): Run[] {
    const runs: Run[] = [];
    for (const { at, label } of this.#targets) {
      const last = runs.at(-1);
      if (last === undefined || at - last.last > widestGap + 1) {
        runs.push({ first: at, last: at, labels: new Map([[at, label]]) });
      } else {
        last.last = at;
        last.labels.set(at, label);
      }
    }
    return runs;
  }

  /** A binary search for the run that an index is in. */
  #search(out: CodeBuffer, runs: readonly Run[], miss: Label): void {
    const { linkage } = this.dispatch;
    const [index, count] = [linkage + 2, linkage + 3];
    if (runs.length > 1) {
      const half = runs.length >>> 1;
      const lower = newLabel();
      out.jump("bltu", lower, { a: index, b: value(BigInt(runs[half]!.first)) });
      this.#search(out, runs.slice(half), miss);
      out.bind(lower);
      this.#search(out, runs.slice(0, half), miss);
      return;
    }
    const [run] = runs;
    if (run === undefined || run.first === run.last) {
      if (run !== undefined) {
        out.jump("beq", run.labels.get(run.first)!, { a: index, b: value(BigInt(run.first)) });
      }
      out.jump("jmp", miss);
      out.fence();
      return;
    }
    // An index below the run becomes one far above it.
    out.emit("add32", { d: count, a: index, b: value(BigInt.asUintN(32, BigInt(-run.first))) });
    const targets = Array.from({ length: run.last - run.first + 1 }, (_, i) => run.labels.get(run.first + i));
    jumpTable(out, count, [...targets.map((label) => label ?? miss), miss]);
  }
}

/** Tells by an index that met no function of its type what is wrong with it. */
export function writeMiss(
  out: CodeBuffer,
  label: Label,
  { entries, nulls }: FunctionTable,
  linkage: number,
): void {
  const index = linkage + 2;
  const traps = { null: newLabel(), other: newLabel(), beyond: newLabel() };
  out.bind(label);
  out.jump("bgeu", traps.beyond, { a: index, b: value(BigInt(entries.length)) });
  for (const [first, last] of nulls) {
    out.jump("bltu", traps.other, { a: index, b: value(BigInt(first)) });
    out.jump("bltu", traps.null, { a: index, b: value(BigInt(last + 1)) });
  }
  writeTrap(out, linkage, traps.other, "indirect call type mismatch");
  writeTrap(out, linkage, traps.null, "uninitialized element");
  writeTrap(out, linkage, traps.beyond, "undefined element");
}

/** Jumps by the value of cell `a` into a run of jumps, to the last of them for every value beyond. */
function jumpTable(out: CodeBuffer, a: number, targets: readonly Label[]): void {
  out.emit("jt", { a, b: value(BigInt(targets.length - 1)), c: out.length + 1 });
  out.fence();
  for (const target of targets) {
    out.jump("jmp", target);
    out.fence();
  }
}

function writeTrap(out: CodeBuffer, linkage: number, label: Label, kind: (typeof trapKinds)[number]): void {
  out.bind(label);
  out.emit("trap", { a: linkage, c: trapKinds.indexOf(kind) });
}
