/**
 * npx node bench/gas.ts: runs the tests that hold gas to limits, and prints each figure with its limit and what is left of it.
 * Fails if a figure is over its limit or differs from the snapshot (test/gas-snapshot.ts).
 */

import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { GasFigure } from "../test/gas-snapshot.ts";

const root = join(import.meta.dirname, "..");

/** The figures that the tests in `files` measured, and whether all of them passed. */
function measure(files: readonly string[]): { figures: GasFigure[]; passed: boolean } {
  const folder = mkdtempSync(join(tmpdir(), "nexus-gas-"));
  const log = join(folder, "figures.jsonl");
  try {
    const hardhat = join(root, "node_modules", "hardhat", "dist", "src", "cli.js");
    const { status } = spawnSync(process.execPath, [hardhat, "test", "mocha", ...files], {
      cwd: root,
      env: { ...process.env, GAS_LOG: log },
      stdio: ["ignore", process.stderr.fd, process.stderr.fd],
    });
    const lines = existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : [];
    return { figures: lines.map((line) => JSON.parse(line) as GasFigure), passed: status === 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function print(figures: readonly GasFigure[]): void {
  const rows = figures.map(({ name, gas, limit }) => {
    const margin = `${(((limit - gas) / limit) * 100).toFixed(1)} %`;
    return [name, gas.toLocaleString("en"), limit.toLocaleString("en"), gas > limit ? "OVER" : margin];
  });
  const table = [["name", "gas", "limit", "margin"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  for (const row of table) {
    console.log(
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join("  "),
    );
  }
}

const files = globSync("test/**/*.ts", { cwd: root })
  .filter((file) => file !== join("test", "gas-snapshot.ts"))
  .filter((file) => /\bexpectGas\(/.test(readFileSync(join(root, file), "utf8")))
  .sort();
const { figures, passed } = measure(files);
print(figures.sort((a, b) => (a.name < b.name ? -1 : 1)));
const over = figures.filter(({ gas, limit }) => gas > limit);
if (over.length !== 0 || !passed) {
  console.error(over.length === 0 ? "The tests failed: see above." : `${over.length} over the limit.`);
  process.exitCode = 1;
}
