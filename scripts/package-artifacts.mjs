/**
 * node scripts/package-artifacts.mjs, after `hardhat build`: writes what the package needs of the suite's compiled
 * contracts to dist/artifacts/Name.json, so that a user's project need not compile them.
 */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const compiled = fileURLToPath(new URL("../artifacts/contracts", import.meta.url));
const packaged = fileURLToPath(new URL("../dist/artifacts", import.meta.url));

await mkdir(packaged, { recursive: true });
for (const file of await readdir(compiled, { recursive: true })) {
  if (!file.endsWith(".json")) continue;
  const { _format, contractName, sourceName, abi, bytecode, linkReferences } = JSON.parse(
    await readFile(join(compiled, file), "utf8"),
  );
  await writeFile(
    join(packaged, basename(file)),
    JSON.stringify({ _format, contractName, sourceName, abi, bytecode, linkReferences }),
  );
}
