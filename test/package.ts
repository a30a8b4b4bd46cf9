import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { expect } from "chai";

const run = promisify(execFile);
const repository = fileURLToPath(new URL("..", import.meta.url));

const CONFIG = `import { fileURLToPath } from "node:url";
import toolbox from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import nexus from "hardhat-nexus";
import { defineConfig } from "hardhat/config";

export default defineConfig({
  plugins: [toolbox, nexus],
  solidity: { compilers: [{ version: "0.8.37", path: fileURLToPath(import.meta.resolve("solc/soljson.js")) }] },
});
`;

const CONSUMER = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Outcome} from "hardhat-nexus/contracts/committee/Digests.sol";
import {INexusGateway} from "hardhat-nexus/contracts/cloud/INexusGateway.sol";
import {NexusConsumer} from "hardhat-nexus/contracts/cloud/NexusConsumer.sol";

contract Asker is NexusConsumer {
    string public answer;

    constructor(INexusGateway gateway_) NexusConsumer(gateway_) {}

    function ask(bytes32 programId, string calldata input) external {
        _request(programId, bytes(input), 200_000, uint40(block.timestamp + 1 hours), 0);
    }

    function _onResult(bytes32, Outcome outcome, bytes calldata output) internal override {
        require(outcome == Outcome.Success);
        answer = string(output);
    }
}
`;

const TEST = `import { expect } from "chai";
import { network } from "hardhat";

describe("a project that installed hardhat-nexus", () => {
  it("calls a program, and a contract of its own is called back", async () => {
    const { ethers, nexus } = await network.create();
    const fibonacci = await nexus.program("fibonacci");
    expect(await fibonacci.call("30")).to.equal("832040");
    const asker = await ethers.deployContract("Asker", [await nexus.gateway()]);
    await asker.ask(fibonacci.id, "31");
    expect(await asker.answer()).to.equal("1346269");
  });
});
`;

describe("the npm package", function () {
  this.timeout(900_000);

  let folder: string;
  before(async function () {
    // Packing and installing take minutes, so only where slow tests are asked for.
    if (process.env.NEXUS_SLOW !== "1") return this.skip();
    folder = await mkdtemp(join(tmpdir(), "nexus-package-"));
    return undefined;
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it("works in an empty Hardhat project from its documentation alone", async () => {
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], {
      cwd: repository,
      maxBuffer: 64 * 1024 * 1024,
    });
    const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }];
    const { devDependencies: versions } = JSON.parse(
      await readFile(join(repository, "package.json"), "utf8"),
    ) as { devDependencies: Record<string, string> };

    const project = join(folder, "project");
    await mkdir(join(project, "contracts"), { recursive: true });
    await mkdir(join(project, "test"));
    await writeFile(join(project, "package.json"), JSON.stringify({ name: "project", type: "module" }));
    await writeFile(join(project, "hardhat.config.ts"), CONFIG);
    await writeFile(join(project, "contracts", "Asker.sol"), CONSUMER);
    await writeFile(join(project, "test", "asker.ts"), TEST);
    const installed = ["hardhat", "@nomicfoundation/hardhat-toolbox-mocha-ethers", "solc"];
    await run(
      "npm",
      [
        "install",
        "--prefer-offline",
        "--no-audit",
        "--no-fund",
        "--save-dev",
        ...installed.map((name) => `${name}@${versions[name]}`),
        join(folder, filename),
      ],
      { cwd: project, maxBuffer: 64 * 1024 * 1024 },
    );

    // The Hardhat that runs this test tells its children about itself; the project's must not listen.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("HARDHAT_")),
    );
    const hardhat = join(project, "node_modules", "hardhat", "dist", "src", "cli.js");
    const tests = await run(process.execPath, [hardhat, "test"], { cwd: project, env });
    expect(tests.stdout).to.match(/1 passing/);
    const command = async (...args: string[]): Promise<Record<string, unknown>> => {
      const { stdout } = await run(process.execPath, [hardhat, ...args, "--json"], { cwd: project, env });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    expect(await command("nexus:run", "fibonacci", "--input", "20")).to.include({ output: "6765" });

    const proven = await command("nexus:prove", "fibonacci", "--input", "20", "-o", "proof.json");
    expect(proven).to.include({ output: "6765", file: "proof.json" });
    const { programId } = proven;
    expect(await command("nexus:verify", "proof.json")).to.include({ accepted: true, programId });
    const onChain = await command("nexus:verify", "proof.json", "--network", "default");
    expect(onChain).to.include({ accepted: true, programId, network: "default" });
  });
});
