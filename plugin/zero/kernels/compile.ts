import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const sources = fileURLToPath(new URL("assembly", import.meta.url));
const built = fileURLToPath(new URL("build", import.meta.url));

/** Of asc: one module for all threads, over a shared memory of at most 4 GiB that the host makes. */
const OPTIONS = [
  ...["--runtime", "stub", "--noAssert", "--use", "abort=", "--disable", "nontrapping-f2i"],
  ...[
    "--importMemory",
    "--noExportMemory",
    "--sharedMemory",
    "--initialMemory",
    "16",
    "--maximumMemory",
    "65536",
  ],
  ...["--enable", "threads", "--enable", "simd", "--enable", "relaxed-simd", "--enable", "bulk-memory"],
  ...["--optimizeLevel", "2", "--shrinkLevel", "0"],
];

/** Whether the sources are here to compile: in the repository, not in the package, which carries the module. */
export function sourcesAreHere(): boolean {
  return existsSync(join(sources, "index.ts"));
}

/**
 * Path of the module compiled from the sources as they are, which are compiled now if they were not (some seconds). The file's
 * name is the hash of sources, options and compiler, so an older module is never taken for the present one.
 *
 * @throws what the compiler said, when the sources do not compile.
 */
export function compileKernels(): string {
  const require = createRequire(import.meta.url);
  const compiler = require.resolve("assemblyscript/package.json");
  const { version } = JSON.parse(readFileSync(compiler, "utf8")) as { version: string };
  const files = readdirSync(sources).filter((file) => file.endsWith(".ts"));
  const hash = createHash("sha256").update(`${version}\n${OPTIONS.join(" ")}\n`);
  for (const file of files.sort()) {
    const source = readFileSync(join(sources, file));
    hash.update(`${file}\n${source.length}\n`).update(source);
  }
  const name = `${hash.digest("hex").slice(0, 32)}.wasm`;
  const module = join(built, name);
  if (existsSync(module)) return module;

  mkdirSync(built, { recursive: true });
  const output = `${module}.${process.pid}`;
  const asc = join(dirname(compiler), "bin", "asc.js");
  const { status, stderr } = spawnSync(
    process.execPath,
    [asc, join("assembly", "index.ts"), "--outFile", output, ...OPTIONS],
    { cwd: dirname(sources), encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } },
  );
  if (status !== 0) throw new Error(`The kernels in ${sources} do not compile:\n${stderr}`);
  const older = readdirSync(built).filter((file) => file.endsWith(".wasm"));
  // Renamed into place, so that nobody reads a part of it.
  renameSync(output, module);
  for (const file of older) rmSync(join(built, file), { force: true });
  return module;
}
