/** What an operator's node keeps in its folder, and where. */
import { randomBytes } from "node:crypto";
import { access, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import { computeAddress, getAddress, hexlify, SigningKey } from "ethers";
import { z } from "zod";

import { Ed25519Key } from "../cloud/cometbft/ed25519-key.ts";
import { ValidatorKey } from "../cloud/cometbft/validator-key.ts";
import { IdentitySecret } from "../cloud/dkg/identity.ts";
import { readAccount, writeAccount } from "../cloud/keystore/account-file.ts";
import { makeFolderDurably, removeDurably, writeDurably } from "../cloud/keystore/durable-file.ts";
import { Keystore } from "../cloud/keystore/keystore.ts";
import { KeystoreError } from "../cloud/keystore/private-file.ts";
import { movedMark } from "./moved-node.ts";

/** The public side of a node's identity: its address, and x and y of its key, 64 bytes, 0x-prefixed. */
export interface PublicIdentity {
  readonly address: string;
  readonly publicKey: string;
  /** By what the cloud's other nodes know this one among their peers, 40 hex digits; undefined in a folder that was made without. */
  readonly peer?: string | undefined;
}

/** What a running node holds of its secrets. */
export interface NodeKeys {
  readonly keystore: Keystore;
  /** The identity's secret, 32 bytes. */
  readonly secret: Uint8Array;
  readonly identity: IdentitySecret;
  /** The same secret, as CometBFT's validators have theirs. */
  readonly validator: ValidatorKey;
  readonly peer: Ed25519Key;
}

const publicSchema = z
  .object({
    address: z.string().regex(/^0x[0-9a-fA-F]{40}$/),
    publicKey: z.string().regex(/^0x[0-9a-f]{128}$/),
    peer: z
      .string()
      .regex(/^[0-9a-f]{40}$/)
      .optional(),
  })
  .strict();

/** What of an account's file is public. */
const accountSchema = z.object({ address: z.string().regex(/^(0x)?[0-9a-fA-F]{40}$/) });

/** Name of the identity among the secrets. */
export const IDENTITY = "identity";
const PEER = "peer";

/** By which a folder says that a node is being imported into it. */
const IMPORTING = "importing.json";

/** An operator's folder. Nothing in it is ever written over. */
export class NodeFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  get configuration(): string {
    return join(this.path, "nexus-node.json");
  }

  /** The operator's account, which pays for the node's transactions. */
  get account(): string {
    return join(this.path, "account.json");
  }

  /** The node's secrets. */
  get keys(): string {
    return join(this.path, "keys");
  }

  /** The programs that its operator approves. */
  get programs(): string {
    return join(this.path, "programs");
  }

  /** Public side of its identity and peer key. */
  get publicSide(): string {
    return join(this.path, "identity.json");
  }

  /**
   * Makes what of a node's keys is not there yet, all under one password.
   *
   * @throws KeystoreError, such as when the password is not that of what is there
   */
  async make(password: string): Promise<void> {
    await this.#requireHere();
    await makeFolderDurably(this.path);
    const keystore = (await exists(join(this.keys, "keystore.json")))
      ? await Keystore.open(this.keys, password)
      : await Keystore.create(this.keys, password);
    if ((await keystore.get(IDENTITY)) === undefined) {
      await keystore.put(IDENTITY, secp256k1.utils.randomSecretKey());
    }
    if ((await keystore.get(PEER)) === undefined) await keystore.put(PEER, randomBytes(32));
    const { address, publicKey } = publicIdentity((await keystore.get(IDENTITY))!);
    const { address: peer } = new Ed25519Key((await keystore.get(PEER))!);
    await writeDurably(this.publicSide, `${JSON.stringify({ address, publicKey, peer }, undefined, 2)}\n`);
    if (await exists(this.account)) await readAccount(this.account, password);
    else await writeAccount(this.account, new SigningKey(randomBytes(32)), password);
  }

  /** Writes the configuration, unless there is one. @returns whether it was written */
  async configure(text: string): Promise<boolean> {
    if (await exists(this.configuration)) return false;
    await writeDurably(this.configuration, text);
    return true;
  }

  /** @throws KeystoreError */
  async openAccount(password: string): Promise<SigningKey> {
    return readAccount(this.account, password);
  }

  /** Address of the account, which needs no password. @throws KeystoreError */
  async accountAddress(): Promise<string> {
    const found = await readJson(this.account, accountSchema);
    if (found === undefined) throw this.#missing(this.account);
    return getAddress(`0x${found.address.replace(/^0x/, "")}`);
  }

  /** The node's identity. @throws KeystoreError */
  async openIdentity(password: string): Promise<IdentitySecret> {
    await this.#requireHere();
    const secret = await (await Keystore.open(this.keys, password)).get(IDENTITY);
    if (secret === undefined) throw this.#missing(this.keys);
    return new IdentitySecret(secret);
  }

  /** Everything that a running node signs with but its account. @throws KeystoreError */
  async openKeys(password: string): Promise<NodeKeys> {
    await this.#requireHere();
    const keystore = await Keystore.open(this.keys, password);
    const [identity, peer] = [await keystore.get(IDENTITY), await keystore.get(PEER)];
    if (identity === undefined || peer === undefined) throw this.#missing(this.keys);
    return {
      keystore,
      secret: identity,
      identity: new IdentitySecret(identity),
      validator: new ValidatorKey(identity),
      peer: new Ed25519Key(peer),
    };
  }

  /** Its public side, which needs no password. @throws KeystoreError */
  async identity(): Promise<PublicIdentity> {
    const found = await readJson(this.publicSide, publicSchema);
    if (found === undefined) throw this.#missing(this.publicSide);
    return found;
  }

  /**
   * Has the node's keys be used here no more, since it goes to another machine. It may be marked already.
   *
   * @returns takes the mark back, unless it was there before
   */
  async markMoved(at: string): Promise<() => Promise<void>> {
    const mark = movedMark(this.path);
    if (await exists(mark)) return async () => undefined;
    await writeDurably(mark, `${JSON.stringify({ moved: at }, undefined, 2)}\n`);
    return async () => removeDurably(mark);
  }

  /**
   * Begins a folder that is to hold another's node: there is none in it until that is complete. What was there before is not looked at.
   *
   * @returns ends it, once everything is on the disk
   */
  async beginImport(): Promise<() => Promise<void>> {
    await makeFolderDurably(this.path);
    const mark = join(this.path, IMPORTING);
    await writeDurably(mark, "{}\n");
    return async () => removeDurably(mark);
  }

  /** @throws KeystoreError where a node's import was interrupted */
  async requireWhole(): Promise<void> {
    if (!(await exists(join(this.path, IMPORTING)))) return;
    throw new KeystoreError(
      `The import of a node into ${this.path} was interrupted: delete the folder, and its data folder if that is elsewhere, and import once more.`,
    );
  }

  /** @throws KeystoreError once the node was moved elsewhere, and where one was not moved here completely */
  async #requireHere(): Promise<void> {
    await this.requireWhole();
    if (!(await exists(movedMark(this.path)))) return;
    throw new KeystoreError(
      `The node in ${this.path} was moved to another machine: start it there. Two that sign as one lose its stake.`,
    );
  }

  #missing(file: string): KeystoreError {
    return new KeystoreError(`${file} is missing or damaged: \`nexus-node init\` makes what is missing.`);
  }
}

function publicIdentity(secret: Uint8Array): PublicIdentity {
  const key = secp256k1.getPublicKey(secret, false);
  return { address: computeAddress(hexlify(key)), publicKey: hexlify(key.subarray(1)) };
}

/** What a file holds; undefined when it is missing, or holds something else. */
async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    const isOther = error instanceof SyntaxError || error instanceof z.ZodError;
    if (isOther || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whether there is a file or a folder. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
