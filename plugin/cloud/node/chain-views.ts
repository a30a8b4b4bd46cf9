import { Patience } from "../../chain/patience.ts";
import type { EventSource } from "../chains/event-source.ts";
import type { OrderedEvent, Place } from "../replication/event.ts";
import type { GatewayAddress } from "../replication/replicated-state.ts";

/** Milliseconds for which what was read of a chain is not doubted again: others who see something else may be wrong. */
const TRUSTED = 10_000;

/** One gateway, and when what was read there was last doubted. */
interface View {
  readonly source: EventSource;
  readonly patience: Patience;
  doubted: number;
}

/** What a node sees of the chains that it is configured to serve, one gateway each; each chain by itself. */
export class ChainViews {
  readonly #patience: number;
  readonly #views = new Map<string, View>();
  readonly #outages = new Map<bigint, Error>();

  /** @param patience milliseconds that a chain may take to answer */
  constructor(sources: readonly EventSource[], patience: number) {
    this.#patience = patience;
    for (const source of sources) this.add(source);
  }

  /** Looks at one more gateway. */
  add(source: EventSource): void {
    const { chainId, gateway } = source.served;
    const view = { source, patience: new Patience(this.#patience), doubted: -Infinity };
    this.#views.set(keyOf({ chainId, gateway: gateway.address }), view);
  }

  /** What calls cost at this gateway's outbox, in wei for a unit of gas; undefined when the node does not look at the gateway. */
  callGasPriceOf(chain: GatewayAddress): bigint | undefined {
    return this.#views.get(keyOf(chain))?.source.served.callGasPrice;
  }

  /** Why chains could not be asked when they were last, by chain id. */
  get outages(): ReadonlyMap<bigint, Error> {
    return this.#outages;
  }

  /**
   * The next events at a gateway; see `EventSource.after`.
   *
   * @throws SilenceError when the chain takes too long; what keeps it from answering; Error when the node does not look at it
   */
  async after(
    chain: GatewayAddress,
    cursor: Place | undefined,
    limit: number,
    knows: (programId: string) => boolean,
  ): Promise<readonly OrderedEvent[]> {
    const { chainId, gateway } = chain;
    try {
      const view = this.#views.get(keyOf(chain));
      if (view === undefined)
        throw new Error(`This node is not configured to serve chain ${chainId} with gateway ${gateway}.`);
      const events = await view.patience.wait(`Chain ${chainId}`, async () =>
        view.source.after(cursor, limit, knows),
      );
      this.#outages.delete(chainId);
      return events;
    } catch (error) {
      this.#outages.set(chainId, error as Error);
      throw error;
    }
  }

  /** Has a chain read once more behind what is in blocks, since others see other events there; now and then, however often they do. */
  doubt(chain: GatewayAddress): void {
    const view = this.#views.get(keyOf(chain));
    if (view === undefined || performance.now() - view.doubted < TRUSTED) return;
    view.doubted = performance.now();
    view.source.doubt();
  }

  /** Forgets everything and looks again; after a simulated chain was reverted. */
  async reset(): Promise<void> {
    for (const { source } of this.#views.values()) await source.reset();
    this.#outages.clear();
  }
}

function keyOf({ chainId, gateway }: GatewayAddress): string {
  return `${chainId}:${gateway.toLowerCase()}`;
}
