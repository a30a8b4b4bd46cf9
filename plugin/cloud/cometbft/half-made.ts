import { access, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** What goleveldb has written of a database before it writes CURRENT, with which the database begins to be. */
const BEFORE_CURRENT = /^(LOCK|LOG|LOG\.old|MANIFEST-\d+|CURRENT\.\d+)$/;

/**
 * Removes from CometBFT's home what CometBFT had only begun to make when it was killed, and with which it does not start again. There is
 * nothing in it.
 */
export async function removeHalfMade(home: string): Promise<void> {
  await removeDatabases(join(home, "data"));
  // CometBFT makes a key of its own, though another signs for its validator, and then the record for it, which it does not make for a key that it finds.
  const record = join(home, "data/priv_validator_state.json");
  if (!(await exists(record))) await rm(join(home, "config/priv_validator_key.json"), { force: true });
}

/** A database in which there ever was something has CURRENT, or journals or tables. */
async function removeDatabases(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || !entry.name.endsWith(".db")) continue;
    const path = join(folder, entry.name);
    const files = await readdir(path);
    if (files.every((name) => BEFORE_CURRENT.test(name))) await rm(path, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
