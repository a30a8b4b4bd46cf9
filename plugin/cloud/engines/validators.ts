import { ValidatorUpdate } from "cosmjs-types/tendermint/abci/types";

import type { Members } from "./ordered-replica.ts";

/**
 * What makes the members of one committee CometBFT's validators in place of another's: those that left have no power, those that came
 * have 1, as every member has. A validator's key is the member's identity.
 *
 * @param before undefined when there are no validators yet
 */
export function validatorUpdates(before: Members | undefined, after: Members): ValidatorUpdate[] {
  const keys = (members: Members | undefined): Map<string, Uint8Array> =>
    new Map(members?.identities.map(({ publicKey }) => [Buffer.from(publicKey).toString("hex"), publicKey]));
  const [left, came] = [keys(before), keys(after)];
  for (const name of [...left.keys()]) if (came.delete(name)) left.delete(name);
  const update = (secp256k1: Uint8Array, power: bigint): ValidatorUpdate =>
    ValidatorUpdate.fromPartial({ pubKey: { secp256k1 }, power });
  return [
    ...[...left.values()].map((key) => update(key, 0n)),
    ...[...came.values()].map((key) => update(key, 1n)),
  ];
}
