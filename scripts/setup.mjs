// Complete set-up of a fresh clone: installs the locked dependencies under Node 24 and compiles the contracts and the
// proving kernels, each when it is missing (dependencies also when older than the lock file), and does nothing
// otherwise. Plain Node >= 18, no dependencies, because it runs before any exist. The stamp is written last, so that an
// interrupted set-up is done again.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = join(root, "node_modules", ".bin");
const stamp = join(root, "node_modules", ".nexus-setup");
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

const installed = existsSync(stamp) && readFileSync(stamp, "utf8") === lock;
const compiled = existsSync(join(root, "artifacts", "contracts"));
const kernels = existsSync(join(root, "plugin", "zero", "kernels", "build"));
if (installed && compiled && kernels) process.exit(0);

if (Number(process.versions.node.split(".")[0]) < 18) {
  fail(
    `Nexus needs Node 18 or newer to set itself up; this is Node ${process.versions.node}. See https://nodejs.org.`,
  );
}

// Under an older Node, npm silently skips the native simulator that Hardhat 3 needs; under Node 24 it does not.
// From then on `node_modules/.bin/node` is Node 24, and npm puts it first on the PATH of every script.
if (!installed) {
  console.log("Setting up Nexus, once. 1 of 3: installing dependencies under Node 24 (about a minute) …");
  const install = ["-y", "-p", "node@24", "npm", "ci", "--no-audit", "--no-fund"];
  run(
    "npx",
    install,
    "`npm ci` did not finish. Check that the npm registry is reachable, then run this again.",
  );
}
if (!compiled) {
  console.log("2 of 3: compiling the contracts with solc-js (about a minute) …");
  const path = `${bin}${delimiter}${process.env.PATH ?? ""}`;
  run(join(bin, "hardhat"), ["build", "--quiet"], "the contracts did not compile; the reason is above.", {
    PATH: path,
  });
}
if (!kernels) {
  // Later edits of the kernels are noticed, and compiled, where they are loaded.
  console.log("3 of 3: compiling the proving kernels (some seconds) …");
  run(join(bin, "node"), [join("scripts", "build-kernels.ts")], "the kernels did not compile; see above.");
}
writeFileSync(stamp, lock);
console.log("Nexus is set up.\n");

/** Runs a command in the repository's folder; ends the process with `why` when it fails. */
function run(command, args, why, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    shell: process.platform === "win32",
    env: { ...process.env, ...env },
  });
  if (status !== 0) fail(`Set-up failed: ${why}${error === undefined ? "" : ` (${error.message})`}`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
