/** How an empty store becomes what a snapshot says, whatever its size: in many writes, of which all or none count. */
import { setImmediate as nextTurn } from "node:timers/promises";

import { keccak256 } from "../../crypto/keccak.ts";
import { fromBinary } from "./bytes.ts";
import type { KeyValueStore, Write } from "./key-value-store.ts";
import * as layout from "./layout.ts";
import { encodeAccount, type Account, type Changes } from "./records.ts";
import { encodeString } from "./rlp.ts";
import { EMPTY_ROOT } from "./trie.ts";
import { WholeTrie } from "./whole-trie.ts";

/** Bytes after which a write is closed; removals of one; nodes after which others have their turn. */
const [WRITE_BYTES, REMOVALS, NODES] = [4 * 1_024 * 1_024, 10_000, 2_000];

/** The root of a state with these values and nonces, and its accounts. Others have their turn meanwhile. */
export async function wholeState(
  contents: Changes,
): Promise<{ readonly stateRoot: Uint8Array; readonly accounts: Map<string, Account> }> {
  const accounts = new Map<string, Account>();
  const stateRoot = await build(contents, accounts, () => undefined);
  return { stateRoot, accounts };
}

/**
 * Writes a state into a store that has none. It is there when this has resolved; whatever ends it before leaves behind what
 * `removeUnfinished` removes.
 *
 * @param last what makes it count, such as the head: written with the last of it
 * @param writeBytes after which a write is closed
 */
export async function writeWholeState(
  store: KeyValueStore,
  contents: Changes,
  last: readonly Write[],
  writeBytes = WRITE_BYTES,
): Promise<void> {
  await removeUnfinished(store);
  await store.write([{ key: layout.RESTORING_KEY, value: Uint8Array.of(1) }]);
  let writes: Write[] = [];
  let bytes = 0;
  await build(contents, new Map(), (key, value) => {
    writes.push({ key, value });
    bytes += key.length + value.length;
    if (bytes < writeBytes) return undefined;
    const full = writes;
    [writes, bytes] = [[], 0];
    return store.write(full);
  });
  await store.write([...writes, ...last, { key: layout.RESTORING_KEY, value: undefined }]);
}

/** Removes what was left of a state that was not written whole. */
export async function removeUnfinished(store: KeyValueStore): Promise<void> {
  if (store.get(layout.RESTORING_KEY) === undefined) return;
  let removals: Write[] = [];
  for await (const key of store.keys(...layout.STATE_RANGE)) {
    removals.push({ key, value: undefined });
    if (removals.length < REMOVALS) continue;
    await store.write(removals);
    removals = [];
  }
  await store.write([...removals, { key: layout.RESTORING_KEY, value: undefined }]);
}

/** Tells every record of a state. @param told may have it wait @returns the state's root */
async function build(
  contents: Changes,
  accounts: Map<string, Account>,
  told: (key: string, value: Uint8Array) => Promise<void> | undefined,
): Promise<Uint8Array> {
  for (const [programId, { values, outboundNonce }] of contents) {
    for (const [key, value] of values) await told(layout.valueKey(programId, key), value!);
    const trie = new WholeTrie(
      Array.from(values, ([key, value]) => [keccak256(fromBinary(key)), () => encodeString(value!)] as const),
    );
    const storageRoot = await stored(trie, (path) => layout.storageNodeKey(programId, path), told);
    if (outboundNonce === 0 && storageRoot === EMPTY_ROOT) continue;
    const account = { storageRoot, outboundNonce };
    accounts.set(programId, account);
    await told(layout.accountKey(programId), encodeAccount(account));
  }
  const trie = new WholeTrie(
    Array.from(
      accounts,
      ([programId, account]) => [keccak256(fromBinary(programId)), () => encodeAccount(account)] as const,
    ),
  );
  return stored(trie, layout.stateNodeKey, told);
}

async function stored(
  trie: WholeTrie,
  keyOf: (path: string) => string,
  told: (key: string, value: Uint8Array) => Promise<void> | undefined,
): Promise<Uint8Array> {
  const nodes = trie.nodes();
  for (let count = 1; ; count++) {
    const next = nodes.next();
    if (next.done === true) return next.value;
    const written = told(keyOf(next.value[0]), next.value[1]);
    if (written !== undefined) await written;
    else if (count % NODES === 0) await nextTurn();
  }
}
