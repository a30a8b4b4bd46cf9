import { decode } from "../../wasm/decode.ts";
import { WasmError } from "../../wasm/error.ts";
import { validate } from "../../wasm/validate.ts";
import type { Program } from "./program.ts";
import { translate } from "./translate.ts";

/** Identifying, foreseeing and proving a run all begin with a translation, which takes longer than most runs. */
const translated = new WeakMap<Uint8Array, Program>();

/**
 * A WebAssembly command as a program of Nexus Zero's machine. The module's bytes must not change afterwards.
 *
 * @throws Error saying in one sentence why the machine does not run it
 */
export function machineProgram({ name, module }: { name: string; module: Uint8Array }): Program {
  const known = translated.get(module);
  if (known !== undefined) return known;
  try {
    const program = translate(validate(decode(module)));
    translated.set(module, program);
    return program;
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    throw new Error(`Nexus Zero does not run ${name}: ${error.message}.`, { cause: error });
  }
}
