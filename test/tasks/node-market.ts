import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { JsonRpcProvider, toUtf8Bytes } from "ethers";

import { EvmContract } from "../../plugin/chain/evm-chain.ts";
import { loadArtifact } from "../../plugin/contracts/artifacts.ts";
import { startNode } from "../deploy/live-node.ts";
import { outsideHardhat } from "../packed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const TWICE = `import { readInputText, writeOutputText } from "../../../../programs/sdk-assemblyscript/assembly/index";
writeOutputText((2 * I64.parseInt(readInputText())).toString());
`;

interface Addresses {
  readonly rpc?: string;
  readonly contracts: { readonly ZeroMarket: string };
  readonly zero: { readonly selector: string; readonly programs: Readonly<Record<string, string>> };
}

describe("nexus:node --zero", function () {
  this.timeout(300_000);
  let programs: string;
  before(async () => {
    // In the repository, so that the compiler and the SDK are found.
    await mkdir(join(root, "cache"), { recursive: true });
    programs = await mkdtemp(join(root, "cache", "programs-"));
    await mkdir(join(programs, "twice", "assembly"), { recursive: true });
    await writeFile(join(programs, "twice", "assembly", "index.ts"), TWICE);
  });
  after(() => rm(programs, { recursive: true }));

  /** Starts it, with `args`; asks the market of it for a proof of a program of the project. @returns the journal that is sold */
  async function sold(args: string[], url?: string): Promise<string> {
    const out = join(programs, `${args.length}.json`);
    const cli = join(root, "node_modules/hardhat/dist/src/cli.js");
    const config = join(root, "test/tasks/node-market.config.ts");
    const command = [cli, "--config", config, "nexus:node", "--zero", "--port", "0", "--out", out, ...args];
    const env = {
      ...outsideHardhat(),
      NODE_MARKET_PROGRAMS: programs,
      ...(url !== undefined && { NODE_MARKET_URL: url }),
    };
    const child = spawn(process.execPath, command, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
    let printed = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text: Buffer) => (printed += text.toString()));
    }
    const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        expect(child.exitCode ?? child.signalCode, printed).to.equal(null);
        await sleep(50);
      }
    };
    let provider: JsonRpcProvider | undefined;
    try {
      await until(async () => Promise.resolve(existsSync(out) || undefined));
      const { rpc, contracts, zero } = JSON.parse(await readFile(out, "utf8")) as Addresses;
      expect(zero.programs).to.include.keys("twice", "fibonacci");
      expect(printed).to.include(zero.selector).and.to.include(zero.programs["twice"]);
      provider = new JsonRpcProvider(url ?? rpc, undefined, { staticNetwork: true, batchMaxCount: 1 });
      const market = new EvmContract(contracts.ZeroMarket, loadArtifact("ZeroMarket").abi);
      const deadline = (await provider.getBlock("latest"))!.timestamp + 86_400;
      const asked = [zero.programs["twice"], zero.selector, toUtf8Bytes("21"), deadline, 0];
      const data = market.abi.encodeFunctionData("request", asked);
      const signer = await provider.getSigner(0);
      const { blockNumber } = (await (await signer.sendTransaction({ to: market.address, data })).wait())!;
      const topics = [market.abi.getEvent("RequestFulfilled")!.topicHash];
      const log = await until(async () => {
        const logs = await provider!.getLogs({ address: market.address, topics, fromBlock: blockNumber });
        return logs[0];
      });
      const { journal } = market.abi.parseLog(log)!.args.toObject() as { journal: string };
      return Buffer.from(journal.slice(2), "hex").toString();
    } finally {
      provider?.destroy();
      child.kill("SIGKILL");
    }
  }

  it("answers what is asked of the market for the project's programs, on a network of its own", async () => {
    expect(await sold(["--rpc-port", "0"])).to.equal("42");
  });

  it("does so beside a node", async () => {
    const node = await startNode();
    try {
      expect(await sold(["--network", "elsewhere", "--host", "127.0.0.1"], node.url)).to.equal("42");
    } finally {
      await node.close();
    }
  });
});
