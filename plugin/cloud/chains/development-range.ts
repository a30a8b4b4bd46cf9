import type { EvmChain, RpcLog } from "../../chain/evm-chain.ts";
import type { LogRange } from "./block-range.ts";
import type { LogFilter } from "./subscriptions.ts";

/**
 * Blocks of a development chain: one process that has all of them, so its answers are whole. It is told to skip millions of blocks at
 * once, which have no logs, and whose headers do not even follow each other.
 */
export class DevelopmentRange implements LogRange {
  readonly #chain: EvmChain;
  readonly #from: bigint;
  readonly #to: bigint;

  constructor(chain: EvmChain, from: bigint, to: bigint) {
    this.#chain = chain;
    this.#from = from;
    this.#to = to;
  }

  async logs({ addresses, topics }: LogFilter, from = this.#from): Promise<RpcLog[]> {
    return this.#chain.logs(addresses, from, this.#to, topics.length === 0 ? [] : [topics]);
  }

  async timestamp(block: bigint): Promise<bigint> {
    return this.#chain.timestamp(block);
  }

  async last(): Promise<undefined> {
    return undefined;
  }
}
