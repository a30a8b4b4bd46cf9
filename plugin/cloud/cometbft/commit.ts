import { secp256k1 } from "@noble/curves/secp256k1.js";
import { SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";
import { z } from "zod";

import { voteSignBytes } from "./sign-bytes.ts";
import { validatorAddress } from "./validator-key.ts";

/** A block of CometBFT that its validators have decided. */
export interface DecidedBlock {
  readonly height: bigint;
  /** Its hash, 64 hex digits in upper case. */
  readonly hash: string;
}

/** How CometBFT says that a signature is for the block, and not for none. */
const FOR_THE_BLOCK = 2;

const hash = z.string().regex(/^[0-9A-F]{64}$/);
const schema = z.object({
  signed_header: z.object({
    commit: z.object({
      height: z.string().regex(/^[1-9]\d{0,17}$/),
      round: z.number().int().min(0),
      block_id: z.object({ hash, parts: z.object({ total: z.number().int().min(1), hash }) }),
      signatures: z.array(
        z.object({
          block_id_flag: z.number(),
          validator_address: z.string(),
          timestamp: z.string(),
          signature: z.string().nullable(),
        }),
      ),
    }),
  }),
});

/**
 * The block that an answer to `/commit` of CometBFT's RPC is of, once more than two thirds of the validators, who have a vote each, are
 * found to have signed it. Whoever gave the answer is not believed in anything.
 *
 * @param validators compressed secp256k1 keys
 * @throws Error when the answer is none, or too few of them signed
 */
export function decidedBlock(
  chainId: string,
  answer: unknown,
  validators: readonly Uint8Array[],
): DecidedBlock {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) throw new Error("This is no commit of CometBFT.");
  const { height, round, block_id: blockId, signatures } = parsed.data.signed_header.commit;
  const missing = new Map(validators.map((key) => [validatorAddress(key), key]));
  const all = missing.size;
  for (const { block_id_flag: flag, validator_address: name, timestamp, signature } of signatures) {
    const address = name.toLowerCase();
    const key = missing.get(address);
    if (flag !== FOR_THE_BLOCK || key === undefined || signature === null) continue;
    const vote = Vote.fromPartial({
      type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
      height: BigInt(height),
      round,
      blockId: {
        hash: Buffer.from(blockId.hash, "hex"),
        partSetHeader: { total: blockId.parts.total, hash: Buffer.from(blockId.parts.hash, "hex") },
      },
      timestamp: timestampOf(timestamp),
    });
    if (isSignature(Buffer.from(signature, "base64"), voteSignBytes(chainId, vote), key))
      missing.delete(address);
  }
  const signed = all - missing.size;
  if (3 * signed <= 2 * all)
    throw new Error(
      `Of ${all} validators ${signed} signed CometBFT's block ${height}: too few to believe it.`,
    );
  return { height: BigInt(height), hash: blockId.hash };
}

function isSignature(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    return secp256k1.verify(signature, message, key);
  } catch {
    return false;
  }
}

/** A time as Go writes it (RFC 3339, up to nanoseconds, UTC). @throws Error on anything else */
function timestampOf(text: string): { seconds: bigint; nanos: number } {
  const [, whole, fraction = ""] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text) ?? [];
  const milliseconds = Date.parse(`${whole}Z`);
  if (Number.isNaN(milliseconds)) throw new Error("This is no commit of CometBFT.");
  return { seconds: BigInt(milliseconds / 1_000), nanos: Number(fraction.padEnd(9, "0")) };
}
