import { keccak256 } from "../../crypto/keccak.ts";
import { fromBinary, toBinary, toHex } from "../storage/bytes.ts";
import type { Changes } from "../storage/records.ts";
import type { KeyValueStore, Write } from "../storage/key-value-store.ts";
import {
  ACCOUNT_RANGE,
  FLAT_RANGE,
  HEAD_KEY,
  MODULE_RANGE,
  splitValueKey,
  VALUE_RANGE,
} from "../storage/layout.ts";
import { decodeAccount, decodeHead, type Head } from "../storage/records.ts";
import { decode, encodeList, encodeString } from "../storage/rlp.ts";
import { State, type StateOptions } from "../storage/state.ts";
import { BlockStore } from "./block-store.ts";
import { programOfEntry, REPLICATION_ACCOUNT } from "./state-entries.ts";

/** Size at which a chunk is closed, in bytes; one is longer by a record at most. */
export const CHUNK_BYTES = 512 * 1024;

/**
 * The whole state as it is when the first chunk is read, in chunks of about half a mebibyte: RLP lists of
 * [key, value] records, the head first, the modules of known programs last. The tries are left out, since they follow from the values.
 */
export async function* exportSnapshot(store: KeyValueStore): AsyncGenerator<Uint8Array> {
  let records: Uint8Array[] = [];
  let size = 0;
  for await (const [key, value] of store.entries(...FLAT_RANGE)) {
    const record = encodeList([encodeString(fromBinary(key)), encodeString(value)]);
    records.push(record);
    size += record.length;
    if (size < CHUNK_BYTES) continue;
    yield encodeList(records);
    records = [];
    size = 0;
  }
  if (size > 0) yield encodeList(records);
}

/**
 * Builds a state from a snapshot in an empty store; see `restoreSnapshot`.
 * @throws Error when the store is not empty, or the chunks are not a snapshot of the expected state
 */
export async function importSnapshot(
  store: KeyValueStore,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: Head,
  options: StateOptions = {},
): Promise<State> {
  const state = await State.open(store, options);
  await restoreSnapshot(state, chunks, expected);
  return state;
}

/**
 * Fills an empty state from a snapshot. Every trie is computed anew from the values, and every module hashed; nothing is written
 * unless the root comes out as expected and the modules are those that it says are known. Holds the state in memory meanwhile.
 * @param expected height and root that the caller trusts, from a header that is signed
 * @param records what else is written with it, in the same atomic write
 * @throws Error when the state is not empty, or the chunks are not a snapshot of the expected one
 */
export async function restoreSnapshot(
  state: State,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: Head,
  records: readonly Write[] = [],
): Promise<void> {
  let head: Head | undefined;
  const accounts: Changes = new Map();
  const account = (accountId: string) => {
    const known = accounts.get(accountId) ?? { values: new Map(), outboundNonce: 0 };
    accounts.set(accountId, known);
    return known;
  };
  const modules: Write[] = [];
  for await (const chunk of chunks) {
    for (const [key, value] of recordsOf(chunk)) {
      if (key === HEAD_KEY) head = decodeHead(value);
      else if (inRange(key, ACCOUNT_RANGE))
        account(key.slice(1)).outboundNonce = decodeAccount(value).outboundNonce;
      else if (inRange(key, VALUE_RANGE)) {
        const { programId, key: name } = splitValueKey(key);
        account(programId).values.set(name, value);
      } else if (inRange(key, MODULE_RANGE)) modules.push({ key, value });
      else
        throw new Error(
          "A snapshot has a head, accounts, values and modules; this one has a record of another kind.",
        );
    }
  }
  if (head?.height !== expected.height) {
    throw new Error(`The snapshot is of height ${head?.height ?? "unknown"} and not ${expected.height}.`);
  }
  checkModules(modules, [...(accounts.get(toBinary(REPLICATION_ACCOUNT))?.values.keys() ?? [])]);
  await state.restore(expected, accounts, [
    ...modules,
    ...records,
    BlockStore.beginningAfter(expected.height),
  ]);
}

/** @throws Error unless the modules are those with the entries' hashes */
function checkModules(modules: readonly Write[], entries: readonly string[]): void {
  const missing = new Set(entries.map(programOfEntry).filter((programId) => programId !== undefined));
  for (const { key, value } of modules) {
    const programId = toHex(fromBinary(key.slice(1)));
    if (toHex(keccak256(value!)) !== programId || !missing.delete(programId)) {
      throw new Error(`The snapshot has a module under ${programId} that the cloud does not know.`);
    }
  }
  for (const programId of missing) throw new Error(`The snapshot lacks the module of program ${programId}.`);
}

function inRange(key: string, [from, to]: readonly [string, string]): boolean {
  return key >= from && key < to;
}

function* recordsOf(chunk: Uint8Array): Generator<[key: string, value: Uint8Array]> {
  const records = decode(chunk);
  if (!Array.isArray(records)) throw new Error("A chunk of a snapshot is a list; this one is not.");
  for (const record of records) {
    if (!Array.isArray(record) || !(record[0] instanceof Uint8Array) || !(record[1] instanceof Uint8Array)) {
      throw new Error("A record of a snapshot is a key with a value; this one is not.");
    }
    yield [toBinary(record[0]), record[1]];
  }
}
