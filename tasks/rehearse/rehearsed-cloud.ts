/** A cloud on this machine: its chains, its operators, and their nodes as processes; for the rehearsal, tests and benchmarks. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";

import { loadExample } from "../../plugin/programs/load.ts";
import { cloudParameters, type AskedParameters } from "../found/cloud-parameters.ts";
import { foundingContracts } from "../found/founding-contracts.ts";
import { createCloud, type FoundingProgress, type FoundingSite } from "../found/founding.ts";
import { NodeProcess } from "./node-process.ts";
import { makeOperators, nexusNode, standForCloud, type Operator, type Setting } from "./operators.ts";
import { deployHome, startChain, type RehearsedChain } from "./rehearsed-chain.ts";

/** What the cloud's answers cost. */
const PRICES = { perRequest: 10n ** 13n, perFuel: 10n ** 4n, perByte: 10n ** 9n };
/** Milliseconds between two looks at the registry. */
const LOOK = 500;

/** A cloud that its founder has created. */
export interface Founded {
  readonly home: RehearsedChain;
  readonly site: FoundingSite;
  readonly cloudId: string;
  /** What an operator has to stake. */
  readonly minStake: bigint;
}

export class RehearsedCloud {
  /** Nodes that were started, by the operator's name. */
  readonly nodes = new Map<string, NodeProcess>();
  readonly #hre: HardhatRuntimeEnvironment;
  readonly #setting: Setting;
  readonly #chains: RehearsedChain[] = [];
  #founded: Founded | undefined;
  #operators: readonly Operator[] = [];

  private constructor(hre: HardhatRuntimeEnvironment, setting: Setting) {
    this.#hre = hre;
    this.#setting = setting;
  }

  /** Begins with a folder and nothing else. @param cometbft the command of CometBFT */
  static async open(hre: HardhatRuntimeEnvironment, cometbft: string): Promise<RehearsedCloud> {
    const root = await mkdtemp(join(tmpdir(), "nexus-rehearsal-"));
    return new RehearsedCloud(hre, { root, password: randomBytes(16).toString("hex"), cometbft });
  }

  /** The folder of everything. */
  get root(): string {
    return this.#setting.root;
  }

  get chains(): readonly RehearsedChain[] {
    return this.#chains;
  }

  get operators(): readonly Operator[] {
    return this.#operators;
  }

  get founded(): Founded {
    if (this.#founded === undefined) throw new Error("The cloud is not created yet.");
    return this.#founded;
  }

  /** @param behind seconds that its clock is behind this machine's */
  async startChain(chainId: number, behind = 0): Promise<RehearsedChain> {
    const chain = await startChain(this.#hre, chainId, behind);
    this.#chains.push(chain);
    return chain;
  }

  /** Deploys the suite on a chain and creates a cloud there. */
  async create(
    home: RehearsedChain,
    asked: AskedParameters,
    told: FoundingProgress,
    deployed: () => void = () => undefined,
  ): Promise<Founded> {
    await deployHome(home);
    deployed();
    const { chain, account, parts } = home;
    const contracts = await foundingContracts(chain, parts.get("CommitteeRegistry")!);
    const site: FoundingSite = { chain, from: account.address, contracts, interval: LOOK };
    const parameters = await cloudParameters(asked, chain, contracts, PRICES);
    const cloudId = await createCloud(site, parameters, told);
    return (this.#founded = { home, site, cloudId, minStake: parameters.minStake });
  }

  /** Makes the folders of so many operators, whose nodes know each other. */
  async makeOperators(count: number): Promise<readonly Operator[]> {
    const { home, cloudId } = this.founded;
    return (this.#operators = await makeOperators(this.#setting, count, home, cloudId));
  }

  /** Has an operator stake, register its node and stand for the cloud, and approve the example `counter`. */
  async stand(operator: Operator): Promise<void> {
    const { password, root } = this.#setting;
    const { home, minStake } = this.founded;
    await standForCloud(operator, home, minStake, password);
    const program = join(root, "counter.wasm");
    await writeFile(program, await this.counter());
    await this.command("approve", operator, "--program", program);
  }

  /** The module of the example `counter`. */
  async counter(): Promise<Uint8Array> {
    return (await loadExample("counter")).module;
  }

  /** Runs a command of `nexus-node` for an operator. @throws CommandFailedError */
  async command(command: string, operator: Operator, ...args: readonly string[]): Promise<void> {
    await nexusNode([command, operator.folder, ...args], this.#setting.password);
  }

  /** Starts the nodes of some operators, or of all; those that ran before are forgotten. */
  async start(operators: readonly Operator[] = this.#operators): Promise<void> {
    const { root, password } = this.#setting;
    for (const { name, folder } of operators) {
      this.nodes.set(name, await NodeProcess.start(name, folder, join(root, `${name}.log`), password));
    }
  }

  /** Asks the nodes of some operators, or of all, to end, and waits for it. */
  async stop(operators: readonly Operator[] = this.#operators): Promise<void> {
    await Promise.all(operators.map(async ({ name }) => this.nodes.get(name)?.stop()));
  }

  /** Ends all processes at once. */
  kill(): void {
    for (const node of this.nodes.values()) node.kill();
  }

  /** Ends everything, and removes the folder unless it is to be kept. */
  async close(keep = false): Promise<void> {
    await this.stop();
    for (const chain of this.#chains) await chain.close();
    if (!keep) await rm(this.root, { recursive: true, force: true });
  }
}
