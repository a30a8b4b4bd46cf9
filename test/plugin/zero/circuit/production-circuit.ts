import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import { circuitSources } from "../../../../plugin/zero/circuit/production-circuit.ts";

const start = fileURLToPath(
  new URL("../../../../plugin/zero/circuit/production-circuit.ts", import.meta.url),
);

/** All files that a file imports something other than types from, directly or not, itself among them. */
async function importedBy(file: string, found = new Set<string>()): Promise<ReadonlySet<string>> {
  if (found.has(file)) return found;
  found.add(file);
  const code = await readFile(file, "utf8");
  for (const [, names, path] of code.matchAll(/\bimport\s+([^;]*?)\bfrom\s+"(\.[^"]+)"/g)) {
    if (!names!.startsWith("type ")) await importedBy(join(dirname(file), path!), found);
  }
  return found;
}

describe("The production circuit", () => {
  it("is looked for in the cache by the hash of all code that it follows from", async () => {
    const folders = circuitSources.map((source) => join(dirname(start), source));
    const imported = await importedBy(start);
    expect(imported.size).to.be.greaterThan(50);
    const elsewhere = [...imported].filter(
      (file) => !folders.some((folder) => !relative(folder, file).startsWith("..")),
    );
    expect(elsewhere).to.deep.equal([]);
  });
});
