import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import config from "../../hardhat.config.ts";
import nexusPlugin from "../../plugin/index.ts";
import { findRustToolchain } from "../../plugin/programs/rust-toolchain.ts";
import { missingCompiler } from "../../tasks/init/compilers.ts";
import { consumerTest } from "../../tasks/init/consumer-test.ts";
import { testTools } from "../../tasks/init/project.ts";
import { tscTrips } from "../../tasks/init/typescript.ts";
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
    // The line that it offers for the SDK is right as it stands.
    const manifest = join(project, "programs/add-up/Cargo.toml");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace("# nexus =", "nexus ="));
    await writeFile(
      join(project, "programs/add-up/src/main.rs"),
      'fn main() { nexus::storage::set(b"a", b"b"); print!("stored"); }',
    );
    expect(await (await nexus.program("add-up")).call()).to.equal("stored");
  });

  it("says first which compiler is missing, and what installs it", async () => {
    const bare = await mkdtemp(join(tmpdir(), "nexus-bare-"));
    try {
      await writeFile(join(bare, "package.json"), '{ "type": "module" }');
      const rust = await missingCompiler("rust", bare, []);
      expect(rust!.why).to.match(/need a Rust compiler.*rustup.*--language assemblyscript/);
      expect(rust!.command).to.match(
        /^rustup target add wasm32-wasip1 +# after Rust, from https:\/\/rustup\.rs$/,
      );
      const environment = await createHardhatRuntimeEnvironment({ plugins: config.plugins! }, {}, bare);
      const output = await printed(environment, "nexus:init", { language: "assemblyscript" });
      expect(output).to.match(
        /^First: AssemblyScript, [^]*Written:[^]*Next:\n {2}npm install --save-dev assemblyscript\n/,
      );
      // Here it is installed, and nothing of it is said.
      expect(await missingCompiler("assemblyscript", project)).to.equal(undefined);
      expect(await init("second", "assemblyscript")).not.to.include("npm install");
    } finally {
      await rm(bare, { recursive: true });
    }
  });

  it("has AssemblyScript left out of the project's TypeScript, where tsc would take it", async () => {
    const tsconfig = join(project, "tsconfig.json");
    const asks = async (text: string): Promise<boolean> => {
      await writeFile(tsconfig, text);
      return tscTrips(project, join(project, "programs/sum"));
    };
    for (const takes of [
      '{ /* all */ "compilerOptions": { "strict": true, }, }',
      '{ "include": ["./programs", "test"] }',
      '{ "include": ["**/*.ts"] }',
      "{ not JSON",
    ]) {
      expect(await asks(takes), takes).to.equal(true);
    }
    expect(await init("taken", "assemblyscript")).to.include('"exclude": ["programs"] in tsconfig.json');
    for (const leaves of [
      '{ "exclude": ["programs"] } // "include"',
      '{ "include": ["test", "hardhat.config.ts"] }',
      '{ "files": ["hardhat.config.ts"] }',
    ]) {
      expect(await asks(leaves), leaves).to.equal(false);
    }
    expect(await init("left", "assemblyscript")).not.to.include("in tsconfig.json");
    await rm(tsconfig);
    expect(await tscTrips(project, join(project, "programs/sum"))).to.equal(false);
  });

  it("writes the test with what the project tests with", async () => {
    const tools = (...ids: string[]) =>
      testTools({
        config: {
          plugins: ids.map((id) => ({ id })),
          paths: { root: project, tests: { mocha: join(project, "mocha"), nodejs: join(project, "nodejs") } },
        },
      } as unknown as HardhatRuntimeEnvironment);
    const viem = tools("hardhat-node-test-runner", "hardhat-viem")!;
    expect(viem).to.deep.equal({
      runner: "nodejs",
      contracts: "viem",
      assertions: "node:assert",
      folder: join(project, "nodejs"),
    });
    const written = consumerTest("sum", "SumConsumer", viem);
    expect(written)
      .to.include('from "node:test"')
      .and.include("viem.deployContract(")
      .and.not.include("chai");
    expect(tools("hardhat-mocha", "hardhat-ethers")).to.include({ runner: "mocha", contracts: "ethers" });
    expect(tools("hardhat-mocha")).to.equal(undefined);
    expect(tools("hardhat-viem")).to.equal(undefined);
    // The project has no chai of its own.
    expect(tools("hardhat-mocha", "hardhat-viem")!.assertions).to.equal("node:assert");
    const bare = await createHardhatRuntimeEnvironment({ plugins: [nexusPlugin] }, {}, project);
    const output = await printed(bare, "nexus:init", { name: "third", language: "assemblyscript" });
    expect(output)
      .to.match(/No test was written/)
      .and.not.include("hardhat test");
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
