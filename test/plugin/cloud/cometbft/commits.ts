/** Answers to CometBFT's `/commit`, as validators would have signed them. */
import { SignedMsgType, Vote } from "cosmjs-types/tendermint/types/types";

import { voteSignBytes } from "../../../../plugin/cloud/cometbft/sign-bytes.ts";
import type { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { blockIdOf } from "./signer-requests.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex").toUpperCase();

export interface Signature {
  block_id_flag: number;
  validator_address: string;
  timestamp: string;
  signature: string | null;
}

/** The commit of the block called `block` at a height, by the validators given. */
export function commitOf(chainId: string, height: number, block: string, signers: readonly ValidatorKey[]) {
  const blockId = blockIdOf(block);
  const signatures = signers.map((key): Signature => {
    const vote = Vote.fromPartial({
      type: SignedMsgType.SIGNED_MSG_TYPE_PRECOMMIT,
      height: BigInt(height),
      round: 2,
      blockId,
      timestamp: { seconds: 1_700_000_000n, nanos: 120_000_000 },
    });
    return {
      block_id_flag: 2,
      validator_address: key.address.toUpperCase(),
      timestamp: "2023-11-14T22:13:20.12Z",
      signature: Buffer.from(key.sign(voteSignBytes(chainId, vote))).toString("base64"),
    };
  });
  const { hash, partSetHeader } = blockId;
  const parts = { total: partSetHeader.total, hash: hex(partSetHeader.hash) };
  const block_id = { hash: hex(hash), parts };
  return { signed_header: { commit: { height: `${height}`, round: 2, block_id, signatures } } };
}
