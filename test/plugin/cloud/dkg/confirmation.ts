import { expect } from "chai";
import { computeAddress, hexlify, recoverAddress } from "ethers";

import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { confirm } from "../../../../plugin/cloud/dkg/confirmation.ts";
import { confirmation } from "../../../../plugin/contracts/digests.ts";
import { KeyError } from "../../../../plugin/crypto/threshold/key-error.ts";
import { KeyShare } from "../../../../plugin/crypto/threshold/key-share.ts";
import { generation, nodes, run } from "./ceremony.ts";

describe("plugin/cloud/dkg/confirmation", () => {
  const committee = nodes(2, "confirmation");
  const { result, shares, session } = run(generation(bn254, committee, 2), committee);
  const context = {
    chainId: 31337n,
    registry: "0x00000000000000000000000000000000000000aa",
    cloudId: new Uint8Array(32).fill(1),
    epoch: 7n,
    membersHash: new Uint8Array(32).fill(2),
  };

  it("is what CommitteeRegistry.confirm checks: ecrecover of the identity, possession of the share", () => {
    for (const [i, { secret, publicKey }] of committee.entries()) {
      const made = confirm(context, result.key, shares[i]!, secret);
      expect(made.index).to.equal(i);
      expect(made.epoch).to.equal(7n);
      expect(made.groupKey).to.deep.equal(result.key.groupPublicKey);
      expect(made.shareKey).to.deep.equal(result.key.sharePublicKeys[i]);
      const digest = confirmation(
        31337n,
        context.registry,
        context.cloudId,
        7n,
        context.membersHash,
        made.groupKey,
        made.shareKey,
      );
      const identity = computeAddress(hexlify(publicKey));
      expect(recoverAddress(digest, hexlify(made.identitySignature))).to.equal(identity);
      expect(hexlify(session.members[i]!.address)).to.equal(identity.toLowerCase());
      expect(bn254.verifyPossession(digest, made.possession, made.shareKey)).to.equal(true);
    }
  });

  it("is not made for a share of another key", () => {
    for (const share of [new KeyShare(1, 5n), new KeyShare(3, 5n)]) {
      expect(() => confirm(context, result.key, share, committee[0]!.secret))
        .to.throw(KeyError)
        .with.property("code", "BAD_PARAMETER");
    }
  });
});
