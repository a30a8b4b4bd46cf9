import { join } from "node:path";

import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { Timestamp } from "cosmjs-types/google/protobuf/timestamp";
import { z } from "zod";

import { makeFolderDurably, writeDurably } from "../keystore/durable-file.ts";
import { readPrivateFile } from "../keystore/private-file.ts";
import { readSignBytes, STEPS, type Signed } from "./sign-bytes.ts";
import type { SigningKey } from "./validator-key.ts";

/** The validator has signed something else there, or something later: a second signature would be a double vote. */
export class ConflictingSignatureError extends Error {
  override readonly name = "ConflictingSignatureError";
}

/** The record of what a validator signed last cannot be used; the message says why and what to do. */
export class LastSignedError extends Error {
  override readonly name = "LastSignedError";
}

const FORMAT = "nexus last signed 1";
const schema = z
  .object({
    format: z.literal(FORMAT),
    signBytes: z.string().regex(/^([0-9a-f]{2})+$/),
    signature: z.string().regex(/^[0-9a-f]{128}$/),
  })
  .strict();

interface Record_ {
  readonly signed: Signed;
  readonly signature: Uint8Array;
}

/**
 * What a validator has signed last on a chain of CometBFT, in a file: it is on the disk before a signature leaves. So whatever becomes of the
 * process, the validator never signs below the height, round and step that it has come to, and never two things there.
 *
 * The file says the bytes that were signed and the signature; it is refused unless the one is the validator's over the other. A file
 * from a backup passes: who restores one forgets what was signed since.
 */
export class LastSigned {
  readonly #path: string;
  readonly #chainId: string;
  readonly #key: SigningKey;
  readonly #above: () => bigint | undefined;
  #last: Record_ | undefined;
  /** Signatures come one after the other, each after the record of the one before. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(
    path: string,
    chainId: string,
    key: SigningKey,
    above: () => bigint | undefined,
    last: Record_ | undefined,
  ) {
    this.#path = path;
    this.#chainId = chainId;
    this.#key = key;
    this.#above = above;
    this.#last = last;
  }

  /**
   * The record of a chain in `folder`, which is made if it is missing; a validator without a record has signed nothing. There must be one
   * at a time.
   *
   * @param above the height up to which it may have signed though there is no record, and signs nothing; undefined while that is not known
   * @throws LastSignedError when it is damaged, or of another chain or key; KeystoreError when others than its owner can read it
   */
  static async open(
    folder: string,
    chainId: string,
    key: SigningKey,
    above: () => bigint | undefined = () => 0n,
  ): Promise<LastSigned> {
    const path = join(folder, lastSignedFile(chainId));
    await makeFolderDurably(folder);
    const text = await readPrivateFile(path);
    return new LastSigned(
      path,
      chainId,
      key,
      above,
      text === undefined ? undefined : parse(path, text, chainId, key.publicKey),
    );
  }

  /**
   * The validator's signature, and the timestamp that it is for: that of `signBytes`, or the one of what was signed there before if
   * there is no other difference, as when a node crashed between a signature and its own record of it.
   *
   * @throws ConflictingSignatureError
   */
  async sign(signBytes: Uint8Array): Promise<{ signature: Uint8Array; timestamp: Timestamp }> {
    const turn = this.#turn.then(() => this.#sign(signBytes));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #sign(signBytes: Uint8Array): Promise<{ signature: Uint8Array; timestamp: Timestamp }> {
    const signed = readSignBytes(signBytes);
    if (signed.chainId !== this.#chainId) {
      throw new ConflictingSignatureError(`This is signed on ${this.#chainId} alone.`);
    }
    const last = this.#last;
    if (last !== undefined) {
      const order = compare(signed, last.signed);
      if (order < 0 || (order === 0 && !same(signed.timeless, last.signed.timeless))) {
        throw new ConflictingSignatureError(
          `This validator has signed ${place(last.signed)} and will not sign ` +
            (order < 0 ? `${place(signed)} any more.` : "anything else there."),
        );
      }
      if (order === 0) return { signature: last.signature, timestamp: last.signed.timestamp };
    } else this.#requireAbove(signed);
    const signature = this.#key.sign(signBytes);
    await writeDurably(this.#path, toText(signBytes, signature));
    this.#last = { signed, signature };
    return { signature, timestamp: signed.timestamp };
  }

  /** Without a record, the validator may have signed before this one was there. */
  #requireAbove(signed: Signed): void {
    const above = this.#above();
    if (above !== undefined && signed.height > above) return;
    throw new ConflictingSignatureError(
      `There is no record of what this validator has signed, so it does not sign ${place(signed)} ` +
        (above === undefined
          ? "until its peers say how far the chain is."
          : `nor anything else up to height ${above}.`),
    );
  }
}

/** Name of the record of a chain. @throws RangeError for a chain id that is no file's name */
export function lastSignedFile(chainId: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,49}$/.test(chainId)) {
    throw new RangeError(`No record is kept for a chain called ${JSON.stringify(chainId)}.`);
  }
  return `last-signed-${chainId}.json`;
}

function parse(path: string, text: string, chainId: string, publicKey: Uint8Array): Record_ {
  const advice =
    "Let the node's validator sign nothing until you know what it signed last: restore the file as it was when the node stopped.";
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // What is no JSON fits no schema.
  }
  const file = schema.safeParse(json);
  if (!file.success) throw new LastSignedError(`${path} is damaged. ${advice}`);
  const [signBytes, signature] = [bytesOf(file.data.signBytes), bytesOf(file.data.signature)];
  let signed: Signed;
  try {
    if (!secp256k1.verify(signature, signBytes, publicKey)) throw new RangeError();
    signed = readSignBytes(signBytes);
  } catch {
    throw new LastSignedError(`${path} is damaged, or another key's. ${advice}`);
  }
  if (signed.chainId !== chainId) {
    throw new LastSignedError(`${path} is of the chain ${JSON.stringify(signed.chainId)}. ${advice}`);
  }
  return { signed, signature };
}

/** Negative when `a` comes before `b`, 0 when both are of one step. */
function compare(a: Signed, b: Signed): number {
  for (const key of ["height", "round", "step"] as const) {
    if (a[key] !== b[key]) return a[key] < b[key] ? -1 : 1;
  }
  return 0;
}

function place({ height, round, step }: Signed): string {
  const [name] = Object.entries(STEPS).find(([, number]) => number === step)!;
  return `its ${name} of height ${height}, round ${round},`;
}

function toText(signBytes: Uint8Array, signature: Uint8Array): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  const content = { format: FORMAT, signBytes: hex(signBytes), signature: hex(signature) };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
