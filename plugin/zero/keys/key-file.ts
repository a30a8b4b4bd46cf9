/**
 * Key files in a cache folder. A file is written beside its place and moved there when whole, and ends with the SHA-256 of
 * everything before, which is checked when it is used: half a key, or one that somebody edited, is made anew.
 */
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
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
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  if (size <= digestBytes) return false;
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { end: size - digestBytes - 1, highWaterMark: 1 << 20 })) {
    hash.update(chunk as Uint8Array);
  }
  const expected = await readPart(path, size - digestBytes, digestBytes);
  return hash.digest().equals(expected);
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
