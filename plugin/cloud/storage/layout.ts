/**
 * What stands under which key of the store. Keys are binary strings (see `bytes.ts`); the first character says what
 * kind of record it is, a program id is 32 characters, a height 8.
 */

/** Version of this layout. */
export const FORMAT = 3;

export const FORMAT_KEY = "\x00format";

/** There while a state is being written that does not count yet. */
export const RESTORING_KEY = "\x00restoring";

/** How to go back from the block at `height`: an `UndoRecord`. */
export function undoKey(height: number): string {
  return "\x01" + height.toString(16).padStart(16, "0");
}
export const UNDO_RANGE = ["\x01", "\x02"] as const;

/** A node of the state trie. */
export function stateNodeKey(path: string): string {
  return "\x02" + path;
}

/** A node of a program's storage trie. */
export function storageNodeKey(programId: string, path: string): string {
  return "\x03" + programId + path;
}

/** The last committed block: a `Head`. */
export const HEAD_KEY = "\x04head";

/** A program's entry of the state trie: an `Account`. */
export function accountKey(programId: string): string {
  return "\x05" + programId;
}
export const ACCOUNT_RANGE = ["\x05", "\x06"] as const;

/** A stored value. */
export function valueKey(programId: string, key: string): string {
  return "\x06" + programId + key;
}
export const VALUE_RANGE = ["\x06", "\x07"] as const;

/** A program's module. */
export function moduleKey(programId: string): string {
  return "\x07" + programId;
}
export const MODULE_RANGE = ["\x07", "\x08"] as const;

/** The head, every account, value and module: all that a snapshot holds, since the tries follow from it. */
export const FLAT_RANGE = [HEAD_KEY, MODULE_RANGE[1]] as const;

/** Everything of a state but how to go back from it. */
export const STATE_RANGE = ["\x02", MODULE_RANGE[1]] as const;

/** Takes apart the key of a value. */
export function splitValueKey(storeKey: string): { programId: string; key: string } {
  return { programId: storeKey.slice(1, 33), key: storeKey.slice(33) };
}

/** A record of the application, which is neither state nor part of a snapshot. */
export function applicationKey(name: string): string {
  return "\x08" + name;
}
