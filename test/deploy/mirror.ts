import { expect } from "chai";
import { AbiCoder, concat, id, keccak256 } from "ethers";
import { network } from "hardhat";

import mirror from "../../deploy/modules/mirror.ts";
import { MODULES } from "../../deploy/suite/suite.ts";

/** Generator of BN254's G2 (EIP-197), which is as good a group key as any where nothing is signed. */
const GROUP_KEY = concat([
  "0x198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2",
  "0x1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed",
  "0x090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b",
  "0x12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa",
]);

describe("mirror module", () => {
  for (const name of ["l1", "op", "generic", "cancun"]) {
    it(`deploys a cloud's mirror and all that serves it on ${name}`, async () => {
      const { ethers, ignition } = await network.create({ network: name });
      const operators = (await ethers.getSigners()).slice(0, 4).map((one) => one.address);
      const now = (await ethers.provider.getBlock("latest"))!.timestamp;
      const parts = await ignition.deploy(mirror, {
        config: { blockPollingInterval: 1 },
        parameters: {
          [MODULES.mirror]: {
            cloudId: id("cloud"),
            prices: { perRequest: 1000n, perFuel: 2n, perByte: 3n },
            operators,
            homeFinality: 1_200,
            anchor: {
              epoch: 3,
              validFrom: now,
              validUntil: now + 3600,
              size: 4,
              threshold: 3,
              groupKey: GROUP_KEY,
              membersHash: keccak256(AbiCoder.defaultAbiCoder().encode(["address[]"], [operators])),
            },
          },
        },
      });
      const committees = await ethers.getContractAt("CommitteeMirror", parts.CommitteeMirror.target);
      expect(await committees.currentEpoch(id("cloud"))).to.equal(3);
      expect(await committees.finality()).to.equal(1_200);
      expect(await committees.prices(id("cloud"))).to.deep.equal([1000n, 2n, 3n]);
      const gateway = await ethers.getContractAt("NexusGateway", parts.NexusGateway.target);
      expect(await gateway.defaultCloud()).to.equal(id("cloud"));
      expect(await gateway.callbackBps()).to.equal(10_000);
      expect(await committees.members(id("cloud"), 3)).to.deep.equal(operators);
      for (const part of ["NexusGateway", "NexusOutbox", "StateCheckpoints", "NexusSubscriptions"] as const) {
        expect(await parts[part].getFunction("committees").staticCall(), part).to.equal(committees.target);
      }
    });
  }
});
