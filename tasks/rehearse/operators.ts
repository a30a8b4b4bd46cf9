/** The operators of a rehearsal: what each does on its own machine, done on this one. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { EvmChain, EvmContract } from "../../plugin/chain/evm-chain.ts";
import { freePorts } from "../../plugin/cloud/cometbft/free-ports.ts";
import { runCommandLine } from "../../plugin/node/command-line.ts";
import { withoutComments } from "../../plugin/node/configuration.ts";
import { NodeFolder } from "../../plugin/node/node-folder.ts";
import { transact } from "../../plugin/node/transact.ts";
import type { RehearsedChain } from "./rehearsed-chain.ts";

/** Wei that each account gets. */
const ETHER = "0x56bc75e2d63100000";
/** Blocks of a rehearsed chain below its head that none is taken back from: what Hardhat calls finalized is further. */
export const FINALITY = 1;
/** Milliseconds from a block of the cloud to the next. */
const BLOCK_TIME = 500;

/** An operator: a folder, an account, and where its node listens. */
export interface Operator {
  readonly name: string;
  readonly folder: string;
  readonly account: string;
  readonly port: number;
  readonly statusPort: number;
}

/** A command of `nexus-node` did not end well; the message has what it said. */
export class CommandFailedError extends Error {
  override readonly name = "CommandFailedError";
}

/** What a rehearsal's nodes are called with. */
export interface Setting {
  readonly root: string;
  readonly password: string;
  /** The command of CometBFT. */
  readonly cometbft: string;
}

/** Runs a command of `nexus-node` in this process. @throws CommandFailedError */
export async function nexusNode(args: readonly string[], password: string): Promise<void> {
  const said: string[] = [];
  const code = await runCommandLine(args, {
    environment: { ...process.env, NEXUS_NODE_PASSWORD: password },
    print: (line) => said.push(line),
    note: (line) => said.push(line),
    stopped: new AbortController().signal,
  });
  if (code !== 0) throw new CommandFailedError(`\`nexus-node ${args.join(" ")}\` failed: ${said.join("\n")}`);
}

/** Makes n folders with `nexus-node init`, and tells each node where the others are. */
export async function makeOperators(
  setting: Setting,
  count: number,
  home: RehearsedChain,
  cloudId: string,
): Promise<Operator[]> {
  const { root, password } = setting;
  const contracts = join(root, "deployed_addresses.json");
  await writeFile(contracts, `${JSON.stringify(Object.fromEntries(home.parts), undefined, 2)}\n`);
  const ports = await freePorts(2 * count);
  const operators: Operator[] = [];
  const peers: string[] = [];
  for (let i = 1; i <= count; i++) {
    const name = `node-${i}`;
    const path = join(root, name);
    const known = ["--chain-id", `${home.chain.chainId}`, "--rpc", home.url, "--contracts", contracts];
    const args = [...known, "--deployed-at", `${home.deployedAt}`, "--cloud", cloudId, "--name", name];
    await nexusNode(["init", path, ...args], password);
    const folder = new NodeFolder(path);
    const [port, statusPort] = [ports[2 * i - 2]!, ports[2 * i - 1]!];
    operators.push({ name, folder: path, account: await folder.accountAddress(), port, statusPort });
    peers.push(`${(await folder.identity()).peer}@127.0.0.1:${port}`);
  }
  for (const [i, { folder, port, statusPort }] of operators.entries()) {
    await configure(folder, (configuration) => ({
      ...configuration,
      home: { ...(configuration["home"] as object), finality: FINALITY },
      network: { listen: `127.0.0.1:${port}`, peers: peers.filter((_, j) => j !== i) },
      status: { listen: `127.0.0.1:${statusPort}` },
      cometbft: setting.cometbft,
      blockTime: BLOCK_TIME,
    }));
  }
  return operators;
}

/** The height of the last block of the cloud that a running node has; 0 while it has none, or does not say. */
export async function heightOf({ statusPort }: Operator): Promise<number> {
  try {
    const response = await fetch(`http://127.0.0.1:${statusPort}/health`);
    return ((await response.json()) as { height: number }).height;
  } catch {
    return 0;
  }
}

/** Has the nodes serve another chain. */
export async function addMirror(operators: readonly Operator[], mirror: RehearsedChain): Promise<void> {
  const names = ["CommitteeMirror", "NexusGateway", "NexusOutbox", "StateCheckpoints", "NexusSubscriptions"];
  const section = {
    chainId: Number(mirror.chain.chainId),
    finality: FINALITY,
    deployedAt: Number(mirror.deployedAt),
    contracts: Object.fromEntries(names.map((name) => [name, mirror.parts.get(name)])),
    endpoints: [{ url: mirror.url }],
  };
  for (const { folder, account } of operators) {
    await configure(folder, (configuration) => ({ ...configuration, mirrors: [section] }));
    await mirror.chain.rpc("hardhat_setBalance", account, ETHER);
  }
}

/** Changes a node's configuration; its comments are lost. @param path the operator's folder */
export async function configure(
  path: string,
  change: (configuration: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  const { configuration: file } = new NodeFolder(path);
  const written = JSON.parse(withoutComments(await readFile(file, "utf8"))) as Record<string, unknown>;
  const changed = change(written);
  await writeFile(file, `${JSON.stringify(changed, undefined, 2)}\n`, { mode: 0o600 });
}

/** Gives an operator ether and the stake that its cloud asks for, registers its node, and has it stand. */
export async function standForCloud(
  { folder, account }: Operator,
  home: RehearsedChain,
  minStake: bigint,
  password: string,
): Promise<void> {
  const { chain } = home;
  const [token, staking] = [home.contract("DevelopmentToken"), home.contract("NexusStaking")];
  await chain.rpc("hardhat_setBalance", account, ETHER);
  // A wallet would sign for the stake; the development node does it here.
  await chain.rpc("hardhat_impersonateAccount", account);
  await send(chain, account, token, "mint", [account, minStake]);
  await send(chain, account, token, "approve", [staking.address, minStake]);
  await send(chain, account, staking, "register", [0]);
  await send(chain, account, staking, "delegate", [account, minStake, 0]);
  await chain.rpc("hardhat_stopImpersonatingAccount", account);
  await nexusNode(["register", folder], password);
}

async function send(
  chain: EvmChain,
  from: string,
  contract: EvmContract,
  method: string,
  args: readonly unknown[],
): Promise<void> {
  await transact(chain, from, { contract, method, args }, () => undefined);
}
