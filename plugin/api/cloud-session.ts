import { AsyncLocalStorage } from "node:async_hooks";

import type { ChainType, NetworkConnection } from "hardhat/types/network";

import { EvmChain } from "../chain/evm-chain.ts";
import { EmbeddedCloud, type Checkpoint, type ServedBlock } from "../cloud/embedded/embedded-cloud.ts";
import type { EmbeddedCloudOptions } from "../cloud/embedded/founding.ts";
import type { RunReport } from "../cloud/replication/block-record.ts";
import { missesFunds, UnfundedCallError } from "./call-funds.ts";
import { NoQuorumError } from "../cloud/replication/engine.ts";

type Connection = NetworkConnection<ChainType | string>;

/** Whether the code that runs is the cloud's own, whose transactions need no service. */
const inside = new AsyncLocalStorage<true>();

/** Methods after which there may be something to serve. */
const SERVED_METHODS = new Set([
  "eth_sendTransaction",
  "eth_sendRawTransaction",
  "evm_mine",
  "hardhat_mine",
  "evm_increaseTime",
]);

/** The block that a request's result tells of; undefined when it tells of none. A chain that mines by the clock tells of it in no other way. */
function blockIn(method: string, result: unknown): bigint | undefined {
  if (method === "eth_blockNumber") return BigInt(result as string);
  if (method !== "eth_getTransactionReceipt" || result === null) return undefined;
  return BigInt((result as { blockNumber: string }).blockNumber);
}

/** What answers the transactions of a session's chains beside the cloud. */
export interface Companion {
  /** Answers what was asked for so far. @returns whether there was anything, which may have led to more */
  serve(cloud: EmbeddedCloud): Promise<boolean>;
  /** Told when the chain went back in time. */
  rewind(): void;
}

/**
 * The embedded cloud of one or several connections: booted at first use, serving after every transaction, and going back
 * in time with the simulated chain it was booted on.
 */
export class CloudSession {
  readonly #options: EmbeddedCloudOptions;
  readonly #home: Connection;
  readonly #chains = new Map<Connection, EvmChain>();
  #cloud: EmbeddedCloud | undefined;
  #booting: Promise<EmbeddedCloud> | undefined;
  #work: Promise<void> = Promise.resolve();
  readonly #checkpoints = new Map<bigint, Checkpoint | undefined>();
  /** Connections other than home that the cloud serves. */
  readonly #attached: Connection[] = [];
  /** The newest block of each connection when it was last begun to serve. */
  readonly #served = new Map<Connection, bigint>();
  readonly #listeners = new Set<(block: ServedBlock) => void>();
  readonly #companion: Companion | undefined;
  #toleratesRefusedCalls = false;

  constructor(home: Connection, options: EmbeddedCloudOptions, companion?: Companion) {
    this.#home = home;
    this.#options = options;
    this.#companion = companion;
  }

  /** Whether the cloud runs already. */
  get booted(): boolean {
    return this.#cloud !== undefined;
  }

  /** Has who sends a transaction no more told of a call that is refused for want of funds, as nobody is on a live chain. */
  tolerateRefusedCalls(): void {
    this.#toleratesRefusedCalls = true;
  }

  /** Told of every block from now on; the returned function ends that. */
  onBlock(listener: (block: ServedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The cloud, booted on the home connection at the first call. */
  async cloud(progress?: (what: string) => void): Promise<EmbeddedCloud> {
    this.#booting ??= inside.run(true, async () => {
      const chain = await this.chainOf(this.#home);
      const cloud = await EmbeddedCloud.boot(chain, this.#options, progress);
      for (const connection of this.#attached) await cloud.attach(await this.chainOf(connection));
      this.#cloud = cloud;
      return cloud;
    });
    try {
      return await this.#booting;
    } catch (error) {
      this.#booting = undefined;
      throw error;
    }
  }

  /** The chain behind a connection of this session. */
  async chainOf(connection: Connection): Promise<EvmChain> {
    let chain = this.#chains.get(connection);
    if (chain === undefined) {
      const { provider } = connection;
      chain = await EvmChain.connect(provider, 0);
      this.#chains.set(connection, chain);
    }
    return chain;
  }

  /** Serves another connection's chain too, through a mirror of the committee there. */
  async attach(connection: Connection): Promise<void> {
    const cloud = await this.cloud();
    await this.#exclusively(async () => {
      await cloud.attach(await this.chainOf(connection));
      this.#attached.push(connection);
      await cloud.service(this.#announce);
    });
  }

  /**
   * Serves everything asked for so far.
   *
   * @param chainId the chain whose deliveries matter to who calls; see `EmbeddedCloud.service`
   * @throws NoQuorumError when too few nodes agree; what keeps that chain, or the home chain, from getting its deliveries
   */
  async service(chainId?: bigint): Promise<void> {
    const cloud = await this.cloud();
    await this.#exclusively(() => this.#serve(cloud, chainId));
  }

  /** Runs something that changes the cloud, when nothing else does. */
  async change<T>(action: (cloud: EmbeddedCloud) => Promise<T> | T): Promise<T> {
    const cloud = await this.cloud();
    return this.#exclusively(async () => action(cloud));
  }

  /**
   * To be called after every request of a connection: keeps the cloud in step with the chain.
   *
   * @throws UnfundedCallError when a call is not made for want of funds, and the program that asked for it took no notice
   */
  async afterRequest(
    connection: Connection,
    method: string,
    params: readonly unknown[],
    result: unknown,
  ): Promise<void> {
    if (inside.getStore() === true) return;
    const isHome = connection === this.#home;
    if (isHome && method === "evm_snapshot") {
      this.#checkpoints.set(BigInt(String(result)), this.#cloud?.checkpoint());
    } else if (isHome && method === "evm_revert" && result === true) {
      await this.#revert(BigInt(String(params[0])));
    } else if (this.#attached.includes(connection) && method === "evm_revert" && result === true) {
      throw new Error(
        "This network went back in time, but the cloud that serves it lives on another. " +
          "Take snapshots on the cloud's home network, or give this one a cloud of its own.",
      );
    }
    if (method === "evm_revert" && result === true) this.#served.delete(connection);
    const block = blockIn(method, result);
    const isNews = block !== undefined && block > (this.#served.get(connection) ?? -1n);
    if (this.booted && (isNews || SERVED_METHODS.has(method))) {
      // Before, and not after: what is mined meanwhile may not be served.
      const chain = await this.chainOf(connection);
      this.#served.set(connection, await inside.run(true, () => chain.head()));
      const missing: RunReport[] = [];
      const stop = this.onBlock(({ record }) => missing.push(...record.runs.filter(missesFunds)));
      try {
        await this.service(chain.chainId);
      } catch (error) {
        // As on a live chain, the transaction is made and its request waits until enough nodes are back.
        if (error instanceof NoQuorumError) return;
        // Who only reads can mend a chain that takes no deliveries; who sends is told.
        const isTold = SERVED_METHODS.has(method);
        if (!isTold && this.#cloud?.deliveryTrouble(chain.chainId)?.error === error) return;
        throw error;
      } finally {
        stop();
      }
      const [run] = missing;
      if (run !== undefined && SERVED_METHODS.has(method) && !this.#toleratesRefusedCalls)
        throw new UnfundedCallError(run);
    }
  }

  /** Ends the session. */
  async close(): Promise<void> {
    await this.#booting?.catch(() => undefined);
    await this.#exclusively(() => this.#forget());
  }

  readonly #announce = (block: ServedBlock): void => {
    for (const listener of this.#listeners) listener(block);
  };

  /** Cloud and companion in turns, until neither leaves the other anything. */
  async #serve(cloud: EmbeddedCloud, chainId?: bigint): Promise<void> {
    let again = true;
    while (again) {
      try {
        await cloud.service(this.#announce, chainId);
      } finally {
        again = (await this.#companion?.serve(cloud)) ?? false;
      }
    }
  }

  async #revert(snapshot: bigint): Promise<void> {
    const checkpoint = this.#checkpoints.get(snapshot);
    // A chain forgets the snapshots made after the one it goes back to, and that one.
    for (const id of [...this.#checkpoints.keys()]) {
      if (id >= snapshot) this.#checkpoints.delete(id);
    }
    if (checkpoint === undefined) await this.#exclusively(() => this.#forget());
    else {
      await this.change(async (cloud) => {
        await cloud.revert(checkpoint);
        this.#companion?.rewind();
      });
    }
  }

  /** The chain is as it was before the cloud was booted: the next use boots another one. */
  async #forget(): Promise<void> {
    const cloud = this.#cloud;
    this.#cloud = undefined;
    this.#booting = undefined;
    this.#chains.clear();
    await cloud?.close();
    this.#companion?.rewind();
  }

  /** One change after the other, each as the cloud's own doing. */
  async #exclusively<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#work.then(() => inside.run(true, action));
    this.#work = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
