import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";

import { buildProgram } from "./build.ts";
import { packagedPrograms } from "./sdk.ts";

/** A program's module, and what to call it. */
export interface LoadedProgram {
  readonly name: string;
  readonly module: Uint8Array;
}

/** Where programs are looked for. */
export interface ProgramFolders {
  /** The project's own programs, each a folder with its source. */
  readonly programs: string;
  /** What is built is kept under here. */
  readonly cache: string;
}

const prebuilt = join(packagedPrograms, "prebuilt");

/**
 * A program by name, by the path of a `.wasm` file, or given as a module. A program of the project is built when its
 * source changed; the examples of this package come built.
 *
 * @throws Error when there is no such program, or with the compiler's messages when it does not build
 */
export async function loadProgram(
  program: string | Uint8Array,
  { programs, cache }: ProgramFolders,
): Promise<LoadedProgram> {
  if (typeof program !== "string") return { name: "program", module: program };
  if (program.endsWith(".wasm")) {
    const module = await readFile(program).catch((error: NodeJS.ErrnoException) => {
      const why =
        error.code === "ENOENT"
          ? "does not exist"
          : error.code === "EISDIR"
            ? "is a folder"
            : `cannot be read (${error.code})`;
      throw new Error(`The module ${resolve(program)} ${why}.`, { cause: error });
    });
    return { name: basename(program, ".wasm"), module: new Uint8Array(module) };
  }
  const folder = join(programs, program);
  const isName = relative(programs, folder) === program && !program.includes("/") && !program.includes("\\");
  if (isName && resolve(programs) !== resolve(packagedPrograms) && existsSync(folder)) {
    const { wasm } = await buildProgram(folder, { cacheDirectory: join(cache, "nexus", "programs") });
    return { name: program, module: wasm };
  }
  if (isName && existsSync(join(prebuilt, `${program}.wasm`))) return loadExample(program);
  const known = [...new Set([...(await programsIn(programs)), ...(await exampleNames())])].sort().join(", ");
  throw new Error(
    `There is no program ${program === "" ? "without a name" : program}. Known are: ${known}. Or give the path of a .wasm file.`,
  );
}

/** An example of this package, as it comes built. @param name one of `exampleNames` */
export async function loadExample(name: string): Promise<LoadedProgram> {
  return { name, module: new Uint8Array(await readFile(join(prebuilt, `${name}.wasm`))) };
}

/** Names of the examples that this package brings. */
export async function exampleNames(): Promise<string[]> {
  const files = await readdir(prebuilt);
  return files.filter((file) => file.endsWith(".wasm")).map((file) => basename(file, ".wasm"));
}

/** Names of the programs in a folder: the folders in it that can be built. */
export async function programsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("sdk-"))
    .map(({ name }) => name)
    .filter((name) => {
      return (
        existsSync(join(folder, name, "Cargo.toml")) || existsSync(join(folder, name, "assembly", "index.ts"))
      );
    });
}
