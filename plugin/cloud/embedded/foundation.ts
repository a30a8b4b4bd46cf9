import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deserialize, serialize } from "node:v8";

import type { Suite } from "../../crypto/bls/suite.ts";
import { decodeEpochKey, encodeEpochKey } from "../node/epoch-key.ts";
import type { EpochKey } from "../node/signatures.ts";
import type { KeyValueStore } from "../storage/key-value-store.ts";
import { applicationKey } from "../storage/layout.ts";

/**
 * What an embedded cloud has to remember of its founding, to go on after its process ended. It never changes; which
 * epoch is active is for the chain to say, and the keys are with the nodes.
 */
export interface Foundation {
  readonly chainId: bigint;
  readonly cloudId: string;
  /** Addresses of the suite on the home chain, by contract name. */
  readonly parts: ReadonlyMap<string, string>;
  /** First block that can hold a request. */
  readonly deployedAt: bigint;
}

const FILE = "cloud.bin";

/** Folder of a node's own data. */
export function nodeFolder(directory: string, node: number): string {
  return join(directory, `node-${node}`);
}

/** Folder of what a node has signed: not in its own, so that who deletes that one to begin anew does not delete this. */
export function guardFolder(directory: string, node: number): string {
  return join(directory, `signed-${node}`);
}

/** What is kept in `directory`; undefined when no cloud was founded there. */
export async function readFoundation(directory: string): Promise<Foundation | undefined> {
  const file = join(directory, FILE);
  return existsSync(file) ? (deserialize(await readFile(file)) as Foundation) : undefined;
}

/** Keeps the foundation, all of it or none. */
export async function writeFoundation(directory: string, foundation: Foundation): Promise<void> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, FILE);
  await writeFile(`${file}.new`, serialize(foundation), { flush: true });
  await rename(`${file}.new`, file);
}

/** Keeps a node's key of an epoch with its other data. */
export async function writeKey(store: KeyValueStore, epoch: bigint, key: EpochKey): Promise<void> {
  await store.write([{ key: keyOf(epoch), value: encodeEpochKey(key) }]);
}

/** A node's key of an epoch; undefined when it has none. */
export function readKey(store: KeyValueStore, epoch: bigint, suite: Suite): EpochKey | undefined {
  const value = store.get(keyOf(epoch));
  return value === undefined ? undefined : decodeEpochKey(value, suite);
}

function keyOf(epoch: bigint): string {
  return applicationKey(`key/${epoch}`);
}
