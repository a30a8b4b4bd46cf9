/**
 * Translates WebAssembly modules to programs of NVM: links a module with the WASI routines it imports, and translates what can be
 * reached by direct calls. Deterministic: the program depends on the module's bytes alone.
 */
import { WasmError } from "../../wasm/error.ts";
import { importsOf, type Export, type FunctionType } from "../../wasm/module.ts";
import type { ValidModule } from "../../wasm/validate.ts";
import { wasiModule, wasiTypes } from "../../wasm/wasi.ts";
import { CallTable, functionTables, signature, writeMiss, type FunctionTable } from "./call-table.ts";
import { CodeBuffer, newLabel, value, type Label } from "./code-buffer.ts";
import { constantOf } from "./constant-expression.ts";
import { frameLayout, type FrameLayout } from "./frame-layout.ts";
import type { Mnemonic } from "./instruction.ts";
import { memoryImage } from "./memory-image.ts";
import { routineFunction, type EntryPoint, type MemoryImage, type Program } from "./program.ts";
import { translateFunction, type Callee, type Dispatch, type FunctionContext } from "./translate-function.ts";
import { intrinsics, routines } from "./routines.ts";

/** The most pages that linear memory grows to, whatever the module allows. */
const mostPages = 1_024;

/**
 * Translates a validated module.
 *
 * @param roots `command`: the program runs `_start` and ends. Names: for tests and tools, these exported functions can be called
 *   by themselves, and the program only sets the module up.
 * @throws WasmError `unsupported` naming what NVM does not have, with function index and offset; `invalid`, `limit`
 */
export function translate(valid: ValidModule, roots: "command" | readonly string[] = "command"): Program {
  return new Linker(valid).link(roots);
}

/** A module being translated, with where its globals are among the machine's. */
interface Unit {
  readonly valid: ValidModule;
  readonly firstGlobal: number;
  readonly imported: number;
  /** By function index: made on first use, which also queues the function. */
  readonly callees: Map<number, Callee>;
  readonly isRoutines: boolean;
}

class Linker {
  readonly #out = new CodeBuffer();
  readonly #program: Unit;
  #routines: Unit | undefined;
  readonly #queue: { unit: Unit; index: number; entry: Label }[] = [];
  readonly #tables: readonly FunctionTable[];
  readonly #image: MemoryImage;
  /** For every table, by signature. */
  readonly #callTables: readonly Map<string, CallTable>[];

  /** Does what instantiation does before any code runs, so that a module that traps there is refused whatever its code. */
  constructor(valid: ValidModule) {
    this.#program = unitOf(valid, 0, false);
    this.#checkImports();
    this.#tables = functionTables(valid);
    this.#callTables = this.#tables.map(() => new Map());
    this.#image = memoryImage(valid.module);
  }

  link(roots: "command" | readonly string[]): Program {
    const { module, context } = this.#program.valid;
    const functions = module.exports.filter((item) => item.kind === "function");
    const entries =
      roots === "command"
        ? [this.#command(functions)]
        : functions.filter((item) => roots.includes(item.name) && this.#isDefined(item.index));
    const called = entries.map((item) => ({ item, callee: this.#callee(this.#program, item.index) }));
    const start = module.start === undefined ? undefined : this.#callee(this.#program, module.start);

    // The entry comes first, but which globals it sets is known only when all code is.
    const setUp = newLabel();
    const first = newLabel();
    this.#source(routineFunction, 0);
    this.#out.jump("jmp", setUp);
    this.#out.bind(first);
    if (start !== undefined) this.#call(start);
    if (roots === "command") this.#call(called[0]!.callee);
    const end = this.#out.emit("exit", { b: value(0n) });
    this.#out.fence();
    this.#translateQueue();
    this.#source(routineFunction, 0);
    this.#writeCallTables();
    this.#out.bind(setUp);
    this.#setGlobals();
    this.#out.jump("jmp", first);

    const { code, ...map } = this.#out.finish();
    const memory = context.memories[0];
    return {
      code,
      image: this.#image,
      pages: {
        first: memory?.min ?? 0,
        most: memory === undefined ? 0 : Math.min(memory.max ?? mostPages, mostPages),
      },
      globals: context.globals.length + (this.#routines?.valid.context.globals.length ?? 0),
      entryPoints: new Map(called.map(({ item, callee }) => [item.name, entryPoint(callee)])),
      end,
      source: { ...map, functionNames: module.functionNames },
    };
  }

  #command(functions: readonly Export[]): Export {
    const start = functions.find((item) => item.name === "_start");
    const type = start && this.#program.valid.context.functions[start.index]!;
    if (start === undefined || type === undefined || !this.#isDefined(start.index)) {
      throw new WasmError("invalid", "the module exports no function _start, so it is no WASI command");
    }
    if (type.params.length + type.results.length > 0) {
      throw new WasmError("invalid", "_start must have no parameters and no results");
    }
    return start;
  }

  #isDefined(index: number): boolean {
    return index >= this.#program.imported;
  }

  #checkImports(): void {
    const { imports, types } = this.#program.valid.module;
    for (const { module, name, description, offset } of imports) {
      const shown = `import "${module}" "${name}"`;
      if (description.kind !== "function") {
        throw new WasmError("unsupported", `${shown}: Nexus Zero provides no ${description.kind}`, offset);
      }
      // Not the routines that stand for instructions: other hosts do not provide them.
      const routine = module === wasiModule && wasiTypes.has(name) ? this.#routine(name) : undefined;
      if (routine === undefined) {
        throw new WasmError(
          "unsupported",
          `${shown}: Nexus Zero provides the functions of ${wasiModule} and no others`,
          offset,
        );
      }
      const [asked, given] = [types[description.typeIndex]!, routine.type].map(formatType);
      if (asked !== given) {
        throw new WasmError("invalid", `${shown} has type ${asked}, but the function has ${given}`, offset);
      }
    }
  }

  /** The routine of a WASI function; undefined when there is none of that name. */
  #routine(name: string): { readonly index: number; readonly type: FunctionType } | undefined {
    const { module, context } = routines();
    const found = module.exports.find((item) => item.name === name && item.kind === "function");
    return found && { index: found.index, type: context.functions[found.index]! };
  }

  #callee(unit: Unit, index: number): Callee {
    const known = unit.callees.get(index);
    if (known !== undefined) return known;
    const callee = index < unit.imported ? this.#import(unit, index) : this.#define(unit, index);
    unit.callees.set(index, callee);
    return callee;
  }

  #import(unit: Unit, index: number): Callee {
    const { name } = unit.valid.module.imports.filter((item) => item.description.kind === "function")[index]!;
    const type = unit.valid.context.functions[index]!;
    if (unit.isRoutines) {
      if (!intrinsics.has(name)) throw new Error(`the WASI routines import ${name}, which is no instruction`);
      return { kind: "intrinsic", type, mnemonic: name as Mnemonic };
    }
    return this.#calledRoutine(name);
  }

  #calledRoutine(name: string): Callee {
    this.#routines ??= unitOf(routines(), this.#program.valid.context.globals.length, true);
    return this.#callee(this.#routines, this.#routine(name)!.index);
  }

  #dispatch(table: number, type: FunctionType): Dispatch {
    const wanted = signature(type);
    let found = this.#callTables[table]!.get(wanted);
    if (found === undefined) {
      const { entries, places } = this.#tables[table]!;
      // Only functions of the right type are called, so only they are translated.
      const typed = (places.get(wanted) ?? []).map((at) => ({
        at,
        callee: this.#callee(this.#program, entries[at]!),
      }));
      this.#callTables[table]!.set(wanted, (found = new CallTable(type, this.#tables[table]!, typed)));
    }
    return found.dispatch;
  }

  #writeCallTables(): void {
    this.#callTables.forEach((callTables, i) => {
      const misses = new Map<number, Label>();
      const missed = (linkage: number): Label => {
        const label = misses.get(linkage) ?? newLabel();
        misses.set(linkage, label);
        return label;
      };
      for (const each of callTables.values()) each.write(this.#out, missed);
      for (const [linkage, label] of misses) writeMiss(this.#out, label, this.#tables[i]!, linkage);
    });
  }

  #define(unit: Unit, index: number): Callee {
    const entry = newLabel();
    this.#queue.push({ unit, index, entry });
    return { kind: "code", type: unit.valid.context.functions[index]!, entry, layout: layoutOf(unit, index) };
  }

  #translateQueue(): void {
    // What is called is queued behind.
    for (const { unit, index, entry } of this.#queue) {
      const { module, shapes } = unit.valid;
      const context: FunctionContext = {
        types: module.types,
        functionIndex: index,
        sourceIndex: unit.isRoutines ? routineFunction : index,
        callee: (called) => this.#callee(unit, called),
        routine: (name) => this.#calledRoutine(name),
        dispatch: (table, type) => this.#dispatch(table, type),
        global: (global) => unit.firstGlobal + global,
      };
      this.#out.bind(entry);
      const defined = index - unit.imported;
      translateFunction(this.#out, context, module.functions[defined]!, shapes[defined]!);
    }
  }

  /** Globals start as 0; the others are set by code. */
  #setGlobals(): void {
    for (const unit of [this.#program, this.#routines]) {
      unit?.valid.module.globals.forEach((global, i) => {
        const initial = constantOf(global.init);
        if (initial !== 0n) this.#out.emit("gset", { b: value(initial), c: unit.firstGlobal + i });
      });
    }
  }

  /** Calls a function without parameters and results, from outside of any frame. */
  #call(callee: Callee): void {
    if (callee.kind !== "code") throw new Error("an entry point is an instruction");
    const { linkage, cells } = callee.layout;
    this.#out.jump("call", callee.entry, { a: linkage, b: value(BigInt(cells)) });
    this.#out.fence();
  }

  #source(functionIndex: number, offset: number): void {
    this.#out.functionIndex = functionIndex;
    this.#out.offset = offset;
  }
}

function unitOf(valid: ValidModule, firstGlobal: number, isRoutines: boolean): Unit {
  const imported = importsOf(valid.module, "function").length;
  return { valid, firstGlobal, imported, callees: new Map(), isRoutines };
}

function layoutOf(unit: Unit, index: number): FrameLayout {
  const { type, locals, operands } = unit.valid.shapes[index - unit.imported]!;
  return frameLayout(type, locals, operands);
}

function entryPoint(callee: Callee): EntryPoint {
  if (callee.kind !== "code") throw new Error("an entry point is an instruction");
  return {
    pc: callee.entry.pc!,
    parameters: callee.type.params.length,
    results: callee.type.results.length,
    linkage: callee.layout.linkage,
    frameCells: callee.layout.cells,
  };
}

const formatType = ({ params, results }: FunctionType): string =>
  `(${params.map(nameOf).join(" ")}) -> (${results.map(nameOf).join(" ")})`;
const nameOf = (type: number): string =>
  ({ 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x70: "funcref" })[type] ?? "externref";
