/**
 * Key files in a cache folder. A file is written beside its place and moved there when whole, and ends with the SHA-256 of
 * everything before, which is checked when it is used: half a key, or one that somebody edited, is made anew.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const digestBytes = 32;

/** @returns once the file at `path` is whole; an earlier one is replaced */
export async function writeKeyFile(path: string, parts: readonly Uint8Array[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${randomUUID()}.unfinished`;
  try {
    const file = await open(unfinished, "wx");
    try {
      const hash = createHash("sha256");
      for (const part of parts) {
        hash.update(part);
        await file.writeFile(part);
      }
      await file.writeFile(hash.digest());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** @returns whether there is a file that ends with its own digest */
export async function isWholeKeyFile(path: string): Promise<boolean> {
  return (await readWholeKeyFile(path, 0)) !== undefined;
}

/**
 * The first bytes of a file, all of which is read once, so that nothing can happen to it between check and use.
 *
 * @param length of the file before its digest, any when left out
 * @returns undefined if there is no file, if it has another length, and if it does not end with its own digest
 */
export async function readWholeKeyFile(
  path: string,
  wanted: number,
  length?: number,
): Promise<Buffer | undefined> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    if (size <= digestBytes || size !== (length ?? size - digestBytes) + digestBytes) return undefined;
    const first = Buffer.alloc(wanted);
    let read = 0;
    const hash = createHash("sha256");
    const end = size - digestBytes - 1;
    for await (const chunk of file.createReadStream({
      start: 0,
      end,
      highWaterMark: 1 << 20,
      autoClose: false,
    })) {
      const part = chunk as Buffer;
      hash.update(part);
      part.copy(first, Math.min(read, wanted));
      read += part.length;
    }
    const expected = Buffer.alloc(digestBytes);
    await file.read(expected, 0, digestBytes, size - digestBytes);
    return hash.digest().equals(expected) ? first : undefined;
  } finally {
    await file.close();
  }
}

/** @throws Error if the file is shorter */
export async function readPart(path: string, position: number, length: number): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await file.read(bytes, 0, length, position);
    if (bytesRead !== length) throw new Error(`${path} ends within the part at ${position}`);
    return bytes;
  } finally {
    await file.close();
  }
}
