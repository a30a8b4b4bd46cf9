import { dirname, join } from "node:path";

import { z } from "zod";

import { makeFolderDurably, removeDurably, writeDurably } from "../keystore/durable-file.ts";
import { readPrivateFile } from "../keystore/private-file.ts";
import { LastSignedError, lastSignedFile } from "./last-signed.ts";

const FORMAT = "nexus signing floor 1";
const schema = z
  .object({
    format: z.literal(FORMAT),
    above: z
      .string()
      .regex(/^\d{1,18}$/)
      .transform(BigInt),
  })
  .strict();

/**
 * The height of a chain of CometBFT up to which a validator without a record of what it signed signs nothing, since it may have: in a
 * file beside the records, so that it is found out once. The record, once there is one, says more.
 */
export class SigningFloor {
  readonly #path: string;
  #above: bigint | undefined;

  private constructor(path: string, above: bigint | undefined) {
    this.#path = path;
    this.#above = above;
  }

  /** @param folder of the records @throws LastSignedError when the file is damaged */
  static async open(folder: string, chainId: string): Promise<SigningFloor> {
    const path = join(folder, `floor-${chainId}.json`);
    const recorded = (await readPrivateFile(join(folder, lastSignedFile(chainId)))) !== undefined;
    const text = await readPrivateFile(path);
    if (recorded) {
      if (text !== undefined) await removeDurably(path);
      return new SigningFloor(path, 0n);
    }
    if (text === undefined) return new SigningFloor(path, undefined);
    try {
      return new SigningFloor(path, schema.parse(JSON.parse(text)).above);
    } catch {
      throw new LastSignedError(`${path} is damaged: delete it, and the node asks its peers again.`);
    }
  }

  /** Undefined while it is not known. */
  get above(): bigint | undefined {
    return this.#above;
  }

  async set(above: bigint): Promise<void> {
    await makeFolderDurably(dirname(this.#path));
    await writeDurably(this.#path, `${JSON.stringify({ format: FORMAT, above: String(above) })}\n`);
    this.#above = above;
  }
}
