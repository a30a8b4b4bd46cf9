/** The machine's own code, written in routines.wat: WASI preview 1, and the instructions memory.fill and memory.copy. */
import { decode } from "../../wasm/decode.ts";
import { validate, type ValidModule } from "../../wasm/validate.ts";
import type { Mnemonic } from "./instruction.ts";
import { routinesModule } from "./routines-module.ts";

/** Instructions that the routines import from `nvm`, under their mnemonics. */
export const intrinsics: ReadonlySet<string> = new Set<Mnemonic>([
  "input",
  "private",
  "jget",
  "jset",
  "sget",
  "sset",
  "log",
  "exit",
  "trap",
]);

let validated: ValidModule | undefined;

/** The routines as a module that exports the functions of preview 1, and memory.fill and memory.copy; validated once. */
export function routines(): ValidModule {
  validated ??= validate(decode(routinesModule));
  return validated;
}
