import { Interface, id, toBeHex, toQuantity, zeroPadValue } from "ethers";

import { EvmChain, type Eip1193 } from "../../../../plugin/chain/evm-chain.ts";
import { EventSource } from "../../../../plugin/cloud/chains/event-source.ts";
import { servedChain } from "../../../../plugin/cloud/chains/served-chain.ts";
import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";

export const address = (n: number): string => zeroPadValue(toBeHex(n), 20);
export const CLOUD = id("cloud");
export const TOPIC = id("Price(uint256)");

const addresses = {
  committees: address(1),
  gateway: address(2),
  outbox: address(3),
  checkpoints: address(4),
  subscriptions: address(5),
};

interface Filter {
  readonly address: readonly string[];
  readonly topics: readonly (readonly string[])[];
  readonly fromBlock: string;
  readonly toBlock: string;
}

/** A chain of which a test says what is logged when, behind a provider that answers as nodes do: one block takes 12 seconds. */
export class ScriptedChain {
  head = 0;
  /** Most addresses, or topics, of one `eth_getLogs`. */
  mostAddresses = 1_000;
  readonly asked: Filter[] = [];
  readonly provider: Eip1193 = { request: async ({ method, params }) => this.#answer(method, params ?? []) };
  readonly #logs: {
    address: string;
    topics: string[];
    data: string;
    blockNumber: string;
    logIndex: string;
  }[] = [];
  readonly #subscriptions = new Interface(loadArtifact("NexusSubscriptions").abi);
  readonly #gateway = new Interface(loadArtifact("NexusGateway").abi);

  timestamp(block: number): bigint {
    return 1_000_000n + 12n * BigInt(block);
  }

  log(block: number, from: string, { topics, data }: { topics: string[]; data: string }): void {
    const logIndex = toQuantity(this.#logs.length);
    this.#logs.push({ address: from, topics, data, blockNumber: toQuantity(block), logIndex });
  }

  price(block: number, emitter: string): void {
    this.log(block, emitter, { topics: [TOPIC], data: "0x" });
  }

  subscribe(block: number, n: number, program: string, emitter: string, until: bigint): void {
    const values = [id(`subscription ${n}`), CLOUD, program, address(9), emitter, TOPIC, until];
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

  source(addressesPerCall?: number): EventSource {
    const served = servedChain(new EvmChain(this.provider, 1n, 0), addresses, {
      isHome: true,
      deployedAt: 1n,
    });
    return new EventSource(served, CLOUD, addressesPerCall);
  }

  async #answer(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method === "eth_blockNumber") return toQuantity(this.head);
    if (method === "eth_getBlockByNumber") {
      return { number: params[0], timestamp: toQuantity(this.timestamp(Number(params[0]))) };
    }
    if (method !== "eth_getLogs") throw new Error(`${method} is not expected`);
    const filter = params[0] as Filter;
    this.asked.push(filter);
    const [topics = []] = filter.topics;
    if (filter.address.length > this.mostAddresses || topics.length > this.mostAddresses) {
      throw new Error("exceed max addresses");
    }
    const from = new Set(filter.address.map((one) => one.toLowerCase()));
    return this.#logs.filter(
      (log) =>
        from.has(log.address) &&
        (topics.length === 0 || topics.includes(log.topics[0]!)) &&
        Number(log.blockNumber) >= Number(filter.fromBlock) &&
        Number(log.blockNumber) <= Math.min(Number(filter.toBlock), this.head),
    );
  }
}
