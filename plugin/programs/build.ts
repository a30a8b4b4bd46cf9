import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, realpath, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, relative, resolve } from "node:path";

import { keccak_256 } from "@noble/hashes/sha3.js";

import { findRustToolchain } from "./rust-toolchain.ts";
import { rustSdkFrom } from "./sdk.ts";
import { stripCustomSections } from "./strip.ts";

/** Part of every cache key: raise it when the same sources build to other bytes. */
const BUILD_VERSION = 2;

/** A program, built. */
export interface BuiltProgram {
  /** Name of its folder. */
  readonly name: string;
  readonly wasm: Uint8Array;
  /** keccak256 of `wasm`. */
  readonly programId: `0x${string}`;
  /** What compiled it, such as "rustc 1.63.0, wasm32-wasi". */
  readonly toolchain: string;
  /** Whether its sources had not changed since it was last built. */
  readonly cached: boolean;
}

export interface BuildOptions {
  /** Folder for what is built; sources that have not changed are not built again. */
  readonly cacheDirectory: string;
}

/**
 * Builds the program in `folder`: a Cargo package with a main function, or AssemblyScript with `assembly/index.ts`.
 * @throws Error with the compiler's messages, or saying what is missing
 */
export async function buildProgram(folder: string, { cacheDirectory }: BuildOptions): Promise<BuiltProgram> {
  const path = resolve(folder);
  if (await exists(join(path, "Cargo.toml"))) return buildRust(path, resolve(cacheDirectory));
  if (await exists(join(path, "assembly", "index.ts")))
    return buildAssemblyScript(path, resolve(cacheDirectory));
  throw new Error(
    `${folder} is not a program: it has neither a Cargo.toml (Rust) nor an assembly/index.ts (AssemblyScript). ` +
      "See docs/writing-programs.md.",
  );
}

async function buildRust(folder: string, cacheDirectory: string): Promise<BuiltProgram> {
  const sources = await closure(folder, cargoDependencies);
  const { cargo, rustc, target, version, sysroot } = await findRustToolchain();
  const toolchain = `${version}, ${target}`;
  return cached(folder, sources, toolchain, cacheDirectory, async () => {
    // Paths must not reach the module, or it would differ from folder to folder.
    const root = await workspaceRoot(folder);
    const outside = [...(await reachable(folder, cargoDependencies))].filter((one) =>
      relative(root, one).startsWith(".."),
    );
    const remapped = [
      [root, "/program"],
      ...(await Promise.all(outside.map(async (one) => [one, `/dependency/${await cargoName(one)}`]))),
      [sysroot, "/rust"],
      [process.env.CARGO_HOME ?? join(process.env.HOME ?? "/", ".cargo"), "/cargo"],
    ];
    const targetDirectory = join(cacheDirectory, "target");
    await run(
      cargo,
      ["build", "--release", "--offline", "--quiet", "--target", target, "--target-dir", targetDirectory],
      {
        cwd: folder,
        env: {
          ...process.env,
          RUSTC: rustc,
          RUSTFLAGS: "",
          CARGO_ENCODED_RUSTFLAGS: remapped
            .map(([from, to]) => `--remap-path-prefix=${from}=${to}`)
            .join("\x1f"),
          CARGO_PROFILE_RELEASE_OPT_LEVEL: "z",
          CARGO_PROFILE_RELEASE_LTO: "fat",
          CARGO_PROFILE_RELEASE_PANIC: "abort",
          CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "1",
          CARGO_PROFILE_RELEASE_DEBUG: "false",
          CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: "true",
        },
      },
    );
    const built = join(targetDirectory, target, "release", `${await cargoName(folder)}.wasm`);
    if (!(await exists(built))) {
      throw new Error(`${folder} built no program: it needs a src/main.rs with a main function.`);
    }
    return stripCustomSections(await readFile(built));
  });
}

async function buildAssemblyScript(folder: string, cacheDirectory: string): Promise<BuiltProgram> {
  const require = createRequire(join(folder, "index.js"));
  let compiler: string;
  try {
    compiler = require.resolve("assemblyscript/package.json");
  } catch {
    throw new Error(
      `${folder} is written in AssemblyScript, which is not installed: run \`npm install -D assemblyscript\`.`,
    );
  }
  const { version } = JSON.parse(await readFile(compiler, "utf8")) as { version: string };
  const sources = await closure(folder, assemblyScriptImports);
  return cached(folder, sources, `assemblyscript ${version}`, cacheDirectory, async () => {
    const output = join(cacheDirectory, `${basename(folder)}.asc.wasm`);
    // `_start` runs the top-level code, as a main function. `abort` would import from `env`: a trap takes its place.
    const options = ["--exportStart", "_start", "--use", "abort=", "-O3z", "--debug"];
    await run(
      process.execPath,
      [join(dirname(compiler), "bin", "asc.js"), "assembly/index.ts", "--outFile", output, ...options],
      { cwd: folder, env: { ...process.env, NODE_OPTIONS: "" } },
    );
    return stripCustomSections(await readFile(output));
  });
}

/** The module from the cache, or built and put there. */
async function cached(
  folder: string,
  sources: string[],
  toolchain: string,
  cacheDirectory: string,
  build: () => Promise<Uint8Array>,
): Promise<BuiltProgram> {
  const name = basename(folder);
  const hash = createHash("sha256").update(`${BUILD_VERSION}\n${toolchain}\n`);
  for (const source of sources) {
    const bytes = await readFile(source);
    hash.update(`${relative(folder, source)}\n${bytes.length}\n`).update(bytes);
  }
  await mkdir(cacheDirectory, { recursive: true });
  const file = join(cacheDirectory, `${name}-${hash.digest("hex").slice(0, 32)}.wasm`);
  const found = await exists(file);
  const wasm = found ? new Uint8Array(await readFile(file)) : await build();
  if (!found) {
    // Renamed into place, so that nobody reads a part of it.
    await writeFile(`${file}.${process.pid}`, wasm);
    await rename(`${file}.${process.pid}`, file);
  }
  const programId = `0x${Buffer.from(keccak_256(wasm)).toString("hex")}` as const;
  return { name, wasm, programId, toolchain, cached: found };
}

/** All files of `folder` and of the folders that it depends on, sorted. */
async function closure(
  folder: string,
  dependencies: (folder: string) => Promise<string[]>,
): Promise<string[]> {
  const files = await Promise.all([...(await reachable(folder, dependencies))].map(sourcesIn));
  return files.flat().sort();
}

/** `folder` and the folders that it depends on, themselves or through others. */
async function reachable(
  folder: string,
  dependencies: (folder: string) => Promise<string[]>,
): Promise<ReadonlySet<string>> {
  const folders = new Set([folder]);
  // A set may grow while it is iterated.
  for (const visited of folders) for (const other of await dependencies(visited)) folders.add(other);
  return folders;
}

async function sourcesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!["target", "node_modules", ".git"].includes(entry.name)) files.push(...(await sourcesIn(path)));
    } else files.push(path);
  }
  return files;
}

/** The folders of a package's path dependencies. @throws Error when one is no package, naming it */
async function cargoDependencies(folder: string): Promise<string[]> {
  const manifest = await readFile(join(folder, "Cargo.toml"), "utf8");
  const found: string[] = [];
  for (const [, name, path] of manifest.matchAll(/^\s*([\w-]+)\s*=\s*\{[^}\n]*\bpath\s*=\s*"([^"]+)"/gm)) {
    const dependency = resolve(folder, path!);
    if (!(await exists(join(dependency, "Cargo.toml")))) {
      const hint = name === "nexus" ? ` The SDK is at "${rustSdkFrom(folder)}".` : "";
      throw new Error(
        `${join(folder, "Cargo.toml")} depends on ${name} at "${path}", but there is no Cargo package in ${dependency}.${hint}`,
      );
    }
    found.push(dependency);
  }
  return found;
}

/** Folders outside of `folder` from which its AssemblyScript imports, by a relative path or from an npm package. */
async function assemblyScriptImports(folder: string): Promise<string[]> {
  const folders = new Set<string>();
  for (const file of await sourcesIn(folder)) {
    if (!file.endsWith(".ts")) continue;
    for (const [, path] of (await readFile(file, "utf8")).matchAll(/\bfrom\s+"([^"]+\/[^"]+)"/g)) {
      const imported = dirname(
        path!.startsWith(".") ? resolve(dirname(file), path!) : await inPackages(folder, path!),
      );
      if (relative(folder, imported).startsWith("..")) folders.add(imported);
    }
  }
  return [...folders];
}

/** Where a path that begins with a package's name leads: into the nearest `node_modules` that has it. */
async function inPackages(folder: string, path: string): Promise<string> {
  const name = path.split("/", path.startsWith("@") ? 2 : 1).join("/");
  for (let at = folder; ; at = dirname(at)) {
    if (await exists(join(at, "node_modules", name)))
      return realpath(join(at, "node_modules", dirname(path))).then((real) => join(real, basename(path)));
    if (at === dirname(at)) throw new Error(`${folder} imports from ${path}, and ${name} is not installed.`);
  }
}

/** The folder of the Cargo workspace that `folder` belongs to, or itself. */
async function workspaceRoot(folder: string): Promise<string> {
  for (let at = dirname(folder); at !== dirname(at); at = dirname(at)) {
    const manifest = await readFile(join(at, "Cargo.toml"), "utf8").catch(() => "");
    if (/^\[workspace\]/m.test(manifest)) return at;
  }
  return folder;
}

async function cargoName(folder: string): Promise<string> {
  const manifest = await readFile(join(folder, "Cargo.toml"), "utf8");
  const name = /^\[package\][^[]*?^name\s*=\s*"([^"]+)"/ms.exec(manifest)?.[1];
  if (name === undefined) throw new Error(`${join(folder, "Cargo.toml")} has no [package] with a name.`);
  return name;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Runs a compiler; its messages become the error. */
async function run(
  command: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<void> {
  await new Promise<void>((done, failed) => {
    execFile(command, args, { ...options, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) done();
      else
        failed(new Error(`${options.cwd} does not compile:\n${stderr}${stdout}`.trimEnd(), { cause: error }));
    });
  });
}
