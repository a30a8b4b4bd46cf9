import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

import { expect } from "chai";

const url = (path: string): string => new URL(`../../${path}`, import.meta.url).href;

/** The packages, and folders of `plugin/`, of `heavy` that a process loads when it imports `modules`. */
async function loaded(heavy: string[], modules: string[]): Promise<string[]> {
  const script = `
    import { registerHooks } from "node:module";
    const seen = new Set();
    registerHooks({
      resolve(name, context, next) {
        const found = next(name, context);
        const [, folder] = /\\/plugin\\/(.*)\\/[^/]*$/.exec(found.url) ?? [];
        for (const one of [name, folder]) if (${JSON.stringify(heavy)}.includes(one)) seen.add(one);
        return found;
      },
    });
    for (const module of ${JSON.stringify(modules)}) await import(module);
    console.log(JSON.stringify([...seen].sort()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  return JSON.parse(stdout) as string[];
}

describe("what the plugin loads", () => {
  // Hardhat's TypeScript loader goes through all of a package's source: Binaryen's 15 MB cost 8 seconds and 1.7 GB.
  const heavy = ["binaryen", "snarkjs", "ethers", "@nomicfoundation/ignition-core"];

  it("loads nothing large for Hardhat to know the plugin", async () => {
    expect(await loaded(heavy, [url("plugin/index.ts"), url("plugin/hooks/config.ts")])).to.deep.equal([]);
  });

  it("loads no assembler for anything, and finds what it does load", async () => {
    const cloud = [url("plugin/hooks/network.ts"), url("tasks/run.ts"), url("tasks/node.ts")];
    expect(await loaded(heavy, cloud)).to.deep.equal(["ethers"]);
    const modes = ["mock-prover", "groth16-prover"].map((name) => url(`plugin/zero/modes/${name}.ts`));
    expect(await loaded([...heavy, "@noble/curves/bn254.js"], modes)).to.deep.equal([
      "@noble/curves/bn254.js",
      "ethers",
    ]);
  });

  it("loads no kernels, keys or Groth16 prover for mock proofs", async () => {
    const folders = ["zero/groth16", "zero/kernels", "zero/keys"];
    const mock = ["mock-prover", "foreseen-run"].map((name) => url(`plugin/zero/modes/${name}.ts`));
    expect(await loaded(folders, mock)).to.deep.equal([]);
    expect(await loaded(folders, [url("plugin/zero/modes/groth16-prover.ts")])).to.deep.equal(folders);
  });

  it("depends on what its code imports, and on nothing else", async () => {
    const { dependencies, peerDependencies } = JSON.parse(
      await readFile(new URL("../../package.json", import.meta.url), "utf8"),
    ) as Record<"dependencies" | "peerDependencies", Record<string, string>>;
    const imported = new Set<string>();
    for (const folder of ["plugin", "tasks", "deploy", "contracts"]) {
      const root = new URL(`../../${folder}/`, import.meta.url);
      for (const file of await readdir(root, { recursive: true })) {
        if (!/\.(ts|sol)$/.test(file) || file.startsWith("zero/kernels/assembly")) continue;
        const code = await readFile(new URL(file, root), "utf8");
        const names =
          /(?:^(?:import|export|\}) .*from |^import |\bimport\(|\.resolve\()"((?:@[\w-]+\/)?[a-z][\w-]*)(?:\/[^"]*)?"/gm;
        for (const [, name] of code.matchAll(names)) {
          imported.add(name!);
        }
      }
    }
    expect([...imported].filter((name) => name in dependencies).sort()).to.deep.equal(
      Object.keys(dependencies).sort(),
    );
    // The compiler of the proving kernels runs in the repository alone.
    const others = [...imported].filter((name) => !(name in dependencies) && !(name in peerDependencies));
    expect(others.sort()).to.deep.equal(["assemblyscript", "hardhat-nexus"]);
  });
});
