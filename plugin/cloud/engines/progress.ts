import { toBytes } from "../../contracts/abi-words.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";

const KEY = "progress";

/** How far CometBFT has come at this node. It is written after what its blocks hold, so it may lag behind that by one block. */
export class Progress {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /** CometBFT's height of the last block that is committed; 0 before the first. */
  get height(): bigint {
    return this.#read()[0];
  }

  /** The epoch whose committee CometBFT has been told to be the validators; undefined before it has been told any. */
  get validators(): bigint | undefined {
    return this.#read()[1];
  }

  /** Keeps both, durably. */
  async write(height: bigint, validators: bigint): Promise<void> {
    const value = toBytes(
      `0x${[height, validators].map((one) => one.toString(16).padStart(16, "0")).join("")}`,
    );
    await this.#store.write([{ key: KEY, value }]);
  }

  #read(): [height: bigint, validators: bigint | undefined] {
    const bytes = this.#store.get(KEY);
    if (bytes === undefined) return [0n, undefined];
    const view = Buffer.from(bytes);
    return [view.readBigUInt64BE(0), view.readBigUInt64BE(8)];
  }
}
