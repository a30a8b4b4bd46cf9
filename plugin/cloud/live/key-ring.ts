import { randomBytes } from "node:crypto";

import { keccak_256 } from "@noble/hashes/sha3.js";

import type { Suite } from "../../crypto/bls/suite.ts";
import type { Keystore } from "../keystore/keystore.ts";
import { KeystoreError } from "../keystore/private-file.ts";
import { decodeEpochKey, encodeEpochKey } from "../node/epoch-key.ts";
import type { EpochKey, PublicCommittee } from "../node/signatures.ts";
import { equalBytes } from "../storage/bytes.ts";

/** A key that a ceremony ended with: of the selection of an epoch that had this deadline (Unix seconds). */
export interface KeptKey {
  readonly epoch: bigint;
  readonly deadline: bigint;
  readonly key: EpochKey;
}

const SEED_BYTES = 32;
const [KEY, SEED] = ["epoch-key.", "ceremony-seed."];

/**
 * What a member signs with in each epoch, and the seeds of its key ceremonies, in an encrypted keystore. An epoch may have been selected
 * more than once, if the chain was reorganised, so the key of an active epoch is known by the group key that the registry has.
 */
export class KeyRing {
  readonly #keystore: Keystore;
  readonly #suite: Suite;
  readonly #kept = new Map<string, KeptKey>();
  readonly #active = new Map<bigint, EpochKey>();
  /** The keystore is changed by one at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(keystore: Keystore, suite: Suite) {
    this.#keystore = keystore;
    this.#suite = suite;
  }

  /** @throws KeystoreError when a key is damaged, or belongs to a cloud of another suite */
  static async open(keystore: Keystore, suite: Suite): Promise<KeyRing> {
    const ring = new KeyRing(keystore, suite);
    for (const name of await keystore.names()) {
      const [, epoch, deadline] = /^epoch-key\.(\d+)\.(\d+)\.[0-9a-f]{16}$/.exec(name) ?? [];
      if (epoch === undefined || deadline === undefined) continue;
      try {
        const key = decodeEpochKey((await keystore.get(name))!, suite);
        ring.#kept.set(name, { epoch: BigInt(epoch), deadline: BigInt(deadline), key });
      } catch (error) {
        throw new KeystoreError(`The secret ${name} is no key of this cloud: ${(error as Error).message}`);
      }
    }
    return ring;
  }

  /** The keys of epochs that are active, as far as `matchTo` has seen them: for a node that signs. */
  get keys(): ReadonlyMap<bigint, EpochKey> {
    return this.#active;
  }

  /** Keeps the key that a ceremony ended with. When this resolves it is on the disk. What is kept already is not written again. */
  async putKey(epoch: bigint, deadline: bigint, key: EpochKey): Promise<void> {
    const name = `${KEY}${epoch}.${deadline}.${fingerprint(key.group.groupPublicKey)}`;
    await this.#alone(async () => {
      const known = this.#kept.get(name)?.key;
      if (known !== undefined) {
        const isSame = equalBytes(encodeEpochKey(known), encodeEpochKey(key));
        if (!isSame)
          throw new KeystoreError(`The keystore has another share of epoch ${epoch}'s key already.`);
        return;
      }
      // Whatever would not be read back is not taken.
      const bytes = encodeEpochKey(key);
      const kept = decodeEpochKey(bytes, this.#suite);
      await this.#keystore.put(name, bytes);
      this.#kept.set(name, { epoch, deadline, key: kept });
    });
  }

  /** The key of an epoch whose group has this public key; undefined when this node has none. */
  keyFor(epoch: bigint, groupKey: Uint8Array): EpochKey | undefined {
    return [...this.#kept.values()].find(
      (kept) => kept.epoch === epoch && equalBytes(kept.key.group.groupPublicKey, groupKey),
    )?.key;
  }

  /** The key that the ceremony of a selection ended with, if it has ended. */
  selectedKey(epoch: bigint, deadline: bigint): EpochKey | undefined {
    return [...this.#kept.values()].find((kept) => kept.epoch === epoch && kept.deadline === deadline)?.key;
  }

  /** Takes the keys of active epochs into `keys`. */
  matchTo(committees: ReadonlyMap<bigint, PublicCommittee>): void {
    for (const { epoch } of this.#kept.values()) {
      const groupKey = committees.get(epoch)?.groupPublicKey;
      const key = groupKey && this.keyFor(epoch, groupKey);
      if (key !== undefined) this.#active.set(epoch, key);
    }
  }

  /** The seed of a ceremony's randomness, 32 bytes, made when it is first asked for. When this resolves it is on the disk. */
  async seedFor(ceremony: string): Promise<Uint8Array> {
    const name = `${SEED}${ceremony}`;
    return this.#alone(async () => {
      const known = await this.#keystore.get(name);
      if (known !== undefined) return known;
      const seed = new Uint8Array(randomBytes(SEED_BYTES));
      await this.#keystore.put(name, seed);
      return seed;
    });
  }

  /**
   * Destroys what is not wanted any more, for good.
   *
   * @param wants whether a key may still be needed
   * @param wantsSeed whether a ceremony's seed may be: who goes on without it says other things than before
   */
  async retain(wants: (kept: KeptKey) => boolean, wantsSeed: (ceremony: string) => boolean): Promise<void> {
    await this.#alone(async () => {
      for (const [name, kept] of this.#kept) {
        if (wants(kept)) continue;
        await this.#keystore.destroy(name);
        this.#kept.delete(name);
        if (this.#active.get(kept.epoch) === kept.key) this.#active.delete(kept.epoch);
        kept.key.share.destroy();
      }
      for (const name of await this.#keystore.names()) {
        const isOver = name.startsWith(SEED) && !wantsSeed(name.slice(SEED.length));
        if (isOver) await this.#keystore.destroy(name);
      }
    });
  }

  async #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }
}

const fingerprint = (groupKey: Uint8Array): string =>
  Buffer.from(keccak_256(groupKey).subarray(0, 8)).toString("hex");
