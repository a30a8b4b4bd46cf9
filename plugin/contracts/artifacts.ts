import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import type { InterfaceAbi } from "ethers";

/** What the plugin needs of a compiled contract. */
export interface ContractArtifact {
  readonly contractName: string;
  readonly abi: InterfaceAbi;
  /** Creation code, 0x-prefixed. */
  readonly bytecode: string;
}

const here = fileURLToPath(new URL("..", import.meta.url));
// The package ships its artifacts as dist/artifacts/Name.json; in the repository Hardhat's own build is used.
const folders = [join(here, "../artifacts/contracts"), join(here, "../artifacts")];

let files: Map<string, string> | undefined;
const loaded = new Map<string, ContractArtifact>();

/** Whether there are compiled contracts at all: always in the package, in the repository once it was built. */
export function suiteIsCompiled(): boolean {
  return folders.some((path) => existsSync(path));
}

/** Whether this is the package, whose contracts come compiled, and not the repository. */
export function suiteIsPackaged(): boolean {
  return packagedArtifact("CommitteeRegistry") !== undefined;
}

/**
 * The compiled contract `name` of the Nexus suite, as shipped with this package, whatever the user's project compiles.
 *
 * @throws when there is no such artifact: in the repository, before `npx hardhat build`.
 */
export function loadArtifact(name: string): ContractArtifact {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const file = artifactFiles().get(name);
  if (file === undefined) {
    throw new Error(
      `The compiled contract ${name} of hardhat-nexus is missing. Run \`npx hardhat build\` in its folder.`,
    );
  }
  const artifact = JSON.parse(readFileSync(file, "utf8")) as ContractArtifact;
  loaded.set(name, artifact);
  return artifact;
}

/** Names of all compiled contracts of the suite. */
export function artifactNames(): string[] {
  return [...artifactFiles().keys()];
}

/** Paths of the compiled contracts, by name. */
function artifactFiles(): ReadonlyMap<string, string> {
  const folder = folders.find((path) => existsSync(path));
  files ??= new Map(
    (folder === undefined ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" }))
      .filter((file) => file.endsWith(".json"))
      .map((file) => [basename(file, ".json"), join(folder!, file)]),
  );
  return files;
}

/** The compiled contract `name` as this package ships it; undefined in the repository, where Hardhat's build is used. */
export function packagedArtifact(name: string): ContractArtifact | undefined {
  return existsSync(join(here, "../artifacts", `${name}.json`)) ? loadArtifact(name) : undefined;
}
