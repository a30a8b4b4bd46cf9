import { join } from "node:path";

import { makeFolderDurably } from "../keystore/durable-file.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { LevelStore } from "../storage/level-store.ts";

/** What a node keeps on its disk besides its keys. Whoever has it open keeps other processes out. */
export interface LiveStores {
  /** State, blocks and certificates. */
  readonly state: KeyValueStore;
  /** What it has signed. */
  readonly guard: KeyValueStore;
  /** How far CometBFT has come. */
  readonly comet: KeyValueStore;
}

/** Folder of what was signed: apart from the state, so that who deletes that one to begin anew does not delete this. */
const FOLDERS = { state: "state", guard: "signed", comet: "progress" } as const;

/** Opens the stores in a folder, which is made if it is missing. @throws Error when another process has them open, or one is damaged */
export async function openStores(folder: string): Promise<LiveStores> {
  // LevelDB makes its own folder and syncs what is in it, but not the name that the folder has in this one.
  for (const name of Object.values(FOLDERS)) await makeFolderDurably(join(folder, name));
  const opened: KeyValueStore[] = [];
  const open = async (name: string): Promise<KeyValueStore> => {
    const store = await LevelStore.open(join(folder, name));
    opened.push(store);
    return store;
  };
  try {
    return {
      state: await open(FOLDERS.state),
      guard: await open(FOLDERS.guard),
      comet: await open(FOLDERS.comet),
    };
  } catch (error) {
    for (const store of opened) await store.close();
    throw error;
  }
}

export async function closeStores({ state, guard, comet }: LiveStores): Promise<void> {
  for (const store of [state, guard, comet]) await store.close();
}
