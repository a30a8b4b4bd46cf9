import { decode } from "../../wasm/decode.ts";
import { WasmError } from "../../wasm/error.ts";
import { validate } from "../../wasm/validate.ts";
import type { Program } from "./program.ts";
import { translate } from "./translate.ts";

/**
 * A WebAssembly command as a program of Nexus Zero's machine.
 *
 * @throws Error saying in one sentence why the machine does not run it
 */
export function machineProgram({ name, module }: { name: string; module: Uint8Array }): Program {
  try {
    return translate(validate(decode(module)));
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
    throw new Error(`Nexus Zero does not run ${name}: ${error.message}.`, { cause: error });
  }
}
