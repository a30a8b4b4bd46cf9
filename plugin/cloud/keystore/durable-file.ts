import { mkdir, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** What is written first beside a file that is to be replaced; one that is left over was never in force. */
export const UNFINISHED = ".unfinished";

/**
 * Writes a file whole or not at all, for its owner only. When this resolves it is on the disk, its name included; a crash before leaves
 * what was there.
 */
export async function writeDurably(path: string, content: string | Uint8Array): Promise<void> {
  const beside = `${path}${UNFINISHED}`;
  const file = await open(beside, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  await syncFolder(dirname(path));
}

/** Makes a folder, for its owner only, and those that it is in, unless they are there. When this resolves their names are on the disk. */
export async function makeFolderDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  const outermost = dirname(resolve(first));
  let parent = resolve(path);
  do {
    parent = dirname(parent);
    await syncFolder(parent);
  } while (parent !== outermost);
}

/** Removes a file. When this resolves it does not come back after a crash. */
export async function removeDurably(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(path, "r");
  } catch (error) {
    // Windows opens no folders, and its file system keeps names without being asked.
    if (process.platform === "win32") return;
    throw error;
  }
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
