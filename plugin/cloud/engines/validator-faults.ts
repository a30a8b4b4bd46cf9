import { MisbehaviorType, type Misbehavior } from "cosmjs-types/tendermint/abci/types";

import { validatorAddress } from "../cometbft/validator-key.ts";
import type { Members } from "./ordered-replica.ts";

/**
 * What CometBFT's evidence in a block says of validators, a sentence each, with whom it is said of by epoch and share index. CometBFT
 * names validators by addresses of their keys alone, so it is the newest epoch that has the key.
 *
 * @param epoch of the block, at which it is begun to look
 */
export function validatorFaults(
  evidence: readonly Misbehavior[],
  epoch: bigint,
  members: (epoch: bigint) => Members | undefined,
): string[] {
  return evidence.map(({ type, validator, height }) => {
    const address = Buffer.from(validator.address).toString("hex");
    const found = memberWith(address, epoch, members);
    const who =
      found === undefined
        ? `A validator that is of no epoch (${address})`
        : `Member ${found.index} of epoch ${found.epoch} (validator ${address})`;
    return `${who} ${DEEDS[type] ?? "did what it must not"} at CometBFT's height ${height}.`;
  });
}

const DEEDS: Partial<Record<MisbehaviorType, string>> = {
  [MisbehaviorType.DUPLICATE_VOTE]: "voted for two blocks in one round",
  [MisbehaviorType.LIGHT_CLIENT_ATTACK]: "signed a block that the chain does not have",
};

function memberWith(
  address: string,
  newest: bigint,
  members: (epoch: bigint) => Members | undefined,
): { epoch: bigint; index: number } | undefined {
  for (let epoch = newest; epoch > 0n; epoch--) {
    const place = members(epoch)?.identities.findIndex(
      ({ publicKey }) => validatorAddress(publicKey) === address,
    );
    if (place !== undefined && place !== -1) return { epoch, index: place + 1 };
  }
  return undefined;
}
