import { formatEther } from "ethers";
import { Gauge, Registry } from "prom-client";
import { z } from "zod";

import type { EvmChain } from "../chain/evm-chain.ts";
import type { LiveNode } from "../cloud/live/live-node.ts";
import type { CloudParameters } from "../cloud/node/registry.ts";
import type { ChainState } from "../cloud/live/served.ts";
import type { Health } from "./status-server.ts";

/** Gas of a middling delivery: what an account is to have for one more. */
const DELIVERY_GAS = 2_000_000n;
/** Milliseconds for which CometBFT is asked for its peers. */
const PATIENCE = 2_000;

/** How the running node does; the same for `/health`, `/metrics` and `nexus-node status`. */
export interface RunningState extends Health {
  readonly name: string;
  /** `waiting` for the cloud's first committee, a phase of its key ceremony, or `running`. */
  readonly phase: string;
  readonly cloud: string;
  /** The cloud's last block, and the active epoch, 0 before the first. */
  readonly height: number;
  readonly epoch: string;
  readonly isMember: boolean;
  /** Whether it has its share of the epoch's key. */
  readonly hasShare: boolean;
  /** Whether CometBFT runs. */
  readonly consensus: boolean;
  readonly chains: readonly ChainState[];
}

/** Milliseconds for which the registry may show no new final block: half the time that a committee has for its key. */
function mostAge({ confirmationWindow }: CloudParameters): number {
  return Number(confirmationWindow) * 500;
}

/** What is kept of an account on a chain. */
interface Funds {
  readonly balance: bigint;
  readonly isLow: boolean;
}

/** Watches a running node. */
export class NodeWatch {
  readonly #name: string;
  readonly #account: string;
  readonly #identity: Uint8Array;
  readonly #node: LiveNode;
  readonly #funds = new Map<bigint, Funds>();
  readonly #registry = new Registry();
  readonly #gauges: Readonly<Record<string, Gauge>>;

  constructor(name: string, account: string, identity: Uint8Array, node: LiveNode) {
    this.#name = name;
    this.#account = account;
    this.#identity = identity;
    this.#node = node;
    const registers = [this.#registry];
    const gauge = (gaugeName: string, help: string, labelNames: string[] = []): Gauge =>
      new Gauge({ name: `nexus_${gaugeName}`, help, labelNames, registers });
    this.#gauges = {
      healthy: gauge("healthy", "1 while there is nothing that an operator has to see to."),
      height: gauge("block_height", "Height of the cloud's last block."),
      epoch: gauge("epoch", "The active epoch, 0 before the first."),
      member: gauge("member", "1 while the node is a member of the active epoch."),
      share: gauge("key_share", "1 while the node has its share of the active epoch's key."),
      consensus: gauge("consensus_running", "1 while CometBFT runs."),
      peers: gauge("consensus_peers", "Nodes that CometBFT is connected to."),
      final: gauge("chain_final_block", "Final block of a chain that the node has seen last.", ["chain"]),
      delivered: gauge("chain_delivered_height", "Height up to which a chain has got everything.", ["chain"]),
      trouble: gauge("chain_trouble", "1 while a chain cannot be read, or blocks not be brought to it.", [
        "chain",
      ]),
      balance: gauge("account_balance_wei", "What the operator's account has on a chain.", ["chain"]),
    };
  }

  /** Looks at what the account has on a chain. @returns what it is short of, when that is new */
  async lookAtFunds(chain: EvmChain): Promise<string | undefined> {
    const { chainId } = chain;
    const balance = BigInt((await chain.rpc("eth_getBalance", this.#account, "latest")) as string);
    const { maxFeePerGas } = await chain.fees();
    const isLow = balance < maxFeePerGas * DELIVERY_GAS;
    const wasLow = this.#funds.get(chainId)?.isLow === true;
    this.#funds.set(chainId, { balance, isLow });
    return isLow && !wasLow ? this.#shortage(chainId, balance) : undefined;
  }

  #shortage(chainId: bigint, balance: bigint): string {
    return (
      `Account ${this.#account} has ${formatEther(balance)} ether on chain ${chainId}, too little to bring blocks there: ` +
      "send it more."
    );
  }

  get state(): RunningState {
    const { view, chain, ceremony, hasShare } = this.#node;
    const isMember =
      view
        .members(view.current)
        ?.identities.some(({ publicKey }) => Buffer.compare(publicKey, this.#identity) === 0) ?? false;
    const consensus = chain?.rpc !== undefined;
    const chains = chain?.chains ?? [];
    const trouble = [
      ...(view.trouble === undefined ? [] : [`The registry cannot be read: ${view.trouble.message}`]),
      ...(view.age < mostAge(view.parameters)
        ? []
        : [
            `The registry's final block is ${view.block} since ${Math.floor(view.age / 60_000)} minutes: look at the home chain's endpoints.`,
          ]),
      ...(chain !== undefined && !consensus ? ["CometBFT does not run."] : []),
      ...(consensus && isMember && chain?.maySign === false
        ? [
            "There is no record of what the node has signed, and too few of its peers say how far the chain is: it signs nothing.",
          ]
        : []),
      ...(isMember && !hasShare ? ["The node is a member and has no share of the epoch's key."] : []),
      ...chains.flatMap(({ chainId, reading, delivering }) => [
        ...(reading === undefined ? [] : [`Chain ${chainId} cannot be read: ${reading}`]),
        ...(delivering === undefined ? [] : [`Blocks are not brought to chain ${chainId}: ${delivering}`]),
      ]),
      ...[...this.#funds].flatMap(([chainId, { balance, isLow }]) =>
        isLow ? [this.#shortage(chainId, balance)] : [],
      ),
    ];
    return {
      name: this.#name,
      phase: ceremony ?? (chain === undefined ? "waiting" : "running"),
      cloud: view.cloudId,
      height: chain?.node.height ?? 0,
      epoch: view.current.toString(),
      isMember,
      hasShare,
      consensus,
      chains,
      trouble,
    };
  }

  /** In Prometheus' text format. */
  async metrics(): Promise<string> {
    const { trouble, height, epoch, isMember, hasShare, consensus, chains } = this.state;
    const values = {
      healthy: trouble.length === 0,
      height,
      epoch,
      member: isMember,
      share: hasShare,
      consensus,
      peers: await this.#peers(),
    };
    for (const [name, value] of Object.entries(values)) this.#gauges[name]!.set(Number(value));
    for (const { chainId, final, delivered, reading, delivering } of chains) {
      const labels = { chain: chainId.toString() };
      if (final !== undefined) this.#gauges["final"]!.set(labels, Number(final));
      this.#gauges["delivered"]!.set(labels, delivered);
      this.#gauges["trouble"]!.set(labels, Number(reading !== undefined || delivering !== undefined));
    }
    for (const [chainId, { balance }] of this.#funds)
      this.#gauges["balance"]!.set({ chain: chainId.toString() }, Number(balance));
    return this.#registry.metrics();
  }

  async #peers(): Promise<number> {
    const rpc = this.#node.chain?.rpc;
    if (rpc === undefined) return 0;
    const late = new Promise<undefined>((resolve) => setTimeout(resolve, PATIENCE, undefined).unref());
    const found = (await Promise.race([rpc.call("net_info").catch(() => undefined), late])) as
      { n_peers?: string } | undefined;
    return Number(found?.n_peers ?? 0);
  }
}

const stateSchema = z
  .object({
    name: z.string(),
    phase: z.string(),
    height: z.number(),
    epoch: z.string(),
    trouble: z.array(z.string()),
    chains: z.array(z.object({ chainId: z.string(), delivered: z.number() }).passthrough()),
  })
  .passthrough();

/** What the node of that name says that runs with its status at `listen`; undefined when none answers there. */
export async function askRunning(listen: string, name: string): Promise<RunningState | undefined> {
  try {
    const response = await fetch(`http://${listen}/health`, { signal: AbortSignal.timeout(PATIENCE) });
    const said = stateSchema.parse(await response.json());
    return said.name === name ? (said as unknown as RunningState) : undefined;
  } catch {
    return undefined;
  }
}
