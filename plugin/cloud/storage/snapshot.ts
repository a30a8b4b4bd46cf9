import { fromBinary, toBinary } from "./bytes.ts";
import type { KeyValueStore } from "./key-value-store.ts";
import { ACCOUNT_RANGE, FLAT_RANGE, HEAD_KEY, VALUE_RANGE, splitValueKey } from "./layout.ts";
import { decodeAccount, decodeHead, type Changes, type Head } from "./records.ts";
import { decode, encodeList, encodeString } from "./rlp.ts";
import { State, type StateOptions } from "./state.ts";

/** Size at which a chunk is closed, in bytes; one is longer by a record at most. */
const CHUNK_BYTES = 512 * 1024;

/**
 * The whole state as it is when the first chunk is read, in chunks of about half a mebibyte: RLP lists of
 * [key, value] records, the head first. The tries are left out, since they follow from the values.
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
 * Builds a state from a snapshot in an empty store. Every trie is computed anew from the values; nothing is written
 * unless the root comes out as expected. Holds the state in memory meanwhile.
 * @param expected height and root that the caller trusts, from a signed header. The head's `meta` is not covered by
 *   the root: who uses it must check it.
 * @throws Error when the store is not empty, or the chunks are not a snapshot of the expected state
 */
export async function importSnapshot(
  store: KeyValueStore,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  expected: Pick<Head, "height" | "stateRoot">,
  options: StateOptions = {},
): Promise<State> {
  const state = await State.open(store, options);
  let head: Head | undefined;
  const programs: Changes = new Map();
  const program = (programId: string) => {
    const known = programs.get(programId) ?? { values: new Map(), outboundNonce: 0 };
    programs.set(programId, known);
    return known;
  };
  for await (const chunk of chunks) {
    for (const [key, value] of recordsOf(chunk)) {
      if (key === HEAD_KEY) head = decodeHead(value);
      else if (inRange(key, ACCOUNT_RANGE))
        program(key.slice(1)).outboundNonce = decodeAccount(value).outboundNonce;
      else if (inRange(key, VALUE_RANGE)) {
        const { programId, key: name } = splitValueKey(key);
        program(programId).values.set(name, value);
      } else
        throw new Error("A snapshot has a head, accounts and values; this one has a record of another kind.");
    }
  }
  if (head?.height !== expected.height) {
    throw new Error(`The snapshot is of height ${head?.height ?? "unknown"} and not ${expected.height}.`);
  }
  await state.restore({ ...head, stateRoot: expected.stateRoot }, programs);
  return state;
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
