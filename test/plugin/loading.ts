import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { expect } from "chai";

const url = (path: string): string => new URL(`../../${path}`, import.meta.url).href;

/** The packages of `heavy` that a process loads when it imports `modules`. */
async function loaded(heavy: string[], modules: string[]): Promise<string[]> {
  const script = `
    import { registerHooks } from "node:module";
    const seen = new Set();
    registerHooks({
      resolve(name, context, next) {
        if (${JSON.stringify(heavy)}.includes(name)) seen.add(name);
        return next(name, context);
      },
    });
    for (const module of ${JSON.stringify(modules)}) await import(module);
    console.log(JSON.stringify([...seen].sort()));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  return JSON.parse(stdout) as string[];
}

describe("what the plugin loads", () => {
  // Hardhat's TypeScript loader goes through all of a package's source: Binaryen's 15 MB cost every command several seconds.
  const heavy = ["binaryen", "snarkjs", "ethers", "@nomicfoundation/ignition-core"];

  it("loads nothing large for Hardhat to know the plugin", async () => {
    expect(await loaded(heavy, [url("plugin/index.ts"), url("plugin/hooks/config.ts")])).to.deep.equal([]);
  });

  it("loads no prover for a connection or a run in the cloud, and does for a proof", async () => {
    const cloud = [url("plugin/hooks/network.ts"), url("tasks/run.ts"), url("tasks/node.ts")];
    expect(await loaded(heavy, cloud)).to.deep.equal(["ethers"]);
    expect(await loaded(heavy, [url("plugin/zero/modes/mock-prover.ts")])).to.include("binaryen");
  });
});
