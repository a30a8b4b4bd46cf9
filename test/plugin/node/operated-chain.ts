/** A chain with a live chain's id and the suite on it, behind a node of Hardhat, and `nexus-node` as a process beside it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { hexlify } from "ethers";

import { development } from "../../../deploy/suite/development-suite.ts";
import { deployParts } from "../../../plugin/chain/deploy-parts.ts";
import { DevelopmentAccount } from "../../../plugin/chain/development-account.ts";
import { EvmChain, EvmContract } from "../../../plugin/chain/evm-chain.ts";
import { HttpProvider } from "../../../plugin/chain/http-provider.ts";
import { thresholdOf } from "../../../plugin/cloud/embedded/embedded-committee.ts";
import { loadArtifact } from "../../../plugin/contracts/artifacts.ts";
import * as digests from "../../../plugin/contracts/digests.ts";
import { runCommandLine } from "../../../plugin/node/command-line.ts";
import { startNode, type LiveNode } from "../../deploy/live-node.ts";

export const CHAIN = 11155111;
export const PASSWORD = "correct horse";
export const MIN_STAKE = 100n * 10n ** 18n;

const main = fileURLToPath(new URL("../../../plugin/node/main.ts", import.meta.url));

/** What `nexus-node` said and ended with. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of `nexus-node`. */
export class NodeProcess {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
    const env = { ...process.env, NEXUS_NODE_PASSWORD: PASSWORD, ...environment };
    this.child = spawn(process.execPath, [main, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    this.child.stdout!.on("data", (data: Buffer) => (this.stdout += data.toString()));
    this.child.stderr!.on("data", (data: Buffer) => (this.stderr += data.toString()));
  }

  async ended(): Promise<Ended> {
    const [code] = (await once(this.child, "close")) as [number | null];
    return { code, stdout: this.stdout, stderr: this.stderr };
  }

  /** Resolves once it has printed, or noted, what matches. */
  async says(words: RegExp): Promise<void> {
    while (!words.test(this.stdout + this.stderr)) {
      if (this.child.exitCode !== null) throw new Error(`It ended: ${this.stdout}${this.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Runs a command of `nexus-node` in this process. */
export async function nexusNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  const code = await runCommandLine(args, {
    environment: { NEXUS_NODE_PASSWORD: PASSWORD, ...environment },
    print: (line) => (stdout += `${line}\n`),
    note: (line) => (stderr += `${line}\n`),
    stopped: new AbortController().signal,
  });
  return { code, stdout, stderr };
}

/** The chain, with a cloud of one that has no members yet. */
export interface OperatedChain {
  readonly node: LiveNode;
  readonly chain: EvmChain;
  readonly account: DevelopmentAccount;
  /** Addresses by contract name. */
  readonly parts: ReadonlyMap<string, string>;
  readonly cloudId: string;
  contract(name: string): EvmContract;
}

/** @param size number of members of the cloud, of which the threshold is the least */
export async function operatedChain(size = 1): Promise<OperatedChain> {
  const node = await startNode(CHAIN);
  const chain = await EvmChain.connect(new HttpProvider(new URL(node.url)), 0);
  const account = await DevelopmentAccount.open(chain, "founder");
  const parts = await deployParts(account, (m) => development(m, false));
  const contract = (name: string): EvmContract => new EvmContract(parts.get(name)!, loadArtifact(name).abi);
  const registry = contract("CommitteeRegistry");
  await account.call(registry, "createCloud", [
    {
      size,
      threshold: thresholdOf(size),
      scheme: 0,
      epochLength: 30n * 86_400n,
      confirmationWindow: 3_600n,
      minStake: MIN_STAKE,
      prices: { perRequest: 0n, perFuel: 0n, perByte: 0n },
    },
  ]);
  const cloudId = hexlify(digests.cloud(BigInt(CHAIN), registry.address, account.address, 0n));
  return { node, chain, account, parts, cloudId, contract };
}
