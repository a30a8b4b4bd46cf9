/** How secrets are sealed: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a key that scrypt (RFC 7914) makes of a password. */
import { randomBytes, scrypt } from "node:crypto";
import { promisify } from "node:util";

import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";

/** Of scrypt: 128 MiB and about half a second for each password tried. */
export const COST = { N: 2 ** 17, r: 8, p: 1 } as const;
export const NONCE_BYTES = 24;

/** The key of a password, 32 bytes. @param salt hex digits */
export async function deriveKey(password: string, salt: string): Promise<Uint8Array> {
  const derive = promisify(scrypt) as (
    password: string,
    salt: Uint8Array,
    length: number,
    options: object,
  ) => Promise<Buffer>;
  // The same password may come composed or decomposed from another keyboard.
  return derive(password.normalize("NFKC"), Buffer.from(salt, "hex"), 32, {
    ...COST,
    maxmem: 256 * COST.N * COST.r,
  });
}

/** A nonce and what it seals, in hex digits. @param about is authenticated beside it */
export function seal(key: Uint8Array, secret: Uint8Array, about: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, xchacha20poly1305(key, nonce, about).encrypt(secret)]).toString("hex");
}

/** What was sealed; undefined when it is not whole, or under another key, or about something else. */
export function unseal(key: Uint8Array, sealed: string, about: Uint8Array): Uint8Array | undefined {
  const bytes = Buffer.from(sealed, "hex");
  if (bytes.length < NONCE_BYTES + 16) return undefined;
  try {
    const cipher = xchacha20poly1305(key, bytes.subarray(0, NONCE_BYTES), about);
    return new Uint8Array(cipher.decrypt(bytes.subarray(NONCE_BYTES)));
  } catch {
    return undefined;
  }
}
