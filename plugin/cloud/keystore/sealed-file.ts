import { createHash, randomBytes } from "node:crypto";
import { access } from "node:fs/promises";

import { z } from "zod";

import { writeDurably } from "./durable-file.ts";
import { KeystoreError, readPrivateFile, requirePassword } from "./private-file.ts";
import { deriveKey, seal, unseal } from "./sealing.ts";

const schema = z
  .object({
    format: z.string(),
    salt: z.string().regex(/^[0-9a-f]{64}$/),
    sealed: z.string().regex(/^([0-9a-f]{2})+$/),
  })
  .strict();

/**
 * Writes a file that is sealed under a password, for its owner only. When this resolves it is on the disk.
 *
 * @param format of the content, which a reader has to expect
 * @throws KeystoreError when there is such a file, or the password is too short
 */
export async function writeSealed(
  path: string,
  format: string,
  content: Uint8Array,
  password: string,
): Promise<void> {
  requirePassword(password);
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new KeystoreError(`There is a file ${path} already, and nothing is overwritten.`);
  const salt = randomBytes(32).toString("hex");
  const sealed = seal(await deriveKey(password, salt), content, associated(format, salt));
  await writeDurably(path, `${JSON.stringify({ format, salt, sealed }, undefined, 2)}\n`);
}

/** @throws KeystoreError when there is none, it is damaged or of another format, or the password is another */
export async function readSealed(path: string, format: string, password: string): Promise<Uint8Array> {
  const text = await readPrivateFile(path);
  if (text === undefined) throw new KeystoreError(`There is no file ${path}.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // What is no JSON fits no schema.
  }
  const file = schema.safeParse(json);
  if (!file.success || file.data.format !== format)
    throw new KeystoreError(`${path} is damaged, or no "${format}".`);
  const { salt, sealed } = file.data;
  const content = unseal(await deriveKey(password, salt), sealed, associated(format, salt));
  if (content === undefined)
    throw new KeystoreError(`The password is not that of ${path}, or it is damaged.`);
  return content;
}

const associated = (format: string, salt: string): Uint8Array =>
  createHash("sha256").update(`${format}\0${salt}`).digest();
