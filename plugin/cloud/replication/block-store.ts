import { deserialize, serialize } from "node:v8";

import type { KeyValueStore, Write } from "../storage/key-value-store.ts";
import { applicationKey } from "../storage/layout.ts";
import { decodeBlock, encodeBlock, type Block } from "./block.ts";
import type { BlockRecord } from "./block-record.ts";
import type { Certificate } from "./engine.ts";

/** Most blocks that are forgotten with one that is committed: more than one, so that what was kept for longer goes in time. */
const FORGOTTEN_AT_ONCE = 64;

/** The last blocks of a node with their records and certificates. Records and certificates are in a local format. */
export class BlockStore {
  readonly #store: KeyValueStore;
  /** Records decoded lately, by their bytes in the store: one is asked for many times while its block is signed. */
  readonly #records = new WeakMap<Uint8Array, BlockRecord>();

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /** What keeps a block and its record: for the write that commits the block. */
  writesOf(block: Block, record: BlockRecord): Write[] {
    return [
      { key: keyOf("block", block.height), value: encodeBlock(block) },
      { key: keyOf("record", block.height), value: serialize(record) },
      // One may be left of a block that a simulated chain took back.
      { key: keyOf("certificate", block.height), value: undefined },
    ];
  }

  /** Least height whose block is kept; after a snapshot the one above it, while there is none. */
  get oldest(): number {
    const value = this.#store.get(OLDEST_KEY);
    return value === undefined ? 1 : (deserialize(value) as number);
  }

  /** What has a store begin above the block at `height`, of which it has the state alone. */
  static beginningAfter(height: number): Write {
    return { key: OLDEST_KEY, value: serialize(height + 1) };
  }

  /** What forgets blocks below `height`, the oldest first and not all at once: for the write that commits a block. */
  forgetting(height: number): Write[] {
    const { oldest } = this;
    const end = Math.min(height, oldest + FORGOTTEN_AT_ONCE);
    if (end <= oldest) return [];
    const writes: Write[] = [{ key: OLDEST_KEY, value: serialize(end) }];
    for (let at = oldest; at < end; at++) {
      for (const kind of KINDS) writes.push({ key: keyOf(kind, at), value: undefined });
    }
    return writes;
  }

  /** @throws RangeError when there is no block at `height`, or it is kept no longer */
  block(height: number): Block {
    return decodeBlock(this.#get("block", height));
  }

  /** @throws RangeError when there is no block at `height`, or it is kept no longer */
  record(height: number): BlockRecord {
    const bytes = this.#get("record", height);
    let record = this.#records.get(bytes);
    if (record === undefined) this.#records.set(bytes, (record = deserialize(bytes) as BlockRecord));
    return record;
  }

  /** Whether the block at `height` and its record are here; not so for blocks before a snapshot, and those kept no longer. */
  has(height: number): boolean {
    return this.#store.get(keyOf("record", height)) !== undefined;
  }

  /** The certificate of the block at `height`; undefined while it is not signed. */
  certificate(height: number): Certificate | undefined {
    const value = this.#store.get(keyOf("certificate", height));
    return value === undefined ? undefined : (deserialize(value) as Certificate);
  }

  /** Keeps a certificate, durably. */
  async certify(height: number, certificate: Certificate): Promise<void> {
    await this.#store.write([this.certificateWrite(height, certificate)]);
  }

  /** What keeps a certificate: for a write that holds more. */
  certificateWrite(height: number, certificate: Certificate): Write {
    return { key: keyOf("certificate", height), value: serialize(certificate) };
  }

  /** Height up to which blocks have been delivered to a chain, as a relayer noted; undefined if none did. */
  delivered(chainId: bigint): number | undefined {
    const value = this.#store.get(applicationKey(`delivered/${chainId}`));
    return value === undefined ? undefined : (deserialize(value) as number);
  }

  /** Notes that blocks up to `height` have been delivered: saves looking again, and decides nothing. */
  async noteDelivered(chainId: bigint, height: number): Promise<void> {
    await this.#store.write([{ key: applicationKey(`delivered/${chainId}`), value: serialize(height) }]);
  }

  /** Forgets the blocks above `height` up to `top`. */
  async dropAbove(height: number, top: number): Promise<void> {
    const writes: Write[] = [];
    for (let at = height + 1; at <= top; at++) {
      for (const kind of KINDS) writes.push({ key: keyOf(kind, at), value: undefined });
    }
    await this.#store.write(writes);
  }

  #get(kind: Kind, height: number): Uint8Array {
    const value = this.#store.get(keyOf(kind, height));
    if (value === undefined) {
      const { oldest } = this;
      const why = height < oldest ? `: blocks are kept from ${oldest} on` : "";
      throw new RangeError(`There is no block at height ${height}${why}.`);
    }
    return value;
  }
}

const OLDEST_KEY = applicationKey("oldest");
const KINDS = ["block", "record", "certificate"] as const;
type Kind = (typeof KINDS)[number];

function keyOf(kind: Kind, height: number): string {
  return applicationKey(`${kind}/${height.toString(16).padStart(14, "0")}`);
}
