import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import binaryen from "binaryen";
import { expect } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import config from "../../hardhat.config.ts";
import { startNode } from "../deploy/live-node.ts";
import { printed, refusal } from "./printed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe("nexus:run", () => {
  let folder: string;
  /** With the smallest cloud, and little fuel. */
  let small: HardhatRuntimeEnvironment;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-run-"));
    const nexus = { cloud: { nodes: 1, fuel: 5_000_000n } };
    small = await createHardhatRuntimeEnvironment({ ...config, nexus }, {}, root);
  });
  after(() => rm(folder, { recursive: true }));

  const wasm = async (name: string, text: string): Promise<string> => {
    const file = join(folder, `${name}.wasm`);
    await writeFile(file, binaryen.parseText(text).emitBinary());
    return file;
  };

  it("runs the example in both clouds without being told anything, and shows the accepted answers", async () => {
    const nexus = { zero: { mode: "mock" as const } };
    const mock = await createHardhatRuntimeEnvironment({ ...config, nexus }, {}, root);
    const output = await printed(mock, "nexus:run");
    expect(output).to.match(/fibonacci on default/);
    expect(output).to.match(/Output +│ 832040/);
    expect(output).to.match(/Signed by +│ members \d, \d, \d of 4, BN254/);
    expect(output).to.match(/Proof accepted by the contract[^]*Output +│ 832040/);
    // What it suggests next works in any folder.
    const [, program, input] = /Run another with: npx hardhat nexus:run (\w+) --input "([^"]+)"$/.exec(
      output,
    )!;
    expect(await printed(small, "nexus:run", { program, input })).to.include("Success");
  });

  it("gives a file to a program, shows the beginning of a long output, and all of it in JSON", async () => {
    const args = { program: "wordcount", inputFile: join(root, "LICENSES/MIT.txt"), cloud: true };
    const output = await printed(small, "nexus:run", args);
    expect(output).to.match(/^Output\nthe \d+\n[^]*… \d+ more lines/);

    const json = JSON.parse(await printed(small, "nexus:run", { ...args, json: true })) as Record<
      string,
      unknown
    >;
    expect(json.outcome).to.equal("Success");
    expect(json.output).to.match(/\nwarranties 1\n/);
    expect(Buffer.from(String(json.outputHex).slice(2), "hex").toString()).to.equal(json.output);
    expect(json.signers).to.deep.equal([1]);
    expect(json.gasUsed).to.be.greaterThan(100_000);
    expect(json.transactionHash).to.match(/^0x[0-9a-f]{64}$/);
  });

  it("takes bytes as hex", async () => {
    const args = { program: "fibonacci", input: "0x3330", inputHex: true, json: true };
    expect(JSON.parse(await printed(small, "nexus:run", args))).to.include({ output: "832040" });
  });

  it("refuses what cannot be an input, in a sentence", async () => {
    const program = "fibonacci";
    const of = (args: Record<string, unknown>) => refusal(small, "nexus:run", { program, ...args });
    expect(await of({ input: "1", inputFile: "x" })).to.match(/^Give the input once/);
    expect(await of({ inputFile: join(folder, "none") })).to.match(/none does not exist\.$/);
    expect(await of({ inputFile: folder })).to.match(/is a folder\.$/);
    expect(await of({ input: "0x123", inputHex: true })).to.match(/is not hex/);
    expect(await of({ inputHex: true })).to.match(/give one of them/);
    expect(await of({ input: "x".repeat(65_537) })).to.match(/has 65537 bytes.*at most 65536/);
  });

  it("says which programs there are when there is no such one", async () => {
    expect(await refusal(small, "nexus:run", { program: "fibonaci" })).to.match(
      /no program fibonaci\. Known are: .*fibonacci/,
    );
    expect(await refusal(small, "nexus:run", { program: join(folder, "none.wasm") })).to.match(
      /The module .*none\.wasm does not exist\.$/,
    );
    await mkdir(join(folder, "folder.wasm"));
    expect(await refusal(small, "nexus:run", { program: join(folder, "folder.wasm") })).to.match(
      /The module .*folder\.wasm is a folder\.$/,
    );
    expect(await refusal(small, "nexus:run", { program: "" })).to.match(
      /no program without a name\. Known are/,
    );
  });

  it("says why the cloud does not run a module", async () => {
    const program = join(folder, "text.wasm");
    await writeFile(program, "not WebAssembly");
    expect(await refusal(small, "nexus:run", { program })).to.match(
      /^The cloud does not run text: malformed WebAssembly/,
    );
    const library = await wasm("library", "(module (memory 1))");
    expect(await refusal(small, "nexus:run", { program: library })).to.match(
      /must export the function _start/,
    );
    const greedy = await wasm("greedy", `(module (memory (export "memory") 2000) (func (export "_start")))`);
    expect(await refusal(small, "nexus:run", { program: greedy })).to.match(
      /oversized WebAssembly: 2000 pages of memory, at most 1024 are taken\.$/,
    );
  });

  it("says where a program trapped, what used up the fuel, and what a failing one said", async () => {
    const start = `(memory (export "memory") 1) (export "_start" (func $main))`;
    const trapping = await wasm(
      "trapping",
      `(module ${start} (func $main call $boom) (func $boom unreachable))`,
    );
    expect(await refusal(small, "nexus:run", { program: trapping })).to.match(
      /^trapping ended with Trapped: .*unreachable/,
    );
    const endless = await wasm("endless", `(module ${start} (func $main (loop $again (br $again))))`);
    expect(await refusal(small, "nexus:run", { program: endless })).to.match(
      /ended with OutOfFuel: .*5,000,000 units: raise nexus\.cloud\.fuel/,
    );
    expect(await refusal(small, "nexus:run", { program: "fibonacci", input: "many" })).to.match(
      /ended with ExitedWithError: .*code 1\. It said: "many" is not a number/,
    );
  });

  it("works beside a development node, and sends nothing to a live chain", async () => {
    const node = await startNode();
    try {
      const output = await printed(node.hre, "nexus:run", { program: "fibonacci", input: "10", json: true });
      expect(JSON.parse(output)).to.include({ network: "live", output: "55" });
    } finally {
      await node.close();
    }
    const live = await startNode(10);
    try {
      expect(await refusal(live.hre, "nexus:run")).to.match(/network live is chain 10, a live one/);
      const { provider } = await live.hre.network.create();
      expect(await provider.request({ method: "eth_blockNumber" })).to.equal("0x0");
    } finally {
      await live.close();
    }
    // Without asking for the address or the key, which are not there.
    const sepolia = await createHardhatRuntimeEnvironment(config, { network: "sepolia" }, root);
    expect(await refusal(sepolia, "nexus:run")).to.match(/network sepolia is chain 11155111, a live one/);
  });

  it("ends with exit code 1, JSON alone on standard output and one sentence on standard error", async () => {
    const cli = join(root, "node_modules/hardhat/dist/src/cli.js");
    const args = [cli, "nexus:run", "fibonacci", "--input", "many", "--json"];
    // Without the variables of continuous integration, where Hardhat adds a stack trace to every error.
    const { PATH, HOME } = process.env;
    const env = { PATH, HOME };
    const ended = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, args, { cwd: root, env }, (error, stdout, stderr) =>
        resolve({ code: error?.code, stdout, stderr }),
      );
    });
    expect(ended.code).to.equal(1);
    expect(JSON.parse(ended.stdout)).to.include({ outcome: "ExitedWithError", output: "" });
    expect(ended.stderr).to.match(/hardhat-nexus: fibonacci ended with ExitedWithError/);
    expect(ended.stderr).not.to.match(/^\s+at /m);
  });
});
