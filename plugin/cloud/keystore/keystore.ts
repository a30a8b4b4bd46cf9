/**
 * An operator's secrets on disk: a folder with a file for each, encrypted by XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a key
 * that scrypt (RFC 7914) makes of a password. Nothing secret is ever on disk in the clear.
 */
import { createHash, randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { z } from "zod";

import { makeFolderDurably, removeDurably, UNFINISHED, writeDurably } from "./durable-file.ts";
import { KeystoreError, readPrivateFile, requirePassword } from "./private-file.ts";
import { COST, deriveKey, NONCE_BYTES, seal, unseal } from "./sealing.ts";

const FORMAT = "nexus keystore 1";
const HEAD = "keystore.json";

const hex = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));
const headSchema = z
  .object({
    format: z.literal(FORMAT),
    kdf: z
      .object({ name: z.literal("scrypt"), N: z.literal(COST.N), r: z.literal(COST.r), p: z.literal(COST.p) })
      .strict(),
    salt: hex(32),
    /** An empty secret, by which a wrong password is told from a damaged file. */
    check: hex(NONCE_BYTES + 16),
  })
  .strict();
const entrySchema = z
  .object({ format: z.literal(FORMAT), name: z.string(), sealed: z.string().regex(/^([0-9a-f]{2})+$/) })
  .strict();

export class Keystore {
  readonly #folder: string;
  /** 32 bytes. */
  readonly #key: Uint8Array;
  /** Names the keystore in every entry, so that none of another can be slipped in. */
  readonly #id: string;

  private constructor(folder: string, key: Uint8Array, salt: string) {
    this.#folder = folder;
    this.#key = key;
    this.#id = salt;
  }

  /** Begins a keystore in a folder that has none. @throws KeystoreError */
  static async create(folder: string, password: string): Promise<Keystore> {
    requirePassword(password);
    await makeFolderDurably(folder);
    if ((await readdir(folder)).includes(HEAD)) {
      throw new KeystoreError(`There is a keystore in ${folder} already, and nothing is overwritten.`);
    }
    const salt = randomBytes(32).toString("hex");
    const key = await deriveKey(password, salt);
    const check = seal(key, new Uint8Array(), associated(salt, ""));
    const head = { format: FORMAT, kdf: { name: "scrypt", ...COST }, salt, check };
    await writeDurably(join(folder, HEAD), toText(head));
    return new Keystore(folder, key, salt);
  }

  /** @throws KeystoreError for a wrong password, a damaged file, or one that others than its owner can read */
  static async open(folder: string, password: string): Promise<Keystore> {
    const head = headSchema.safeParse(await readPrivate(folder, HEAD));
    if (!head.success) throw damaged(folder, HEAD);
    const { salt, check } = head.data;
    const key = await deriveKey(password, salt);
    if (unseal(key, check, associated(salt, "")) === undefined) {
      throw new KeystoreError(`The password is not that of the keystore in ${folder}.`);
    }
    for (const file of await readdir(folder)) {
      if (file.endsWith(UNFINISHED)) await rm(join(folder, file));
    }
    return new Keystore(folder, key, salt);
  }

  /** Names of the secrets kept, in alphabetical order. */
  async names(): Promise<string[]> {
    return (await readdir(this.#folder))
      .filter((file) => file.endsWith(".json") && file !== HEAD)
      .map((file) => file.slice(0, -".json".length))
      .sort();
  }

  /** Keeps a secret under a new name. When this resolves it is on the disk. @throws KeystoreError when the name is taken */
  async put(name: string, secret: Uint8Array): Promise<void> {
    const file = fileOf(name);
    if ((await this.names()).includes(name)) {
      throw new KeystoreError(
        `The keystore has a secret called ${name} already, and nothing is overwritten.`,
      );
    }
    const sealed = seal(this.#key, secret, associated(this.#id, name));
    await writeDurably(join(this.#folder, file), toText({ format: FORMAT, name, sealed }));
  }

  /** The secret of a name, or undefined when there is none. @throws KeystoreError for a damaged file */
  async get(name: string): Promise<Uint8Array | undefined> {
    const file = fileOf(name);
    if (!(await this.names()).includes(name)) return undefined;
    const entry = entrySchema.safeParse(await readPrivate(this.#folder, file));
    const secret = entry.success
      ? unseal(this.#key, entry.data.sealed, associated(this.#id, name))
      : undefined;
    if (secret === undefined) throw damaged(this.#folder, file);
    return secret;
  }

  /** Forgets a secret for good. */
  async destroy(name: string): Promise<void> {
    await removeDurably(join(this.#folder, fileOf(name)));
  }
}

function fileOf(name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{0,100}$/.test(name) || `${name}.json` === HEAD) {
    throw new RangeError(`A secret cannot be called ${JSON.stringify(name)}.`);
  }
  return `${name}.json`;
}

/** What is authenticated beside a secret: which keystore it is of, and its name there. */
function associated(keystore: string, name: string): Uint8Array {
  return createHash("sha256").update(`${FORMAT}\0${keystore}\0${name}`).digest();
}

/** The JSON in a file, undefined for any other text. @throws KeystoreError when it is missing or others can read it */
async function readPrivate(folder: string, file: string): Promise<unknown> {
  const text = await readPrivateFile(join(folder, file));
  if (text === undefined) throw new KeystoreError(`There is no keystore in ${folder}.`);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function damaged(folder: string, file: string): KeystoreError {
  return new KeystoreError(
    `${join(folder, file)} is damaged or was not made for this keystore: restore it from a backup.`,
  );
}

const toText = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;
