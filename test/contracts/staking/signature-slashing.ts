import { expect } from "chai";
import { concat, dataSlice, hexlify, id, ZeroAddress } from "ethers";
import { network } from "hardhat";

import * as digests from "../../../plugin/contracts/digests.ts";
import type { EquivocationSlashing } from "../../../types/ethers-contracts/staking/EquivocationSlashing.ts";
import { outsideSubgroup } from "../bls/outside-subgroup.ts";
import { Ceremony, deal, MIN_STAKE, signTogether } from "../committee/ceremony.ts";

const CHAIN = 10n;
const GATEWAY = "0x00000000000000000000000000000000000000a1";
const TRUTH = { height: 7n, stateRoot: id("root"), resultsHash: id("results"), callsHash: id("calls") };
const LIE = { ...TRUTH, resultsHash: id("loot") };

/** A committee of four in its first epoch, three of whom confirmed, and the contract that slashes them. */
async function founded(scheme: 0 | 1) {
  const { ethers } = await network.create({ network: "l1" });
  const home = await Ceremony.start(ethers, {
    scheme,
    size: 4,
    candidates: 4,
    stake: () => MIN_STAKE * 100n,
  });
  await home.select();
  const keys = deal(home.suite, 4, 3, "slashed");
  await home.confirm(keys, [0, 1, 2]);
  const slashing = (await ethers.deployContract("EquivocationSlashing", [
    home.staking,
    home.registry,
    500,
  ])) as unknown as EquivocationSlashing;
  const { suite, cloudId } = home;
  const digestOf = (header: typeof TRUTH) => digests.header(CHAIN, GATEWAY, cloudId, 1n, header);
  const conflict = (sign: (digest: Uint8Array) => Uint8Array) => ({
    chainId: CHAIN,
    gateway: GATEWAY,
    first: TRUTH,
    firstSignature: hexlify(sign(digestOf(TRUTH))),
    second: LIE,
    secondSignature: hexlify(sign(digestOf(LIE))),
  });
  const shareOf = (index: number) => ({ index, key: hexlify(suite.publicKey(keys.shares[index]!)) });
  return { ethers, home, keys, slashing, conflict, shareOf };
}

for (const scheme of [0, 1] as const) {
  describe(`SignatureSlashing with real keys, scheme ${scheme}`, () => {
    it("takes partial signatures and group signatures of two headers", async () => {
      const { home, keys, slashing, conflict, shareOf } = await founded(scheme);
      const operators = [...(await home.registry.members(home.cloudId, 1n))];
      const partials = conflict((digest) => home.suite.sign(keys.shares[1]!, digest));
      const one = await slashing.reportPartialHeaders(home.cloudId, 1n, shareOf(1), partials);
      await expect(one)
        .to.emit(slashing, "PartialsPunished")
        .withArgs(operators[1], home.cloudId, 1n, one.from, 500n);
      const group = conflict((digest) => signTogether(home.suite, keys, [0, 2, 3], digest));
      const all = await slashing.reportHeaders(home.cloudId, 1n, group, 0n);
      await expect(all)
        .to.emit(slashing, "CommitteePunished")
        .withArgs(home.cloudId, 1n, all.from, 4n, 39_500n);
      for (const operator of operators) {
        expect(await slashing.chargedOf(home.cloudId, 1n, operator)).to.equal(10_000n);
        expect(await home.staking.getFunction("activeStake")(operator)).to.equal(0n);
      }
    });

    it("refuses keys and signatures that are malformed, infinite, out of the subgroup or another's", async () => {
      const { ethers, home, keys, slashing, conflict, shareOf } = await founded(scheme);
      const { suite, cloudId } = home;
      const verifier = await ethers.getContractAt(
        "Bn254Verifier",
        await home.registry.cloudVerifier(cloudId),
      );
      const good = conflict((digest) => suite.sign(keys.shares[1]!, digest));
      const refused = async (
        share: { index: number; key: string },
        change: Partial<typeof good>,
        error: string,
        by: { interface: typeof slashing.interface | typeof verifier.interface } = slashing,
      ): Promise<void> => {
        await expect(
          slashing.reportPartialHeaders(cloudId, 1n, share, { ...good, ...change }),
        ).to.be.revertedWithCustomError(by as typeof slashing, error);
      };
      const zeros = (hex: string): string => hexlify(new Uint8Array((hex.length - 2) / 2));
      const { key } = shareOf(1);
      // Infinity verifies for every message, and its key for every signature at infinity.
      await refused({ index: 1, key: zeros(key) }, {}, "BlsInfinity", verifier);
      await refused(shareOf(1), { firstSignature: zeros(good.firstSignature) }, "BlsInfinity", verifier);
      await refused({ index: 1, key: concat([key, "0x00"]) }, {}, "BlsWrongLength", verifier);
      await refused(
        shareOf(1),
        { secondSignature: dataSlice(good.secondSignature, 1) },
        "BlsWrongLength",
        verifier,
      );
      await refused(
        { index: 1, key: hexlify(outsideSubgroup(scheme).publicKey) },
        {},
        "BlsNotInSubgroup",
        verifier,
      );
      // Other keys than the one confirmed: another member's, the group's, that of who did not confirm.
      await refused(shareOf(0), {}, "SlashingBadSignature");
      await refused({ index: 2, key }, {}, "SlashingWrongShareKey");
      await refused({ index: 4, key }, {}, "SlashingWrongShareKey");
      const fourth = conflict((digest) => suite.sign(keys.shares[3]!, digest));
      await refused(shareOf(3), fourth, "SlashingWrongShareKey");
      // The proof of possession is made with the same secret, over what its maker chose.
      const possession = hexlify(
        suite.provePossession(keys.shares[1]!, digests.header(CHAIN, GATEWAY, cloudId, 1n, LIE)),
      );
      await refused(shareOf(1), { secondSignature: possession }, "SlashingBadSignature");
      // Nor does anything count for another cloud, chain, gateway or epoch than was signed.
      await refused(shareOf(1), { chainId: CHAIN + 1n }, "SlashingBadSignature");
      await refused(shareOf(1), { gateway: ZeroAddress }, "SlashingBadSignature");
      await expect(
        slashing.reportPartialHeaders(cloudId, 2n, shareOf(1), good),
      ).to.be.revertedWithCustomError(slashing, "SlashingBadSignature");
      expect(await slashing.caughtOf(cloudId, 1n)).to.equal(0n);
    });
  });
}
