import { join } from "node:path";

import { z } from "zod";

import { readSealed, writeSealed } from "../cloud/keystore/sealed-file.ts";
import { KeystoreError } from "../cloud/keystore/private-file.ts";

const FORMAT = "nexus node export 1";

const hex = z.string().regex(/^0x([0-9a-f]{2})*$/);
const schema = z
  .object({
    /** When it was exported, ISO 8601. */
    at: z.string(),
    configuration: z.string(),
    /** Its file: it is encrypted by itself. */
    account: z.string(),
    /** Public side of identity and peer key, its file. */
    identity: z.string(),
    /** Of the keystore, by their names. */
    secrets: z.record(z.string().regex(/^[a-z0-9][a-z0-9.-]{0,100}$/), hex),
    records: z
      .object({
        validator: z.record(z.string().regex(/^(last-signed|floor)-[A-Za-z0-9._-]+\.json$/), z.string()),
        guard: z.array(z.tuple([hex, hex])),
      })
      .strict(),
  })
  .strict();

/** A node on its way to another machine: everything that it signs with, and what it has signed. */
export type MovedNode = z.infer<typeof schema>;

/** @throws KeystoreError when there is such a file already */
export async function writeMovedNode(path: string, node: MovedNode, password: string): Promise<void> {
  await writeSealed(path, FORMAT, Buffer.from(JSON.stringify(node)), password);
}

/** @throws KeystoreError when it cannot be read, or the password is another */
export async function readMovedNode(path: string, password: string): Promise<MovedNode> {
  const content = await readSealed(path, FORMAT, password);
  const parsed = schema.safeParse(JSON.parse(Buffer.from(content).toString()));
  if (!parsed.success) throw new KeystoreError(`${path} was written by another version of nexus-node.`);
  return parsed.data;
}

/** By what a folder says that its node was moved elsewhere. */
export const movedMark = (folder: string): string => join(folder, "moved.json");
