import { Patience } from "../../chain/patience.ts";
import type { ChainDelivery } from "../chains/chain-delivery.ts";
import type { Trouble } from "../chains/delivery-queue.ts";
import type { Delivery } from "../chains/relayer.ts";

/** A transaction that brought something to a chain. */
export interface ChainTransaction {
  readonly chainId: bigint;
  readonly delivery: Delivery;
}

/** For how long a chain may keep those waiting that wait for everything, in milliseconds, once the home chain has its part. */
const PATIENCE = 10_000;

/** The deliveries of a cloud to all of its chains, each at its own pace. */
export class Deliveries {
  readonly #chains = new Map<bigint, { readonly delivery: ChainDelivery; readonly patience: Patience }>();
  readonly #patience: number;
  readonly #transactions = new Map<number, ChainTransaction[]>();
  /** Height up to which transactions were taken: of those that come later nobody is told. */
  #taken = 0;

  /** @param patience milliseconds for which `advance` waits for other chains than home */
  constructor(patience = PATIENCE) {
    this.#patience = patience;
  }

  /** Delivers to one more chain, or to the same chain's contracts elsewhere; the first one is the home chain. */
  add(delivery: ChainDelivery): void {
    this.#chains.set(delivery.chainId, { delivery, patience: new Patience(this.#patience) });
  }

  /** Delivers to a chain no longer. What is under way there ends by itself. */
  drop(chainId: bigint): void {
    this.#chains.delete(chainId);
  }

  /** To be told of every transaction that brought something. */
  readonly note = (chainId: bigint, height: number, deliveries: readonly Delivery[]): void => {
    if (height <= this.#taken) return;
    const known = this.#transactions.get(height) ?? [];
    this.#transactions.set(height, [...known, ...deliveries.map((delivery) => ({ chainId, delivery }))]);
  };

  /** Height up to which the home chain has got everything. */
  get deliveredHome(): number {
    return this.#home.delivered;
  }

  /** Height up to which each chain has got everything. */
  get delivered(): ReadonlyMap<bigint, number> {
    return new Map([...this.#chains].map(([chainId, { delivery }]) => [chainId, delivery.delivered]));
  }

  /** What keeps a chain from getting what is for it; undefined when nothing does, or when it is not served. */
  trouble(chainId: bigint): Trouble | undefined {
    return this.#chains.get(chainId)?.delivery.queue.trouble;
  }

  /**
   * Delivers what there is. Returns when the home chain has got its part or refused it, and every other chain too unless it takes
   * too long: its queue goes on alone then.
   *
   * @param isPrompted whether a chain is tried at once although it failed lately
   */
  async advance(isPrompted: (chainId: bigint) => boolean): Promise<void> {
    const work = [...this.#chains].map(([chainId, { delivery, patience }]) => {
      const done = delivery.queue.advance(isPrompted(chainId));
      return { delivery, done, wait: () => patience.wait(`Chain ${chainId}`, () => done) };
    });
    await work.find(({ delivery }) => delivery === this.#home)!.done;
    // One that takes too long is served by its own queue, and says by its trouble what is wrong with it.
    await Promise.allSettled(work.filter(({ delivery }) => delivery.queue.isBusy).map(({ wait }) => wait()));
  }

  /** The transactions noted for a block so far; they are forgotten with the call. Blocks are taken in their order. */
  take(height: number): readonly ChainTransaction[] {
    const taken = this.#transactions.get(height) ?? [];
    this.#transactions.delete(height);
    this.#taken = height;
    return taken;
  }

  /** Goes on from where each chain had got everything up to a height, and those not named up to `otherwise`. */
  resume(delivered: ReadonlyMap<bigint, number>, otherwise: number): void {
    for (const [chainId, { delivery }] of this.#chains) {
      delivery.resume(delivered.get(chainId) ?? otherwise);
    }
    this.#transactions.clear();
    this.#taken = 0;
  }

  get #home(): ChainDelivery {
    return [...this.#chains.values()][0]!.delivery;
  }
}
