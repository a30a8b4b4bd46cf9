import { getBytes, Interface, id, keccak256, toBeHex, toQuantity, zeroPadValue } from "ethers";

import {
  EvmChain,
  type Eip1193,
  type Finality,
  type RpcHeader,
  type RpcLog,
} from "../../../../plugin/chain/evm-chain.ts";
import { EventSource, type Reading } from "../../../../plugin/cloud/chains/event-source.ts";
import { ScanRecord } from "../../../../plugin/cloud/chains/scan-record.ts";
import { servedChain } from "../../../../plugin/cloud/chains/served-chain.ts";
import type { KeyValueStore } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";

export const address = (n: number): string => zeroPadValue(toBeHex(n), 20);
export const CLOUD = id("cloud");
export const TOPIC = id("Price(uint256)");

export const addresses = {
  committees: address(1),
  gateway: address(2),
  outbox: address(3),
  checkpoints: address(4),
  subscriptions: address(5),
};

export interface Filter {
  readonly address: readonly string[];
  readonly topics: readonly (readonly string[])[];
  readonly fromBlock?: string;
  readonly toBlock?: string;
  readonly blockHash?: string;
}

/** The `logsBloom` of a block with these logs, after the yellow paper. */
export function bloomOf(logs: readonly Pick<RpcLog, "address" | "topics">[]): string {
  let bloom = 0n;
  for (const item of logs.flatMap(({ address, topics }) => [address, ...topics])) {
    const hash = getBytes(keccak256(item));
    for (const at of [0, 2, 4]) bloom |= 1n << BigInt((256 * hash[at]! + hash[at + 1]!) % 2_048);
  }
  return toBeHex(bloom, 256);
}

/** A chain of which a test says what is logged when, behind a provider that answers as nodes do: one block takes 12 seconds. */
export class ScriptedChain {
  head = 0;
  /** Most addresses, or topics, of one `eth_getLogs`. */
  mostAddresses = 1_000;
  /** What its outbox asks for a unit of gas of a call. */
  callGasPrice = 0n;
  /** How its headers say what was logged: as Ethereum's, or not at all. */
  blooms: "true" | "zero" | "missing" = "true";
  /** The ranges, and the blocks by their hash, of which logs were asked for. */
  readonly asked: Filter[] = [];
  readonly provider: Eip1193 = { request: async ({ method, params }) => this.#answer(method, params ?? []) };
  /** By block. */
  readonly #logs = new Map<number, Omit<RpcLog, "blockHash">[]>();
  #logged = 0;
  /** The blocks from which on each branch took the place of the one before. */
  readonly #branches: number[] = [];
  readonly #subscriptions = new Interface(loadArtifact("NexusSubscriptions").abi);
  readonly #gateway = new Interface(loadArtifact("NexusGateway").abi);
  readonly #outbox = new Interface(loadArtifact("NexusOutbox").abi);

  timestamp(block: number): bigint {
    return 1_000_000n + 12n * BigInt(block);
  }

  log(block: number, from: string, { topics, data }: { topics: string[]; data: string }): void {
    const at = { blockNumber: toQuantity(block), logIndex: toQuantity(this.#logged++) };
    const logs = this.#logs.get(block) ?? [];
    this.#logs.set(block, logs);
    logs.push({ address: from, topics, data, ...at, transactionHash: id(`transaction of ${block}`) });
  }

  price(block: number, emitter: string): void {
    this.log(block, emitter, { topics: [TOPIC], data: "0x" });
  }

  subscribe(block: number, n: number, program: string, emitter: string, until: bigint, topic = TOPIC): void {
    const values = [id(`subscription ${n}`), CLOUD, program, address(9), emitter, topic, until];
    this.log(block, addresses.subscriptions, this.#subscriptions.encodeEventLog("Subscribed", values));
  }

  extend(block: number, n: number, until: bigint): void {
    const values = [id(`subscription ${n}`), CLOUD, until];
    this.log(block, addresses.subscriptions, this.#subscriptions.encodeEventLog("Extended", values));
  }

  cancel(block: number, n: number): void {
    const values = [id(`subscription ${n}`), CLOUD];
    this.log(block, addresses.subscriptions, this.#subscriptions.encodeEventLog("Cancelled", values));
  }

  request(block: number, n: number): void {
    const request = [CLOUD, id("p"), address(7), n, 0, 9_999_999_999n, 0, 10n ** 8n, 1_024, id("in")];
    const values = [id(`request ${n}`), CLOUD, address(7), request, "0x"];
    this.log(block, addresses.gateway, this.#gateway.encodeEventLog("Requested", values));
  }

  fund(block: number, program: string, amount: bigint, cloud = CLOUD, from = addresses.outbox): void {
    const values = [cloud, program, address(7), amount];
    this.log(block, from, this.#outbox.encodeEventLog("Funded", values));
  }

  executed(block: number, program: string, unspent: bigint): void {
    const values = [CLOUD, program, 0n, address(7), true, unspent];
    this.log(block, addresses.outbox, this.#outbox.encodeEventLog("Executed", values));
  }

  /** Has all blocks from `block` on never happened, and others in their place, without logs. */
  reorganise(block: number): void {
    this.#branches.push(block);
    for (const one of this.#logs.keys()) if (one >= block) this.#logs.delete(one);
  }

  /** A source over this chain alone, or over endpoints that tell of it; it is kept in `store` if there is one. */
  source(
    addressesPerCall?: number,
    provider: Eip1193 = this.provider,
    finality: Finality = 0,
    store?: KeyValueStore,
    reading: Partial<Reading> = {},
  ): EventSource {
    const chain = new EvmChain(provider, 1n, finality);
    const served = servedChain(chain, addresses, {
      isHome: true,
      deployedAt: 1n,
      callGasPrice: this.callGasPrice,
    });
    const record = store && new ScanRecord(store, served, CLOUD);
    const asked = addressesPerCall === undefined ? reading : { ...reading, addressesPerCall };
    return new EventSource(served, CLOUD, asked, record);
  }

  header(block: number): RpcHeader {
    const logs = this.#logs.get(block) ?? [];
    return {
      number: toQuantity(block),
      hash: this.#hash(block),
      parentHash: this.#hash(block - 1),
      timestamp: toQuantity(this.timestamp(block)),
      transactions: logs.map(({ transactionHash }) => transactionHash),
      ...(this.blooms !== "missing" && {
        logsBloom: this.blooms === "zero" ? toBeHex(0, 256) : bloomOf(logs),
      }),
    };
  }

  #hash(block: number): string {
    const branch = this.#branches.filter((from) => from <= block).length;
    return toBeHex(
      `0x1${branch.toString(16).padStart(8, "0")}${(block + 1).toString(16).padStart(16, "0")}`,
      32,
    );
  }

  async #answer(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === "eth_blockNumber") return toQuantity(this.head);
    if (method === "eth_getBlockByNumber") {
      return Number(params[0]) > this.head ? null : this.header(Number(params[0]));
    }
    if (method !== "eth_getLogs") throw new Error(`${method} is not expected`);
    const filter = params[0] as Filter;
    this.asked.push(filter);
    const [topics = []] = filter.topics;
    if (filter.address.length > this.mostAddresses || topics.length > this.mostAddresses) {
      throw new Error("exceed max addresses");
    }
    const [first, last] = this.#asked(filter);
    const from = new Set(filter.address.map((one) => one.toLowerCase()));
    return [...this.#logs.keys()]
      .filter((block) => block >= first && block <= last)
      .sort((a, b) => a - b)
      .flatMap((block) => this.#logs.get(block)!.map((log) => ({ ...log, blockHash: this.#hash(block) })))
      .filter((log) => from.has(log.address) && (topics.length === 0 || topics.includes(log.topics[0]!)));
  }

  #asked({ fromBlock, toBlock, blockHash }: Filter): [first: number, last: number] {
    if (blockHash === undefined) return [Number(fromBlock), Math.min(Number(toBlock), this.head)];
    for (let block = this.head; block >= 0; block--)
      if (this.#hash(block) === blockHash) return [block, block];
    throw new Error("unknown block");
  }
}
