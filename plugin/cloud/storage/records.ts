/** The records of the store that are not trie nodes or values, and their encoding (RLP). */

import { fromBinary, toBinary } from "./bytes.ts";
import { StorageCorruptedError } from "./key-value-store.ts";
import { decode, decodeInteger, encodeInteger, encodeList, encodeString, type RlpItem } from "./rlp.ts";

/** The last committed block. */
export interface Head {
  /** The block's height; 0 before the first block. */
  readonly height: number;
  /** Root of the state trie after this block, 32 bytes. */
  readonly stateRoot: Uint8Array;
}

/** What the state trie holds for a program. */
export interface Account {
  /** Root of the program's storage trie, 32 bytes. */
  readonly storageRoot: Uint8Array;
  /** Number of outbound calls that the program has made. */
  readonly outboundNonce: number;
}

/** What becomes of one program: new values by key (`undefined` removes one), and its new nonce. */
export interface ProgramChanges {
  readonly values: Map<string, Uint8Array | undefined>;
  outboundNonce: number;
}

/** What becomes of each program, by program id as a binary string. */
export type Changes = Map<string, ProgramChanges>;

/** How to go back by one block. */
export interface UndoRecord {
  readonly previous: Head;
  /** What the block changed, as it was before. */
  readonly changes: Changes;
}

function bytesOf(item: RlpItem | undefined, length?: number): Uint8Array {
  if (!(item instanceof Uint8Array)) throw new Error("a list stands where bytes belong");
  if (length !== undefined && item.length !== length)
    throw new Error(`${item.length} bytes stand where ${length} belong`);
  return item;
}

function listOf(item: RlpItem | undefined, length?: number): RlpItem[] {
  if (!Array.isArray(item)) throw new Error("bytes stand where a list belongs");
  if (length !== undefined && item.length !== length)
    throw new Error(`a list has ${item.length} items and not ${length}`);
  return item;
}

/** Runs `read` on a decoded record; whatever is wrong with the record is reported as corruption of `what`. */
function decoding<T>(what: string, encoded: Uint8Array, read: (item: RlpItem) => T): T {
  try {
    return read(decode(encoded));
  } catch (error) {
    throw new StorageCorruptedError(`${what} cannot be read (${(error as Error).message})`);
  }
}

export function encodeHead(head: Head): Uint8Array {
  return encodeList([encodeInteger(head.height), encodeString(head.stateRoot)]);
}

function headOf(item: RlpItem | undefined): Head {
  const [height, stateRoot] = listOf(item, 2);
  return { height: decodeInteger(height), stateRoot: bytesOf(stateRoot, 32) };
}

export function decodeHead(encoded: Uint8Array): Head {
  return decoding("the head", encoded, headOf);
}

/** The state trie's value for a program: the RLP of [storageRoot, outboundNonce]. */
export function encodeAccount(account: Account): Uint8Array {
  return encodeList([encodeString(account.storageRoot), encodeInteger(account.outboundNonce)]);
}

export function decodeAccount(encoded: Uint8Array): Account {
  return decoding("an account", encoded, (item) => {
    const [storageRoot, outboundNonce] = listOf(item, 2);
    return { storageRoot: bytesOf(storageRoot, 32), outboundNonce: decodeInteger(outboundNonce) };
  });
}

export function encodeUndo({ previous, changes }: UndoRecord): Uint8Array {
  return encodeList([
    encodeHead(previous),
    encodeList(
      [...changes].map(([programId, { values, outboundNonce }]) =>
        encodeList([
          encodeString(fromBinary(programId)),
          encodeInteger(outboundNonce),
          encodeList(
            [...values].map(([key, value]) =>
              encodeList([
                encodeString(fromBinary(key)),
                ...(value === undefined ? [] : [encodeString(value)]),
              ]),
            ),
          ),
        ]),
      ),
    ),
  ]);
}

export function decodeUndo(encoded: Uint8Array): UndoRecord {
  return decoding("an undo record", encoded, (item) => {
    const [previous, programs] = listOf(item, 2);
    const changes: Changes = new Map();
    for (const program of listOf(programs)) {
      const [programId, outboundNonce, entries] = listOf(program, 3);
      const values = new Map<string, Uint8Array | undefined>();
      for (const entry of listOf(entries)) {
        const [key, value] = listOf(entry);
        values.set(toBinary(bytesOf(key)), value === undefined ? undefined : bytesOf(value));
      }
      changes.set(toBinary(bytesOf(programId, 32)), { values, outboundNonce: decodeInteger(outboundNonce) });
    }
    return { previous: headOf(previous), changes };
  });
}
