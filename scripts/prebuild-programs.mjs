/**
 * node scripts/prebuild-programs.mjs [program…]: builds the programs in programs/ anew into programs/prebuilt, with a manifest.
 * Set RUSTC to choose the compiler; test/programs/reproducible.ts compares with the one that the manifest names.
 */

import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { buildProgram } from "../plugin/programs/build.ts";

const programs = fileURLToPath(new URL("../programs", import.meta.url));
const prebuilt = join(programs, "prebuilt");
const cacheDirectory = fileURLToPath(new URL("../cache/programs", import.meta.url));

const folders = (await readdir(programs, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory() && !/^(prebuilt|target|node_modules|sdk-.*)$/.test(entry.name))
  .map(({ name }) => name)
  .sort();
const chosen = process.argv.length > 2 ? process.argv.slice(2) : folders;
const manifestFile = join(prebuilt, "manifest.json");
const manifest = JSON.parse(await readFile(manifestFile, "utf8").catch(() => "{}"));
for (const name of chosen) {
  const { wasm, programId, toolchain } = await buildProgram(join(programs, name), { cacheDirectory });
  await writeFile(join(prebuilt, `${name}.wasm`), wasm);
  manifest[name] = {
    programId,
    sha256: createHash("sha256").update(wasm).digest("hex"),
    bytes: wasm.length,
    toolchain,
  };
  console.log(`${name}: ${wasm.length} bytes, ${programId}`);
}
const sorted = Object.fromEntries(
  folders.filter((name) => name in manifest).map((name) => [name, manifest[name]]),
);
await writeFile(manifestFile, `${JSON.stringify(sorted, null, 2)}\n`);
