import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { expect } from "chai";

import { outsideHardhat } from "../packed.ts";

const url = (path: string): string => new URL(`../../${path}`, import.meta.url).href;

/** Code that notes which packages, and folders of `plugin/`, of `heavy` are loaded; `seen` is a set of their names. */
const noting = (heavy: string[]): string => `
  import { registerHooks } from "node:module";
  const seen = new Set();
  registerHooks({
    resolve(name, context, next) {
      const found = next(name, context);
      const [, folder] = /\\/plugin\\/(.*)\\/[^/]*$/.exec(found.url) ?? [];
      for (const one of [name, folder]) if (${JSON.stringify(heavy)}.includes(one)) seen.add(one);
      return found;
    },
  });`;

/** What of `heavy` a process loads when it imports `modules`. */
async function loaded(heavy: string[], modules: string[]): Promise<string[]> {
  const script = `${noting(heavy)}
    for (const module of ${JSON.stringify(modules)}) await import(module);
    console.log(JSON.stringify([...seen].sort()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  return JSON.parse(stdout) as string[];
}

/** A command of Hardhat that fails: what it says, and what of `heavy` it has loaded by then. */
async function hardhat(args: string[], heavy: string[]): Promise<{ stderr: string; seen: string[] }> {
  const script = `${noting(heavy)}
    process.on("exit", () => console.log(JSON.stringify([...seen].sort())));`;
  const hook = `data:text/javascript,${encodeURIComponent(script)}`;
  const cli = new URL("../../node_modules/hardhat/dist/src/cli.js", import.meta.url).pathname;
  return new Promise((resolve, reject) => {
    const options = { cwd: new URL("../..", import.meta.url).pathname, env: outsideHardhat() };
    execFile(process.execPath, ["--import", hook, cli, ...args], options, (error, stdout, stderr) => {
      if (error === null) reject(new Error(`${args.join(" ")} succeeded`));
      // A process that the command starts ends before it does.
      else resolve({ stderr, seen: JSON.parse(stdout.trim().split("\n").at(-1)!) as string[] });
    });
  });
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

  it("says what is wrong with a command before it loads or makes anything large", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nexus-loading-"));
    const file = async (name: string, content: string | Uint8Array): Promise<string> => {
      await writeFile(join(folder, name), content);
      return join(folder, name);
    };
    const heavier = [...heavy, "zero/prover", "zero/chips", "cloud/runtime", "cloud/embedded"];
    const proving = ["zero/groth16", "zero/kernels", "zero/keys", "zero/chain"];
    try {
      const cases: [args: string[], says: RegExp, not: string[]][] = [
        [["nexus:prove", "nope"], /There is no program nope/, heavier],
        [["nexus:prove", "sieve", "--input", "a", "--input-file", "b"], /Give the input once/, heavier],
        [["nexus:prove", await file("bad.wasm", "nope")], /Nexus Zero does not run bad: /, heavier],
        [["nexus:prove", "fibonacci", "--input", "x"], /ended with exit code 1/, heavy],
        [["nexus:run", "fibonacci", "--zero", "--input", "x"], /ended with exit code 1/, heavy],
        [["nexus:run", "nope"], /There is no program nope/, heavier],
        [["nexus:verify", join(folder, "none.json")], /it does not exist/, heavier],
        [["nexus:verify", await file("proof.json", "{}")], /proof.json is no proof: format /, heavier],
      ];
      for (const [args, says, not] of cases) {
        const { stderr, seen } = await hardhat(args, [...not, ...proving]);
        expect(stderr).to.match(says);
        expect(stderr, "nothing is compiled").not.to.match(/Compil/);
        expect(seen, args.join(" ")).to.deep.equal([]);
      }
      const { seen } = await hardhat(["nexus:prove", "fibonacci", "--input", "x"], ["zero/chips"]);
      expect(seen, "what it does load is found").to.deep.equal(["zero/chips"]);
    } finally {
      await rm(folder, { recursive: true });
    }
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
