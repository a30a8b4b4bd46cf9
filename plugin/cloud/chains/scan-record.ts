import { deserialize, serialize } from "node:v8";

import { isBefore, type Place } from "../replication/event.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { applicationKey } from "../storage/layout.ts";
import type { BlockId } from "./block-range.ts";
import type { ServedChain } from "./served-chain.ts";
import type { Subscription } from "./subscriptions.ts";

/** Where a node's scan of a chain stands: all that it takes to go on from there. */
export interface ScanState {
  /** Every event up to this block is in the cloud's blocks. */
  readonly block: bigint;
  /** The block's hash; undefined on a development chain. */
  readonly hash: string | undefined;
  /** Blocks that the chain's provider took at once. */
  readonly span: bigint;
  /** Place of the last event in the cloud's blocks when this was written; undefined while there is none. */
  readonly cursor: Place | undefined;
  /** By id, as they were after the block. */
  readonly subscriptions: readonly (readonly [id: string, Subscription])[];
}

/**
 * A node's scan of one chain on disk, in the store of its state. It is written after the blocks that hold the events up to there, so
 * whenever the process dies it is true of the state beside it; it saves looking again, and decides nothing. In a local format.
 */
export class ScanRecord {
  readonly #store: KeyValueStore;
  readonly #key: string;
  readonly #seen: string;

  /** The record is of these contracts and this cloud alone: what is served anew begins anew. */
  constructor(
    store: KeyValueStore,
    { chainId, gateway, subscriptions, deployedAt }: ServedChain,
    cloudId: string,
  ) {
    this.#store = store;
    const scope = [chainId, gateway.address, subscriptions.address, deployedAt, cloudId]
      .join("/")
      .toLowerCase();
    this.#key = applicationKey(`scan/${scope}`);
    this.#seen = applicationKey(`seen/${scope}`);
  }

  /** What was saved last; undefined when there is nothing, or when the state beside it has gone back to before it. */
  load(cursor: Place | undefined): ScanState | undefined {
    const bytes = this.#store.get(this.#key);
    if (bytes === undefined) return undefined;
    const state = deserialize(bytes) as ScanState;
    const isAhead = state.cursor !== undefined && (cursor === undefined || isBefore(cursor, state.cursor));
    return isAhead ? undefined : state;
  }

  async save(state: ScanState): Promise<void> {
    await this.#store.write([{ key: this.#key, value: serialize(state) }]);
  }

  /** The last block that was read, whether or not all before it is in the cloud's blocks; undefined when none was. */
  get seen(): BlockId | undefined {
    const bytes = this.#store.get(this.#seen);
    return bytes === undefined ? undefined : (deserialize(bytes) as BlockId);
  }

  /** To be called before anything of a block is given away: what the node signs, it signs of this branch alone. */
  async see(block: BlockId): Promise<void> {
    await this.#store.write([{ key: this.#seen, value: serialize(block) }]);
  }

  async forget(): Promise<void> {
    await this.#store.write([this.#key, this.#seen].map((key) => ({ key, value: undefined })));
  }
}
