import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { engine, type Module } from "./engine.ts";

let loaded: Promise<Module> | undefined;

/**
 * The compiled kernels. The package carries them as kernels.wasm beside this file; in the repository they are compiled from the
 * sources, again whenever one was edited.
 */
export function kernelsModule(): Promise<Module> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Module> {
  const packaged = fileURLToPath(new URL("kernels.wasm", import.meta.url));
  if (existsSync(packaged)) return engine.compile(readFileSync(packaged));
  const { compileKernels } = await import("./compile.ts");
  return engine.compile(readFileSync(compileKernels()));
}
