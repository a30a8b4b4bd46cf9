/**
 * node scripts/build-routines.ts: assembles plugin/zero/vm/routines.wat and writes routines-module.ts beside it. That file is in
 * the repository, as its bytes are part of every program's identity and nobody who runs programs should need an assembler.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import binaryen from "binaryen";

const path = (name: string): string => fileURLToPath(new URL(`../plugin/zero/vm/${name}`, import.meta.url));

/** The text of routines-module.ts as routines.wat has it to be. */
export async function generateRoutines(): Promise<string> {
  const module = binaryen.parseText(await readFile(path("routines.wat"), "utf8"));
  const wasm = Buffer.from(module.emitBinary()).toString("base64");
  module.dispose();
  return `// Generated from routines.wat by \`node scripts/build-routines.ts\`: do not edit.

/** The WebAssembly module of the routines. */
export const routinesModule: Uint8Array = Buffer.from(
  "${wasm}",
  "base64",
);
`;
}

if (import.meta.main) await writeFile(path("routines-module.ts"), await generateRoutines());
