/** What a node has signed, by which it never signs two things where only one may be: in its data folder, apart from what can be fetched again. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { makeFolderDurably, writeDurably } from "../cloud/keystore/durable-file.ts";
import { readPrivateFile } from "../cloud/keystore/private-file.ts";
import { toBinary, toHex } from "../cloud/storage/bytes.ts";
import { LevelStore } from "../cloud/storage/level-store.ts";
import { NodeError } from "./command.ts";

/** The records, by which they are moved. */
export interface SigningRecords {
  /** Of the validators on CometBFT's chains, a file's text by its name. */
  readonly validator: Record<string, string>;
  /** Of the cloud's blocks: keys and values of the signing guard's store, 0x-prefixed. */
  readonly guard: [key: string, value: string][];
}

/** Where they are in a node's data folder. */
export function recordsIn(data: string): { readonly validator: string; readonly guard: string } {
  return { validator: join(data, "validator"), guard: join(data, "signed") };
}

/** What a node that does not run has signed; nothing if it never ran. @throws NodeError while it runs */
export async function readRecords(data: string): Promise<SigningRecords> {
  const folders = recordsIn(data);
  const validator: Record<string, string> = {};
  const guard: [string, string][] = [];
  if ((await namesIn(folders.guard)).length > 0) {
    const store = await LevelStore.open(folders.guard).catch((error: unknown) => {
      throw new NodeError(
        `What the node has signed cannot be read while it runs: stop it first (${(error as Error).message}).`,
      );
    });
    try {
      // While this is open no node runs, so what the others say is the last as well.
      Object.assign(validator, await textsIn(folders.validator));
      for await (const [key, value] of store.entries("", "\xff"))
        guard.push([toHex(Buffer.from(key, "latin1")), toHex(value)]);
    } finally {
      await store.close();
    }
  } else Object.assign(validator, await textsIn(folders.validator));
  return { validator, guard };
}

/** @throws NodeError where there are records in a data folder */
export async function requireNoRecords(data: string): Promise<void> {
  for (const folder of Object.values(recordsIn(data))) {
    if ((await namesIn(folder)).length > 0)
      throw new NodeError(`A node has signed with the records in ${folder}: they are not written over.`);
  }
}

/** Writes records where there are none. @throws NodeError where there are some */
export async function writeRecords(data: string, { validator, guard }: SigningRecords): Promise<void> {
  const folders = recordsIn(data);
  await requireNoRecords(data);
  for (const folder of Object.values(folders)) await makeFolderDurably(folder);
  for (const [name, text] of Object.entries(validator))
    await writeDurably(join(folders.validator, name), text);
  const store = await LevelStore.open(folders.guard);
  try {
    await store.write(guard.map(([key, value]) => ({ key: toBinary(bytesOf(key)), value: bytesOf(value) })));
  } finally {
    await store.close();
  }
}

async function textsIn(folder: string): Promise<Record<string, string>> {
  const names = (await namesIn(folder)).filter((name) => name.endsWith(".json"));
  const texts = names.map(async (name) => [name, (await readPrivateFile(join(folder, name)))!]);
  return Object.fromEntries(await Promise.all(texts)) as Record<string, string>;
}

/** What is in a folder; nothing if it is missing. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.slice(2), "hex"));
