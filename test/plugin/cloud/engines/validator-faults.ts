import { expect } from "chai";
import { Misbehavior, MisbehaviorType } from "cosmjs-types/tendermint/abci/types";

import { validatorAddress } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { IdentityKey, IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { validatorFaults } from "../../../../plugin/cloud/engines/validator-faults.ts";

const identity = (n: number): IdentityKey =>
  new IdentityKey(new IdentitySecret(new Uint8Array(32).fill(n)).publicKey);
const epochs = new Map([
  [1n, [1, 2, 3]],
  [2n, [3, 4, 1]],
  [4n, [5]],
]);
const members = (epoch: bigint) => {
  const identities = epochs.get(epoch)?.map(identity);
  return identities && { identities, threshold: 1 };
};
const evidence = (n: number, type: MisbehaviorType): Misbehavior =>
  Misbehavior.fromPartial({
    type,
    validator: {
      address: new Uint8Array(Buffer.from(validatorAddress(identity(n).publicKey), "hex")),
      power: 1n,
    },
    height: 17n,
  });

describe("plugin/cloud/engines/validator-faults", () => {
  it("names a member by the newest epoch that has it, what it did and where", () => {
    const { DUPLICATE_VOTE, LIGHT_CLIENT_ATTACK } = MisbehaviorType;
    const said = (n: number, type = DUPLICATE_VOTE, epoch = 3n): string =>
      validatorFaults([evidence(n, type)], epoch, members)[0]!;
    expect(said(3)).to.match(
      /^Member 1 of epoch 2 \(validator [0-9a-f]{40}\) voted for two blocks in one round at CometBFT's height 17\.$/,
    );
    expect(said(3, DUPLICATE_VOTE, 1n)).to.match(/^Member 3 of epoch 1 /);
    expect(said(2)).to.match(/^Member 2 of epoch 1 /);
    expect(said(1, LIGHT_CLIENT_ATTACK)).to.match(
      /^Member 3 of epoch 2 .* signed a block that the chain does not have/,
    );
    expect(said(5)).to.match(/^A validator that is of no epoch/);
    expect(said(5, MisbehaviorType.UNKNOWN, 4n)).to.match(/^Member 1 of epoch 4 .* did what it must not/);
    expect(validatorFaults([], 3n, members)).to.deep.equal([]);
    expect(
      validatorFaults([evidence(1, DUPLICATE_VOTE), evidence(4, DUPLICATE_VOTE)], 3n, members),
    ).to.have.length(2);
  });
});
