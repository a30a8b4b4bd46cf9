// Complete set-up of a fresh clone: installs the locked dependencies under Node 24 when they are missing or older
// than the lock file, and does nothing otherwise. Plain Node >= 18, no dependencies, because it runs before any exist.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "node_modules", ".nexus-setup");
const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) process.exit(0);

if (Number(process.versions.node.split(".")[0]) < 18) {
  console.error(`Nexus needs Node 18 or newer to set itself up; this is Node ${process.versions.node}.`);
  process.exit(1);
}

// Under an older Node, npm silently skips the native simulator that Hardhat 3 needs; under Node 24 it does not.
// From then on `node_modules/.bin/node` is Node 24, and npm puts it first on the PATH of every script.
console.log("Setting up Nexus: installing dependencies under Node 24 (about a minute, once) …");
const install = spawnSync("npx", ["-y", "-p", "node@24", "npm", "ci", "--no-audit", "--no-fund"], {
  cwd: root,
  stdio: "inherit",
  shell: process.platform === "win32",
});
if (install.status !== 0) {
  console.error(
    "Set-up failed: `npm ci` did not finish. Check that the npm registry is reachable, then run this again.",
  );
  process.exit(install.status ?? 1);
}
writeFileSync(stamp, lock);
