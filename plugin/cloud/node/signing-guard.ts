import type { KeyValueStore, Write } from "../storage/key-value-store.ts";
import { decode } from "../storage/rlp.ts";
import { KEPT_BLOCKS } from "../replication/retention.ts";
import { encode, integer, parseHex, parseInteger, parseList } from "../replication/structure.ts";

/** The node has signed another block of that height, and will never sign two: one of them is what got it slashed. */
export class DoubleSignError extends Error {
  override readonly name = "DoubleSignError";

  constructor(height: number, signed: string, asked: string) {
    super(
      `This node has signed block ${signed} at height ${height} and will not sign ${asked} there. It has executed that ` +
        "height twice with different results: find out why before it goes on.",
    );
  }
}

/** The node no longer knows what it signed at that height, and so signs nothing there. */
export class ForgottenHeightError extends Error {
  override readonly name = "ForgottenHeightError";

  constructor(height: number, from: number) {
    super(`This node signs nothing at height ${height}: it remembers what it signed from height ${from} on.`);
  }
}

/** How many heights more than are kept may be there until the oldest are forgotten together. */
const FORGOTTEN_TOGETHER = 1_024;

/**
 * What a node has signed, a block per height: written durably before a vote or a partial signature leaves, so that
 * there is never a second block at a height, not even after a crash, a repair or a replay from nothing. What is long past is
 * forgotten, and then nothing is signed there any more.
 *
 * It is kept apart from the node's state, in a store of its own beside the keys. Who restores the state from a backup, or
 * deletes it, keeps this store as it is; who restores this store from a backup forgets what was signed since, and must
 * let the node sign nothing at heights at which it may have signed already: those up to the tip of its peers.
 */
export class SigningGuard {
  readonly #store: KeyValueStore;
  /** The last that was permitted, as a block is signed for many members. */
  #last: { readonly height: number; readonly signed: string } | undefined;

  readonly #kept: number;

  /**
   * @param store for nothing else
   * @param kept of how many heights up to the highest it remembers what was signed
   */
  constructor(store: KeyValueStore, kept = KEPT_BLOCKS) {
    this.#store = store;
    this.#kept = kept;
  }

  /**
   * Permits the node to sign this block, now and whenever it is asked again.
   *
   * @param epoch the block's own; a later committee's signatures are of the same block
   * @param blockHash 0x-prefixed
   * @throws DoubleSignError when it has signed another block at `height`; ForgottenHeightError when it may have
   */
  async permit(epoch: bigint, height: number, blockHash: string): Promise<void> {
    const asked = `${blockHash.toLowerCase()} of epoch ${epoch}`;
    if (this.#last?.height === height && this.#last.signed === asked) return;
    const known = this.#store.get(keyOf(height));
    if (known === undefined) {
      const from = this.#rememberedFrom;
      if (height < from) throw new ForgottenHeightError(height, from);
      const forgotten = await this.#forgetting(height - this.#kept + 1);
      await this.#store.write([
        { key: keyOf(height), value: encode([integer(epoch), blockHash]) },
        ...forgotten,
      ]);
    } else {
      const [signedEpoch, hash] = parseList(decode(known), 2);
      const signed = `${parseHex(hash)} of epoch ${parseInteger(signedEpoch)}`;
      if (signed !== asked) throw new DoubleSignError(height, signed, asked);
    }
    this.#last = { height, signed: asked };
  }

  /** Forgets what was signed above `height`; for simulated chains that went back in time, where it never happened. */
  async forgetAbove(height: number): Promise<void> {
    const writes: Write[] = [];
    for await (const key of this.#store.keys(keyOf(height + 1), END)) writes.push({ key, value: undefined });
    if (this.#rememberedFrom > height + 1) writes.push({ key: FROM, value: encode(integer(height + 1)) });
    await this.#store.write(writes);
    this.#last = undefined;
  }

  /** Least height of which it is known what was signed. */
  get #rememberedFrom(): number {
    const value = this.#store.get(FROM);
    return value === undefined ? 1 : Number(parseInteger(decode(value)));
  }

  /** What forgets the heights below `from`, unless they are few. */
  async #forgetting(from: number): Promise<Write[]> {
    if (from < this.#rememberedFrom + FORGOTTEN_TOGETHER) return [];
    const writes: Write[] = [{ key: FROM, value: encode(integer(from)) }];
    for await (const key of this.#store.keys(PREFIX, keyOf(from))) writes.push({ key, value: undefined });
    return writes;
  }

  /** Closes the store. */
  async close(): Promise<void> {
    await this.#store.close();
  }
}

const FROM = "from";
const PREFIX = "signed/";
const END = "signed0";

function keyOf(height: number): string {
  return PREFIX + height.toString(16).padStart(14, "0");
}
