import { keccak256 } from "../../crypto/keccak.ts";
import { equalBytes, toBinary, toHex } from "./bytes.ts";
import { applyChanges, storageTrie, type CommittedState } from "./changes.ts";
import { StorageCorruptedError, type KeyValueStore, type Write } from "./key-value-store.ts";
import * as layout from "./layout.ts";
import { verifyStorageProof, type StorageProof } from "./proof.ts";
import {
  decodeAccount,
  decodeHead,
  decodeUndo,
  encodeHead,
  encodeUndo,
  type Account,
  type Head,
  type Changes,
} from "./records.ts";
import { removeUnfinished, wholeState, writeWholeState } from "./restoring.ts";
import { SortedKeys } from "./sorted-keys.ts";
import { Block, binaryProgramId, type BlockContents } from "./state-block.ts";
import { EMPTY_ROOT } from "./trie.ts";

const EMPTY_STATE: CommittedState = {
  store: { get: () => undefined },
  stateRoot: EMPTY_ROOT,
  accounts: new Map(),
};

/** Blocks that can be reverted, and whose states can be proven, unless `StateOptions.history` says otherwise. */
const DEFAULT_HISTORY = 256;

export interface StateOptions {
  /** How many of the last blocks can be reverted; `Infinity` keeps all of them. */
  readonly history?: number;
}

/**
 * The state of a cloud: what every program has stored, authenticated by a Merkle Patricia trie, changed block by block.
 *
 * In memory are the programs' entries and all keys in order; values and trie nodes are read from the store on demand.
 */
export class State {
  readonly #store: KeyValueStore;
  readonly #history: number;
  #head: Head;
  readonly #accounts = new Map<string, Account>();
  readonly #keys = new Map<string, SortedKeys>();
  /** Heights that can be reverted, ascending. */
  #undoHeights: number[] = [];
  #block: Block | undefined;
  #busy = false;

  private constructor(store: KeyValueStore, history: number, head: Head) {
    this.#store = store;
    this.#history = history;
    this.#head = head;
  }

  /**
   * Opens the state in `store`: the last committed block, or the empty state at height 0.
   * @throws StorageCorruptedError, or Error when the store was written by another version
   */
  static async open(store: KeyValueStore, options: StateOptions = {}): Promise<State> {
    const format = store.get(layout.FORMAT_KEY);
    if (format === undefined)
      await store.write([{ key: layout.FORMAT_KEY, value: Uint8Array.of(layout.FORMAT) }]);
    else if (format[0] !== layout.FORMAT) {
      throw new Error(
        `The storage has format ${format[0]}, this version reads format ${layout.FORMAT}. Run the version that wrote ` +
          "it, or start from an empty directory and a snapshot.",
      );
    }
    await removeUnfinished(store);
    const head = store.get(layout.HEAD_KEY);
    const state = new State(
      store,
      options.history ?? DEFAULT_HISTORY,
      head === undefined ? { height: 0, stateRoot: EMPTY_ROOT } : decodeHead(head),
    );
    await state.#load();
    return state;
  }

  /** How many of the last blocks can be reverted at most. */
  get history(): number {
    return this.#history;
  }

  /** The last committed block. */
  get head(): Head {
    return this.#head;
  }

  /** Begins the next block. There is one at a time: the one before must have been committed or discarded. */
  begin(): Block {
    this.#requireIdle();
    const block = new Block({
      account: (programId) => this.#accounts.get(programId),
      keys: (programId) => this.#keys.get(programId),
      value: (programId, key) => this.#value(programId, key),
      apply: (changes) => applyChanges(this.#committed(), changes),
      commit: (height, contents, records) => this.#commit(height, contents, records),
      end: () => (this.#block = undefined),
    });
    this.#block = block;
    return block;
  }

  /** The committed value under `key`; undefined when there is none. */
  get(programId: Uint8Array, key: Uint8Array): Uint8Array | undefined {
    return this.#value(binaryProgramId(programId), toBinary(key));
  }

  /** All committed values of an account, by key as a binary string, ascending. */
  *entries(programId: Uint8Array): Generator<[key: string, value: Uint8Array], void, undefined> {
    const program = binaryProgramId(programId);
    for (const key of this.#keys.get(program)?.range() ?? []) yield [key, this.#value(program, key)!];
  }

  /** Number of outbound calls that a program has made by the head. */
  outboundNonce(programId: Uint8Array): number {
    return this.#accounts.get(binaryProgramId(programId))?.outboundNonce ?? 0;
  }

  /**
   * Proof of what is stored under `key`, or of its absence, in the state at `height`: the head's unless given, or one
   * of the heights that can be reverted to.
   */
  prove(programId: Uint8Array, key: Uint8Array, height: number = this.#head.height): StorageProof {
    const program = binaryProgramId(programId);
    const { head, changes } = this.#before(height);
    const applied = applyChanges(this.#committed(), changes);
    this.#requireRoot(applied.stateRoot, head);
    const account = applied.accounts.has(program)
      ? applied.accounts.get(program)
      : this.#accounts.get(program);
    const trie = applied.storageTries.get(program) ?? storageTrie(this.#store, program, account);
    const binary = toBinary(key);
    const changed = changes.get(program)?.values;
    const value = changed?.has(binary) === true ? changed.get(binary) : this.get(programId, key);
    const proof = {
      height,
      stateRoot: toHex(head.stateRoot),
      programId: toHex(programId),
      accountProof: applied.stateTrie.prove(keccak256(programId)).map(toHex),
      storageHash: toHex(account?.storageRoot ?? EMPTY_ROOT),
      outboundNonce: account?.outboundNonce ?? 0,
      key: toHex(key),
      value: value && toHex(value),
      storageProof: trie.prove(keccak256(key)).map(toHex),
    };
    if (!equalBytes(verifyStorageProof(head.stateRoot, proof), value)) {
      throw new StorageCorruptedError(`the tries do not hold the value of ${toHex(key)}`);
    }
    return proof;
  }

  /** The least height that `revert` and `prove` still know. */
  get oldestHeight(): number {
    const oldest = this.#undoHeights[0];
    return oldest === undefined ? this.#head.height : this.#undo(oldest).previous.height;
  }

  /** Makes the block at `height` the head again, as if none had come after it. Atomic and durable. */
  async revert(height: number): Promise<Head> {
    this.#requireIdle();
    if (height === this.#head.height) return this.#head;
    const { head, changes } = this.#before(height);
    const applied = applyChanges(this.#committed(), changes);
    this.#requireRoot(applied.stateRoot, head);
    const dropped = this.#undoHeights.filter((at) => at > height);
    await this.#write([
      ...applied.writes,
      ...dropped.map((at) => ({ key: layout.undoKey(at), value: undefined })),
      { key: layout.HEAD_KEY, value: encodeHead(head) },
    ]);
    const keys = new Map<string, SortedKeys>();
    for (const [programId, { values }] of changes) {
      const sorted = this.#keys.get(programId)?.clone() ?? new SortedKeys();
      for (const [key, value] of values) {
        if (value === undefined) sorted.delete(key);
        else sorted.add(key);
      }
      keys.set(programId, sorted);
    }
    this.#undoHeights = this.#undoHeights.filter((at) => at <= height);
    this.#adopt(head, applied.accounts, keys);
    return head;
  }

  /**
   * Fills the empty state with all of another one's values and nonces, unless they do not have the root of `head`: nothing is written then.
   * Atomic and durable, though it is many writes: a state that was not written whole is removed when it is opened.
   * @param records what else is written with the last of them
   */
  async restore(head: Head, contents: Changes, records: readonly Write[] = []): Promise<void> {
    this.#requireIdle();
    if (this.#head.height !== 0) {
      throw new Error(
        `Only an empty storage can be filled from a snapshot; this one is at height ${this.#head.height}.`,
      );
    }
    this.#busy = true;
    let accounts: Map<string, Account>;
    try {
      const { stateRoot, accounts: found } = await wholeState(contents);
      if (!equalBytes(stateRoot, head.stateRoot)) {
        throw new Error(
          `The snapshot has root ${toHex(stateRoot)} and not ${toHex(head.stateRoot)}; take it from another node.`,
        );
      }
      await writeWholeState(this.#store, contents, [
        ...records,
        { key: layout.HEAD_KEY, value: encodeHead(head) },
      ]);
      accounts = found;
    } finally {
      this.#busy = false;
    }
    const keys = new Map<string, SortedKeys>();
    for (const [programId, { values }] of contents) {
      const sorted = new SortedKeys();
      for (const key of values.keys()) sorted.add(key);
      keys.set(programId, sorted);
    }
    this.#adopt(head, accounts, keys);
  }

  /**
   * Computes every trie anew from the values and compares all of it with what is stored: minutes for millions of values.
   * @throws StorageCorruptedError at the first difference
   */
  async verify(): Promise<void> {
    this.#requireIdle();
    const changes: Changes = new Map();
    for (const [programId, { outboundNonce }] of this.#accounts)
      changes.set(programId, { values: new Map(), outboundNonce });
    for await (const [storeKey, value] of this.#store.entries(...layout.VALUE_RANGE)) {
      const { programId, key } = layout.splitValueKey(storeKey);
      const program = changes.get(programId);
      if (program === undefined) {
        throw new StorageCorruptedError(
          `values are stored for ${hexOf(programId)}, which the state trie does not know`,
        );
      }
      program.values.set(key, value);
    }
    const applied = applyChanges(EMPTY_STATE, changes);
    for (const { key, value } of applied.writes) {
      if (!equalBytes(this.#store.get(key), value)) {
        throw new StorageCorruptedError(`the record ${hexOf(key)} does not follow from the stored values`);
      }
    }
    this.#requireRoot(applied.stateRoot, this.#head);
  }

  /** Closes the store beneath. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  async #load(): Promise<void> {
    for await (const [key, value] of this.#store.entries(...layout.ACCOUNT_RANGE)) {
      this.#accounts.set(key.slice(1), decodeAccount(value));
    }
    for await (const storeKey of this.#store.keys(...layout.VALUE_RANGE)) {
      const { programId, key } = layout.splitValueKey(storeKey);
      let keys = this.#keys.get(programId);
      if (keys === undefined) this.#keys.set(programId, (keys = new SortedKeys()));
      keys.add(key);
    }
    for await (const key of this.#store.keys(...layout.UNDO_RANGE)) {
      this.#undoHeights.push(Number.parseInt(key.slice(1), 16));
    }
    const newest = this.#undoHeights.at(-1) ?? 0;
    if (newest > this.#head.height) {
      throw new StorageCorruptedError(
        `the head is at height ${this.#head.height}, below an undo record of ${newest}`,
      );
    }
  }

  /** A committed value. The keys in memory spare the store from looking for what is not there. */
  #value(programId: string, key: string): Uint8Array | undefined {
    if (this.#keys.get(programId)?.has(key) !== true) return undefined;
    const value = this.#store.get(layout.valueKey(programId, key));
    if (value === undefined) {
      throw new StorageCorruptedError(`the record ${hexOf(layout.valueKey(programId, key))} is missing`);
    }
    return value;
  }

  #committed(): CommittedState {
    return {
      store: this.#store,
      stateRoot: this.#head.stateRoot,
      accounts: this.#accounts,
    };
  }

  async #commit(height: number, { keys, applied }: BlockContents, records: readonly Write[]): Promise<Head> {
    if (!Number.isSafeInteger(height) || height <= this.#head.height) {
      throw new RangeError(
        `A block at height ${height} cannot follow the head at height ${this.#head.height}.`,
      );
    }
    const head: Head = { height, stateRoot: applied.stateRoot };
    const undoHeights = [...this.#undoHeights, height];
    const forgotten = undoHeights.splice(0, Math.max(0, undoHeights.length - this.#history));
    const undo = encodeUndo({ previous: this.#head, changes: applied.inverse });
    await this.#write([
      ...applied.writes,
      { key: layout.undoKey(height), value: undo },
      ...forgotten.map((at) => ({ key: layout.undoKey(at), value: undefined })),
      ...records,
      { key: layout.HEAD_KEY, value: encodeHead(head) },
    ]);
    this.#undoHeights = undoHeights;
    this.#block = undefined;
    this.#adopt(head, applied.accounts, keys);
    return head;
  }

  async #write(writes: Write[]): Promise<void> {
    this.#busy = true;
    try {
      await this.#store.write(writes);
    } finally {
      this.#busy = false;
    }
  }

  /** Brings what is in memory in line with what has been written. */
  #adopt(
    head: Head,
    accounts: ReadonlyMap<string, Account | undefined>,
    keys: ReadonlyMap<string, SortedKeys>,
  ): void {
    this.#head = head;
    for (const [programId, account] of accounts) {
      if (account === undefined) this.#accounts.delete(programId);
      else this.#accounts.set(programId, account);
    }
    for (const [programId, sorted] of keys) {
      if (sorted.size === 0) this.#keys.delete(programId);
      else this.#keys.set(programId, sorted);
    }
  }

  #undo(height: number): ReturnType<typeof decodeUndo> {
    const encoded = this.#store.get(layout.undoKey(height));
    if (encoded === undefined)
      throw new StorageCorruptedError(`the undo record of height ${height} is missing`);
    return decodeUndo(encoded);
  }

  /** The head as it was at `height`, and what leads back to it from the present one. */
  #before(height: number): { head: Head; changes: Changes } {
    let head = this.#head;
    const changes: Changes = new Map();
    for (let at = this.#undoHeights.length - 1; at >= 0 && head.height > height; at--) {
      const undo = this.#undo(this.#undoHeights[at]!);
      head = undo.previous;
      for (const [programId, { values, outboundNonce }] of undo.changes) {
        const program = changes.get(programId);
        if (program === undefined) changes.set(programId, { values: new Map(values), outboundNonce });
        else {
          for (const [key, value] of values) program.values.set(key, value);
          program.outboundNonce = outboundNonce;
        }
      }
    }
    if (head.height !== height) {
      throw new RangeError(
        `There is no state at height ${height}: the head is at ${this.#head.height}, and the last ${this.#undoHeights.length} ` +
          "blocks can be reverted. Raise `history` to keep more, or check the height.",
      );
    }
    return { head, changes };
  }

  #requireRoot(root: Uint8Array, head: Head): void {
    if (equalBytes(root, head.stateRoot)) return;
    throw new StorageCorruptedError(
      `the state at height ${head.height} has root ${toHex(root)} and not ${toHex(head.stateRoot)}`,
    );
  }

  #requireIdle(): void {
    if (this.#busy) throw new Error("A write to the storage is under way; await it first.");
    if (this.#block !== undefined) throw new Error("A block is open; commit or discard it first.");
  }
}

function hexOf(binary: string): string {
  return toHex(Buffer.from(binary, "latin1"));
}
