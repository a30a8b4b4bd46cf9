import { readFile, stat } from "node:fs/promises";

const SHORTEST_PASSWORD = 8;

/** A keystore cannot be used as it is; the message says why and what to do. */
export class KeystoreError extends Error {
  override readonly name = "KeystoreError";
}

/** @throws KeystoreError for a new password that is too short */
export function requirePassword(password: string): void {
  if (password.length >= SHORTEST_PASSWORD) return;
  throw new KeystoreError(
    `The password has ${password.length} characters: choose one of ${SHORTEST_PASSWORD} or more.`,
  );
}

/** The text in a file that only its owner can read; undefined when there is none. @throws KeystoreError when others can read it */
export async function readPrivateFile(path: string): Promise<string | undefined> {
  let mode: number;
  try {
    ({ mode } = await stat(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new KeystoreError(
      `Others than its owner can read ${path}: run \`chmod 600\` on it, and ask whether they have.`,
    );
  }
  return readFile(path, "utf8");
}
