import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import config from "../../hardhat.config.ts";
import { findRustToolchain } from "../../plugin/programs/rust-toolchain.ts";
import { printed, refusal } from "./printed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("nexus:init", () => {
  let project: string;
  let environment: HardhatRuntimeEnvironment;
  before(async () => {
    project = await mkdtemp(join(tmpdir(), "nexus-init-"));
    await mkdir(join(project, "node_modules"));
    await writeFile(join(project, "package.json"), '{ "type": "module" }');
    await symlink(root, join(project, "node_modules/hardhat-nexus"));
    await symlink(join(root, "node_modules/assemblyscript"), join(project, "node_modules/assemblyscript"));
    environment = await createHardhatRuntimeEnvironment(
      { plugins: config.plugins!, solidity: config.solidity!, nexus: { cloud: { nodes: 1 } } },
      {},
      project,
    );
  });
  after(() => rm(project, { recursive: true }));

  const init = (name: string, language: string): Promise<string> =>
    printed(environment, "nexus:init", { name, language });

  it("adds an AssemblyScript program, a contract and a test that work as they are", async () => {
    const output = await init("sum", "assemblyscript");
    for (const file of ["contracts/SumConsumer.sol", "test/sum.ts"]) expect(output).to.include(file);
    expect(await readFile(join(project, "test/sum.ts"), "utf8")).to.include('nexus.program("sum")');
    await environment.tasks.getTask("build").run({ quiet: true });

    const { ethers, nexus } = await environment.network.create();
    const program = await nexus.program("sum");
    expect(await program.call(" 1\n-2 43 ")).to.equal("42");
    const consumer = await ethers.deployContract("SumConsumer", [
      await nexus.gateway(),
      await nexus.cloudId(),
      program.id,
    ]);
    const ask = consumer.getFunction("ask");
    await ask("1 2 39", { value: ethers.parseEther("0.01") });
    expect(await consumer.getFunction("answer").staticCall()).to.equal("42");
    // A program that fails is no answer.
    await ask("one", { value: ethers.parseEther("0.01") });
    expect(await consumer.getFunction("answer").staticCall()).to.equal("42");
  });

  it("adds a Rust program that works as it is", async function () {
    if (process.env.NEXUS_REQUIRE_TOOLCHAIN !== "1") {
      const found = await findRustToolchain().catch(() => undefined);
      if (found === undefined) this.skip();
    }
    expect(await init("add-up", "rust")).to.include("contracts/AddUpConsumer.sol");
    const { nexus } = await environment.network.create();
    expect(await (await nexus.program("add-up")).call(" 1\n-2 43 ")).to.equal("42");
    const [report] = JSON.parse(
      await printed(environment, "nexus:build", { programs: ["add-up"], json: true }),
    ) as { cached: boolean }[];
    expect(report!.cached, "building leaves the sources alone").to.equal(true);
  });

  it("overwrites nothing, and refuses what cannot be a name or a language", async () => {
    expect(await refusal(environment, "nexus:init", { name: "sum" })).to.match(
      /^programs\/sum exists already, and nothing is overwritten/,
    );
    await rm(join(project, "programs/sum"), { recursive: true });
    expect(await refusal(environment, "nexus:init", { name: "sum" })).to.match(
      /^contracts\/SumConsumer\.sol exists already/,
    );
    for (const name of ["../sum", "Sum", "1st", "a_b", ""]) {
      expect(await refusal(environment, "nexus:init", { name })).to.match(/cannot be called/);
    }
    expect(await refusal(environment, "nexus:init", { name: "other", language: "go" })).to.match(
      /no language "go"/,
    );
  });
});
