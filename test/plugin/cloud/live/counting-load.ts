import { setTimeout as sleep } from "node:timers/promises";

import { keccak256 } from "ethers";

import { EvmContract, type RpcLog } from "../../../../plugin/chain/evm-chain.ts";
import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";
import type { RehearsedCloud } from "../../../../tasks/rehearse/rehearsed-cloud.ts";

/** Milliseconds between two requests. */
const INTERVAL = 700;

/** How requests did: by their ids, how often each was answered. */
export interface Tally {
  readonly asked: readonly string[];
  readonly answers: ReadonlyMap<string, number>;
}

/** A counter that asks the cloud all the time: the n-th request adds n, so that the count tells whether each was run, and once. */
export class CountingLoad {
  readonly #cloud: RehearsedCloud;
  readonly #counter: EvmContract;
  readonly #from: bigint;
  #sent = 0n;

  private constructor(cloud: RehearsedCloud, counter: EvmContract, from: bigint) {
    this.#cloud = cloud;
    this.#counter = counter;
    this.#from = from;
  }

  static async deploy(cloud: RehearsedCloud): Promise<CountingLoad> {
    const { home, cloudId } = cloud.founded;
    const { abi, bytecode } = loadArtifact("Counter");
    const args = [home.parts.get("NexusGateway"), cloudId, keccak256(await cloud.counter())];
    const from = await home.chain.head();
    const address = await home.account.deploy(new EvmContract("0x", abi).abi, bytecode, args);
    return new CountingLoad(cloud, new EvmContract(address, abi), from);
  }

  /** Requests that were sent. */
  get sent(): number {
    return Number(this.#sent);
  }

  /** What the counter is at when each request was run, and once. */
  get expected(): bigint {
    return (this.#sent * (this.#sent + 1n)) / 2n;
  }

  /** Sends one more. */
  async ask(): Promise<void> {
    const { chain, account } = this.#cloud.founded.home;
    const [fee] = await chain.readPaying(account.address, this.#counter, "fee");
    await account.call(this.#counter, "add", [this.#sent + 1n], 2n * (fee as bigint));
    this.#sent++;
  }

  /** Sends requests until it is stopped. */
  async run(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      await this.ask();
      await sleep(INTERVAL, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  /** The greatest count that the contract was told. */
  async count(): Promise<bigint> {
    const [count] = await this.#cloud.founded.home.chain.read(this.#counter, "count");
    return count as bigint;
  }

  async tally(): Promise<Tally> {
    const asked = (await this.#logs("Requested")).map(({ topics }) => topics[1]!);
    const answers = new Map<string, number>();
    for (const { topics } of await this.#logs("Fulfilled"))
      answers.set(topics[1]!, (answers.get(topics[1]!) ?? 0) + 1);
    return { asked, answers };
  }

  async #logs(event: string): Promise<RpcLog[]> {
    const { home, cloudId } = this.#cloud.founded;
    const gateway = home.contract("NexusGateway");
    const topics = [gateway.abi.getEvent(event)!.topicHash];
    const logs = await home.chain.logs([gateway.address], this.#from, await home.chain.head(), topics);
    return logs.filter((log) => log.topics[2] === cloudId);
  }
}
