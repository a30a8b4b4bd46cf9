/**
 * An operator's account on disk: the key that pays for transactions, in a file that wallets and geth read as well (Web3 Secret Storage,
 * version 3: scrypt, AES-128-CTR, Keccak-256).
 */
import { access } from "node:fs/promises";

import { computeAddress, decryptKeystoreJson, encryptKeystoreJson, isKeystoreJson, SigningKey } from "ethers";

import { writeDurably } from "./durable-file.ts";
import { KeystoreError, readPrivateFile, requirePassword } from "./private-file.ts";

/** Cost of a password's guess: 128 MiB, and about a second. */
const COST = 2 ** 17;

/** Keeps a key in a new file that only its owner can read. @throws KeystoreError when there is a file already */
export async function writeAccount(path: string, key: SigningKey, password: string): Promise<void> {
  requirePassword(password);
  const exists = await access(path).then(
    () => true,
    () => false,
  );
  if (exists) throw new KeystoreError(`There is an account at ${path} already, and nothing is overwritten.`);
  const account = { address: computeAddress(key.publicKey), privateKey: key.privateKey };
  await writeDurably(path, `${await encryptKeystoreJson(account, password, { scrypt: { N: COST } })}\n`);
}

/**
 * The key in a file that `writeAccount` made, or a wallet.
 *
 * @throws KeystoreError for a wrong password, a damaged or missing file, or one that others than its owner can read
 */
export async function readAccount(path: string, password: string): Promise<SigningKey> {
  const text = await readPrivateFile(path);
  if (text === undefined) throw new KeystoreError(`There is no account at ${path}.`);
  const noAccount = `${path} holds no account (Web3 Secret Storage, version 3): restore it from a backup.`;
  if (!isKeystoreJson(text)) throw new KeystoreError(noAccount);
  try {
    return new SigningKey((await decryptKeystoreJson(text, password)).privateKey);
  } catch (error) {
    // Ethers tells it by the argument's name. Whoever changed the cipher text gets the same answer: its hash is keyed by the password.
    if ((error as { argument?: unknown }).argument !== "password") throw new KeystoreError(noAccount);
    throw new KeystoreError(
      `The password is not that of the account at ${path}, unless the file is damaged.`,
    );
  }
}
