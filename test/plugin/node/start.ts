import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { Interface, toQuantity } from "ethers";

import { freePort } from "../../../plugin/cloud/cometbft/free-ports.ts";
import { SigningProvider } from "../../../plugin/chain/signing-provider.ts";
import { EvmChain, EvmContract } from "../../../plugin/chain/evm-chain.ts";
import { loadArtifact } from "../../../plugin/contracts/artifacts.ts";
import { NodeFolder } from "../../../plugin/node/node-folder.ts";
import { hasCometBft } from "../cloud/cometbft/available.ts";
import {
  CHAIN,
  MIN_STAKE,
  nexusNode,
  NodeProcess,
  operatedChain,
  PASSWORD,
  type OperatedChain,
} from "./operated-chain.ts";

const command = process.env.COMETBFT ?? "cometbft";
const prebuilt = new URL("../../../programs/prebuilt/", import.meta.url);
const counter = fileURLToPath(new URL("counter.wasm", prebuilt));

/** An operator with its node's folder. */
interface Operator {
  readonly folder: string;
  readonly port: number;
  readonly status: number;
}

describe("nexus-node start, four processes beside a chain with the id of a live one", function () {
  this.timeout(400_000);
  let home: OperatedChain;
  let root: string;
  const operators: Operator[] = [];
  const processes = new Map<Operator, NodeProcess>();
  const environment = (): Record<string, string> => ({ NODE_URL: home.node.url });

  before(async function () {
    if (!(await hasCometBft(command))) this.skip();
    home = await operatedChain(4);
    root = await mkdtemp(join(tmpdir(), "nexus-start-"));
    const addresses = join(root, "addresses.json");
    await writeFile(addresses, JSON.stringify(Object.fromEntries(home.parts)));
    for (let i = 0; i < 4; i++) {
      const folder = join(root, `n${i}`);
      const given = ["--chain-id", `${CHAIN}`, "--contracts", addresses, "--deployed-at", "1"];
      const rest = ["--cloud", home.cloudId, "--rpc", "${NODE_URL}", "--name", `n${i}`];
      const made = await nexusNode(["init", folder, ...given, ...rest]);
      expect(made).to.include({ code: 0, stderr: "" });
      operators.push({ folder, port: await freePort(), status: await freePort() });
    }
    const peers: string[] = [];
    for (const { folder, port } of operators)
      peers.push(`${(await new NodeFolder(folder).identity()).peer}@127.0.0.1:${port}`);
    for (const [i, { folder, port, status }] of operators.entries()) {
      const file = new NodeFolder(folder).configuration;
      const network = { listen: `127.0.0.1:${port}`, peers: peers.filter((_, j) => j !== i) };
      const text = (await readFile(file, "utf8"))
        .replace(/"network": \{[^}]*\}/, `"network": ${JSON.stringify(network)}, "cometbft": "${command}"`)
        .replace("127.0.0.1:26680", `127.0.0.1:${status}`);
      await writeFile(file, text);
      await stand(folder);
    }
  });
  after(async () => {
    for (const { child } of processes.values()) child.kill("SIGKILL");
    await home?.node.close();
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  });

  /** Has an operator stake and stand. */
  async function stand(folder: string): Promise<void> {
    const key = await new NodeFolder(folder).openAccount(PASSWORD);
    const provider = new SigningProvider(home.chain, BigInt(CHAIN), key);
    const chain = new EvmChain(provider, BigInt(CHAIN), 0);
    // The key took so long that the chain's server has closed the connection, which is found out by asking.
    await home.chain.head().catch(() => undefined);
    await home.chain.rpc("hardhat_setBalance", provider.address, toQuantity(10n ** 18n));
    const send = async (contract: EvmContract, method: string, args: unknown[]): Promise<void> => {
      const data = contract.abi.encodeFunctionData(method, args);
      const hash = await chain.send({ from: provider.address, to: contract.address, data });
      expect(await chain.receipt(hash), method).to.include({ status: "0x1" });
    };
    const [token, staking] = [home.contract("DevelopmentToken"), home.contract("NexusStaking")];
    await send(token, "mint", [provider.address, MIN_STAKE]);
    await send(token, "approve", [staking.address, MIN_STAKE]);
    await send(staking, "register", [0]);
    await send(staking, "delegate", [provider.address, MIN_STAKE, 0]);
    expect((await nexusNode(["register", folder], environment())).code).to.equal(0);
  }

  const start = (operator: Operator): NodeProcess => {
    const started = new NodeProcess(["start", operator.folder], environment());
    processes.set(operator, started);
    return started;
  };
  const read = async (contract: EvmContract, method: string, ...args: unknown[]): Promise<unknown> =>
    (await home.chain.read(contract, method, ...args))[0];
  const health = async ({ status }: Operator): Promise<Record<string, unknown>> =>
    (await (await fetch(`http://127.0.0.1:${status}/health`)).json()) as Record<string, unknown>;
  const until = async (met: () => Promise<boolean>): Promise<void> => {
    while (!(await met())) {
      const ended = [...processes.values()].find(({ child }) => child.exitCode !== null);
      if (ended !== undefined) throw new Error(`A node ended: ${ended.stdout}${ended.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  let consumer: EvmContract;
  const ask = async (amount: bigint): Promise<void> => {
    await home.account.call(consumer, "add", [amount], await fee());
  };
  const fee = async (): Promise<bigint> =>
    (await home.chain.readPaying(home.account.address, consumer, "fee"))[0] as bigint;

  it("go from four candidates to a committee with a key of its own", async () => {
    for (const operator of operators) await start(operator).says(/"msg":"started"/);
    expect(await health(operators[0]!)).to.include({ phase: "waiting", epoch: "0", isMember: false });
    const registry = home.contract("CommitteeRegistry");
    // The nodes open the epoch and select; blocks come as they do on a live chain.
    const blocks = setInterval(() => void home.chain.rpc("evm_mine").catch(() => undefined), 1_000);
    try {
      await until(async () => (await read(registry, "currentEpoch", home.cloudId)) === 1n);
    } finally {
      clearInterval(blocks);
    }
    await until(async () =>
      (await Promise.all(operators.map(health))).every(({ phase }) => phase === "running"),
    );
  });

  it("answer a request by callback, once t operators have approved its program", async () => {
    for (const { folder } of operators.slice(0, 3))
      expect((await nexusNode(["approve", folder, "--program", counter], environment())).code).to.equal(0);
    const { programId } = (
      JSON.parse(await readFile(new URL("manifest.json", prebuilt), "utf8")) as Record<
        string,
        { programId: string }
      >
    )["counter"]!;
    const { abi, bytecode } = loadArtifact("Counter");
    const gateway = home.contract("NexusGateway").address;
    const args = [gateway, home.cloudId, programId];
    consumer = new EvmContract(await home.account.deploy(new Interface(abi), bytecode, args), abi);
    await until(async () =>
      (await Promise.all(operators.map(health))).every(({ height }) => Number(height) >= 2),
    );
    await ask(5n);
    await until(async () => (await read(consumer, "count")) === 5n);
    const gatewayLogs = await home.chain.logs([gateway], 1n, await home.chain.head());
    const fulfilled = home.contract("NexusGateway").abi.getEvent("Fulfilled")!.topicHash;
    expect(gatewayLogs.filter(({ topics }) => topics[0] === fulfilled)).to.have.length(1);
  });

  it("refuse a second process in a folder, and stop well when told", async () => {
    const [first] = operators;
    const second = await new NodeProcess(["start", first!.folder], environment()).ended();
    expect(second.code).to.equal(1);
    expect(second.stderr).to.match(/in use by another process. Stop that node first/);
    const running = processes.get(first!)!;
    processes.delete(first!);
    running.child.kill("SIGTERM");
    const ended = await running.ended();
    expect(ended.code, ended.stderr).to.equal(0);
    expect(ended.stdout).to.match(/"msg":"stopped"/);
  });

  it("answer on with one node away, whose turn passes to the next; and it comes back", async () => {
    await ask(3n);
    await until(async () => (await read(consumer, "count")) === 8n);
    const [first] = operators;
    await start(first!).says(/"msg":"started"/);
    await until(
      async () =>
        (await health(first!).catch(() => ({}) as Record<string, unknown>))["height"] ===
        (await health(operators[1]!))["height"],
    );
  });
});
