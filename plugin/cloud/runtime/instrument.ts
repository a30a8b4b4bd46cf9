/**
 * Rewrites a valid module so that it runs the same on every machine and cannot take more than it was given.
 *
 * - **Fuel.** A basic block's cost is the sum of its instructions'. It is taken from a counter when the block is left. The counter
 *   lives in a local while a function computes and in a global around calls. It is checked at loop heads, at the entry of
 *   functions that call others or are long, before bulk operations and by every host call: between two checks only so many
 *   instructions can run as a function body holds, each a call of a short function at worst.
 * - **Stack.** Functions that call others take their frame from a second global on entry and give it back on exit, so
 *   that the depth at which recursion traps is a property of the module and lies far below the engine's own limit.
 * - **Memory and tables** get maxima; growing them costs fuel.
 * - **Floats.** See floats.ts.
 *
 * The counters are globals and exports added behind the module's own. The module was validated without them, so nothing in it can
 * name them.
 */
import { ByteWriter } from "../../wasm/byte-writer.ts";
import { encode, i64Constant } from "../../wasm/encode.ts";
import { WasmError } from "../../wasm/error.ts";
import {
  valueType,
  type Export,
  type FunctionType,
  type Global,
  type Import,
  type Limits,
} from "../../wasm/module.ts";
import type { ValidModule } from "../../wasm/validate.ts";
import { FunctionRewriter, type Rewriting } from "./rewrite-function.ts";

/** Of a memory in pages of 64 KiB, of a table in entries. */
export interface CappedLimits extends Limits {
  readonly max: number;
}

export interface Instrumented {
  readonly bytes: Uint8Array;
  /** The module's memory, if it has one: its least size and the most it may grow to. */
  readonly memory: CappedLimits | undefined;
  /** Export name of the fuel counter: a mutable i64 global, to be set before anything is called. Negative: used up. */
  readonly fuel: string;
  /** Export name of the stack counter: a mutable i64 global, in slots of 8 bytes. Negative: overflown. */
  readonly stack: string;
  /** Export name of the module's start function, which is no longer run by itself. */
  readonly start: string | undefined;
}

/**
 * Bytes of code after instrumentation. Ordinary code grows by half; code made of nothing but memory.grow grows 30-fold. V8 takes
 * bodies of up to 7,654,321 bytes.
 */
const instrumentedLimits = { bodyBytes: 7_000_000, codeBytes: 64 * 1024 * 1024 } as const;

export interface GrowthLimits {
  readonly memoryPages: number;
  readonly tableEntries: number;
}

/** Under what name an instance is given its memory. */
export type MemoryImport = Pick<Import, "module" | "name">;

/**
 * Instruments a valid module. Its memory and tables are capped at `limits`.
 *
 * @param memoryImport makes the module's own memory one that it imports, to be given zeroed and of its least size
 * @throws WasmError `limit` when the instrumented code is too large
 */
export function instrument(
  { module, context, shapes }: ValidModule,
  limits: GrowthLimits,
  memoryImport?: MemoryImport,
): Instrumented {
  const types = [...module.types];
  const memories = module.memories.map((memory) => capped(memory, limits.memoryPages));
  const fuelGlobal = context.globals.length;
  const rewriting: Rewriting = {
    fuelGlobal,
    stackGlobal: fuelGlobal + 1,
    importedFunctions: context.functions.length - module.functions.length,
    memoryPages: memories[0]?.max,
    typeOf: (results) => {
      const found = types.findIndex(
        (type) => type.params.length === 0 && type.results.join() === results.join(),
      );
      if (found >= 0) return found;
      return types.push({ params: [], results } satisfies FunctionType) - 1;
    },
  };
  const scratch = new ByteWriter(1 << 14);
  let total = 0;
  const functions = module.functions.map((item, i) => {
    const rewritten = new FunctionRewriter(rewriting, item, shapes[i]!, scratch).rewrite();
    const size = rewritten.body.code.length;
    total += size;
    if (size > instrumentedLimits.bodyBytes || total > instrumentedLimits.codeBytes) {
      const what = `instrumented code is too large: ${size} bytes in this function, ${total} so far`;
      throw new WasmError("limit", what, item.body.offset, rewriting.importedFunctions + i);
    }
    return rewritten;
  });

  const taken = new Set(module.exports.map((item) => item.name));
  const unique = (name: string): string => {
    while (taken.has(name)) name += "'";
    return name;
  };
  const names = { fuel: unique("nexus.fuel"), stack: unique("nexus.stack") };
  const start = module.start === undefined ? undefined : unique("nexus.start");
  const exports: Export[] = [
    ...module.exports,
    { name: names.fuel, kind: "global", index: rewriting.fuelGlobal },
    { name: names.stack, kind: "global", index: rewriting.stackGlobal },
  ];
  if (start !== undefined) exports.push({ name: start, kind: "function", index: module.start! });

  const counters: Global[] = [
    { type: { value: valueType.i64, mutable: true }, init: i64Constant(0n) },
    { type: { value: valueType.i64, mutable: true }, init: i64Constant(0n) },
  ];
  const imported = (memoryImport === undefined ? [] : memories).map((memory): Import => {
    return { ...memoryImport!, description: { kind: "memory", limits: memory }, offset: 0 };
  });
  const bytes = encode({
    ...module,
    types,
    imports: [...module.imports, ...imported],
    functions,
    tables: module.tables.map((table) => ({ ...table, limits: capped(table.limits, limits.tableEntries) })),
    memories: memoryImport === undefined ? memories : [],
    globals: [...module.globals, ...counters],
    exports,
    start: undefined,
    customs: [],
  });
  return { bytes, memory: memories[0], ...names, start };
}

function capped(limits: Limits, most: number): CappedLimits {
  return { min: limits.min, max: Math.min(limits.max ?? most, most) };
}
