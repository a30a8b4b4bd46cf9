import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { decode } from "../../wasm/decode.ts";
import { engine, type CompiledModule } from "../../wasm/engine.ts";
import { WasmError } from "../../wasm/error.ts";
import { moduleLimits } from "../../wasm/limits.ts";
import { valueTypeNames, type FunctionType } from "../../wasm/module.ts";
import { validate, type ValidModule } from "../../wasm/validate.ts";
import { wasiModule, wasiTypes } from "../../wasm/wasi.ts";
import { nexusModule, nexusTypes } from "./host.ts";
import { instrument } from "./instrument.ts";
import { fuelPer } from "./limits.ts";
import { ProgramMemory } from "./program-memory.ts";

/** A program that is ready to run. */
export interface PreparedProgram {
  /** keccak256 of the module as it was handed in, 0x-prefixed. */
  readonly programId: string;
  /** The instrumented module, compiled. */
  readonly compiled: CompiledModule;
  /** What its instances are given as `memoryImport`. */
  readonly memory: ProgramMemory;
  /** Export names of what instrumentation added; see instrument.ts. */
  readonly fuelExport: string;
  readonly stackExport: string;
  readonly startExport: string | undefined;
  /** Fuel that creating an instance costs. */
  readonly instanceFuel: number;
  readonly functionNames: ReadonlyMap<number, string>;
}

/** Under what name an instance is given its memory; programs cannot import memories themselves. */
export const memoryImport = { module: nexusModule, name: "memory" } as const;

/** A program's id: keccak256 of its module, 0x-prefixed. */
export function programIdOf(wasm: Uint8Array): string {
  return `0x${bytesToHex(keccak_256(wasm))}`;
}

/**
 * Checks, instruments and compiles a program.
 *
 * @throws WasmError when the module is not one that a cloud runs; the message says why and where
 */
export function prepareProgram(wasm: Uint8Array): PreparedProgram {
  const valid = validate(decode(wasm));
  checkInterface(valid);
  const instrumented = instrument(valid, moduleLimits, memoryImport);
  return {
    programId: programIdOf(wasm),
    compiled: new engine.Module(instrumented.bytes),
    memory: new ProgramMemory(instrumented.memory!),
    fuelExport: instrumented.fuel,
    stackExport: instrumented.stack,
    startExport: instrumented.start,
    instanceFuel: instanceFuel(valid),
    functionNames: valid.module.functionNames,
  };
}

/** Memory to zero, table entries to fill, segments to copy, exports and globals to make. */
function instanceFuel({ module }: ValidModule): number {
  const sum = (numbers: number[]): number => numbers.reduce((total, number) => total + number, 0);
  return (
    fuelPer.instance +
    fuelPer.export * module.exports.length +
    fuelPer.global * module.globals.length +
    fuelPer.memoryPage * sum(module.memories.map((memory) => memory.min)) +
    fuelPer.tableEntry * sum(module.tables.map((table) => table.limits.min)) +
    fuelPer.tableWrite *
      sum(
        module.elements.map(({ items }) =>
          items.kind === "functions" ? items.indices.length : items.expressions.length,
        ),
      ) +
    sum(module.data.map((segment) => segment.bytes.length >>> fuelPer.bulkBytesLog2))
  );
}

/** A program is a command: it takes only functions that exist, and exports `_start` and `memory`. */
function checkInterface({ module, context }: ValidModule): void {
  for (const item of module.imports) {
    const name = `${item.module}.${item.name}`;
    const refuse = (what: string): never => {
      throw new WasmError("unsupported", what, item.offset);
    };
    if (item.description.kind !== "function") {
      refuse(`import ${name} is a ${item.description.kind}; programs can import functions only`);
      continue;
    }
    const known =
      item.module === wasiModule ? wasiTypes : item.module === nexusModule ? nexusTypes : undefined;
    const wanted = known?.get(item.name);
    if (wanted === undefined) {
      refuse(`import ${name} does not exist; docs/host-interface.md lists what programs can import`);
      continue;
    }
    const found = context.types[item.description.typeIndex]!;
    if (typeText(found) !== typeText(wanted)) {
      refuse(`import ${name} has type ${typeText(found)}, it must be ${typeText(wanted)}`);
    }
  }
  const start = module.exports.find((item) => item.name === "_start");
  if (start?.kind !== "function") {
    throw new WasmError(
      "unsupported",
      "a program must export the function _start: build it as a command (an executable), not as a library",
    );
  }
  const type = context.functions[start.index]!;
  if (typeText(type) !== "() -> ()") {
    throw new WasmError("unsupported", `_start has type ${typeText(type)}, it must be () -> ()`);
  }
  if (module.exports.find((item) => item.name === "memory")?.kind !== "memory") {
    throw new WasmError("unsupported", `a program must export its memory under the name "memory"`);
  }
}

function typeText({ params, results }: FunctionType): string {
  const text = (types: FunctionType["params"]): string =>
    `(${types.map((type) => valueTypeNames[type]).join(" ")})`;
  return `${text(params)} -> ${text(results)}`;
}
