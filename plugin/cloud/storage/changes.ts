import { keccak256 } from "../../crypto/keccak.ts";
import { equalBytes, fromBinary } from "./bytes.ts";
import type { KeyValueStore, Write } from "./key-value-store.ts";
import { accountKey, stateNodeKey, storageNodeKey, valueKey } from "./layout.ts";
import { encodeAccount, type Account, type Changes, type ProgramChanges } from "./records.ts";
import { decode, encodeString } from "./rlp.ts";
import { EMPTY_ROOT, Trie } from "./trie.ts";

/** A committed state: what `applyChanges` starts from. */
export interface CommittedState {
  readonly store: Pick<KeyValueStore, "get">;
  readonly stateRoot: Uint8Array;
  readonly accounts: ReadonlyMap<string, Account>;
}

/** What the state would be, and what to write so that it is. Nothing is written yet. */
export interface AppliedChanges {
  readonly stateRoot: Uint8Array;
  readonly writes: Write[];
  /** The accounts that changed; `undefined` for one that is no more. */
  readonly accounts: Map<string, Account | undefined>;
  /** What leads back: the values and nonces from before. */
  readonly inverse: Changes;
  readonly stateTrie: Trie;
  /** The storage tries of the programs whose values changed. */
  readonly storageTries: Map<string, Trie>;
}

/** The storage trie of a program as committed. */
export function storageTrie(
  store: CommittedState["store"],
  programId: string,
  account: Account | undefined,
): Trie {
  return new Trie(account?.storageRoot, (path) => store.get(storageNodeKey(programId, path)));
}

/**
 * Computes the state after `changes`. State trie: keccak256(program id) → RLP [storage root, outbound nonce]; storage
 * trie of a program: keccak256(key) → RLP of the value. A program without values that never made a call is absent.
 */
export function applyChanges(state: CommittedState, changes: Changes): AppliedChanges {
  const { store } = state;
  const writes: Write[] = [];
  const accounts = new Map<string, Account | undefined>();
  const storageTries = new Map<string, Trie>();
  const inverse: Changes = new Map();
  const stateTrie = new Trie(state.stateRoot, (path) => store.get(stateNodeKey(path)));

  for (const [programId, { values, outboundNonce }] of changes) {
    const before = state.accounts.get(programId);
    const trie = storageTrie(store, programId, before);
    const valuesBefore: ProgramChanges["values"] = new Map();
    for (const [key, value] of values) {
      const place = keccak256(fromBinary(key));
      // The trie's leaf holds the value too, and has to be read anyway.
      const valueBefore = decodeValue(trie.get(place));
      if (equalBytes(value, valueBefore)) continue;
      valuesBefore.set(key, valueBefore);
      trie.set(place, value === undefined ? undefined : encodeString(value));
      writes.push({ key: valueKey(programId, key), value });
    }
    const { root: storageRoot, writes: nodes } = trie.commit();
    for (const [path, value] of nodes) writes.push({ key: storageNodeKey(programId, path), value });
    storageTries.set(programId, trie);
    inverse.set(programId, { values: valuesBefore, outboundNonce: before?.outboundNonce ?? 0 });

    const absent = outboundNonce === 0 && equalBytes(storageRoot, EMPTY_ROOT);
    const after = absent ? undefined : { storageRoot, outboundNonce };
    if (before?.outboundNonce === after?.outboundNonce && equalBytes(before?.storageRoot, after?.storageRoot))
      continue;
    accounts.set(programId, after);
    const value = after && encodeAccount(after);
    stateTrie.set(keccak256(fromBinary(programId)), value);
    writes.push({ key: accountKey(programId), value });
  }

  const { root: stateRoot, writes: nodes } = stateTrie.commit();
  for (const [path, value] of nodes) writes.push({ key: stateNodeKey(path), value });
  return { stateRoot, writes, accounts, inverse, stateTrie, storageTries };
}

/** The value behind what a storage trie's leaf holds. */
function decodeValue(leaf: Uint8Array | undefined): Uint8Array | undefined {
  return leaf === undefined ? undefined : (decode(leaf) as Uint8Array);
}
