import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** What goleveldb has written of a database before it writes CURRENT, with which the database begins to be. */
const BEFORE_CURRENT = /^(LOCK|LOG|LOG\.old|MANIFEST-\d+|CURRENT\.\d+)$/;

/**
 * Removes databases of CometBFT that it was making when it was killed: it cannot open them, and there is nothing in them. One in which there ever was
 * something has CURRENT, or journals or tables.
 *
 * @param home CometBFT's
 */
export async function removeUnbornDatabases(home: string): Promise<void> {
  const data = join(home, "data");
  for (const entry of await readdir(data, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.endsWith(".db")) continue;
    const path = join(data, entry.name);
    const files = await readdir(path);
    if (files.every((name) => BEFORE_CURRENT.test(name))) await rm(path, { recursive: true });
  }
}
