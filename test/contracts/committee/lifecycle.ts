import { expect } from "chai";
import { hexlify, keccak256, concat, toBeHex, zeroPadValue } from "ethers";
import { network } from "hardhat";

import type { CommitteeStructOutput } from "../../../types/ethers-contracts/committee/CommitteeRegistry.ts";
import { executionGas, expectGas } from "../../gas-snapshot.ts";
import { Ceremony, deal, drawPlainly, EPOCH_LENGTH, MIN_STAKE, signTogether, WINDOW } from "./ceremony.ts";

const FAR_AHEAD = 4_000_000_000n;
const equal = () => MIN_STAKE;

/** The largest gas limit of a transaction, by EIP-7825. */
const TRANSACTION_GAS = 2n ** 24n;

/** Prints a figure that depends on block hashes and times, so that it has a limit instead of a place in the snapshot. */
function report(what: string, gas: bigint, limit: bigint): void {
  console.log(`      ${what}: ${gas} gas`);
  expect(Number(gas), what).to.be.at.most(Number(limit));
}

/** A committee as a contract returned it, in the form a call takes. */
function plain(c: CommitteeStructOutput) {
  const { epoch, validFrom, validUntil, size, threshold, groupKey, membersHash } = c;
  return { epoch, validFrom, validUntil, size, threshold, groupKey, membersHash };
}

describe("a cloud's committees, with real keys", () => {
  for (const scheme of [0, 1] as const) {
    it(`go from genesis through a rotation to a mirror on another chain and back from a lapse, scheme ${scheme}`, async () => {
      const { ethers } = await network.create({ network: "l1" });
      const home = await Ceremony.start(ethers, { scheme, size: 4, candidates: 6, stake: equal });
      const { registry, cloudId, suite } = home;
      await home.warp(FAR_AHEAD);

      await home.select();
      const first = deal(suite, 4, 3, "first");
      await home.confirm(first, [2, 0]);
      expect(await registry.currentEpoch(cloudId)).to.equal(0n);
      await home.confirm(first, [3]);
      expect(await registry.currentEpoch(cloudId)).to.equal(1n);
      const anchor = await registry.committee(cloudId, 1n);
      expect(anchor.groupKey).to.equal(hexlify(first.groupKey));

      const message = new Uint8Array(32).fill(7);
      await registry.requireSigned(cloudId, 1n, message, signTogether(suite, first, [1, 2, 3], message));
      const forged = signTogether(suite, first, [0, 1], message);
      await expect(registry.requireSigned(cloudId, 1n, message, forged))
        .to.be.revertedWithCustomError(registry, "CommitteesBadSignature")
        .withArgs(cloudId, 1n, message);

      // A mirror on an OP chain, whose clock is its own.
      const { ethers: opEthers } = await network.create({ network: "op" });
      await opEthers.provider.send("evm_setNextBlockTimestamp", [toBeHex(FAR_AHEAD + 60n)]);
      const verifier = await opEthers.deployContract(scheme === 0 ? "Bn254Verifier" : "Bls12381Verifier");
      const mirror = await opEthers.deployContract("CommitteeMirror", [
        cloudId,
        verifier,
        { perRequest: 3n, perFuel: 0n, perByte: 0n },
        plain(anchor),
        [...(await registry.members(cloudId, 1n))],
        ethers.ZeroAddress,
        0,
      ]);
      await mirror.requireSigned(cloudId, 1n, message, signTogether(suite, first, [0, 1, 2], message));

      await home.warp(anchor.validUntil - 3n * WINDOW);
      await home.select();
      const second = deal(suite, 4, 3, "second");
      await home.confirm(second, [0, 1, 2]);
      expect(await registry.currentEpoch(cloudId), "waits for the old key").to.equal(1n);
      const digest = await home.rotationDigest(1n);
      const pending = await registry.pendingEpoch(cloudId);
      await expect(registry.rotate(cloudId, signTogether(suite, second, [0, 1, 2], digest)))
        .to.be.revertedWithCustomError(registry, "CommitteesBadSignature")
        .withArgs(cloudId, 1n, hexlify(digest));
      const signature = signTogether(suite, first, [0, 1, 3], digest);
      const rotated = await (await registry.rotate(cloudId, signature)).wait();
      expect(await registry.currentEpoch(cloudId)).to.equal(2n);

      // Everything the mirror needs comes from the registry's events and views.
      const [event] = await registry.queryFilter(registry.filters.EpochRotated(), rotated!.blockNumber);
      const next = plain(event!.args.next);
      const members = [...pending.members];
      await expect(mirror.follow(1n, next, members, event!.args.signature)).to.be.revertedWithCustomError(
        mirror,
        "MirrorNotYetValid",
      );
      await opEthers.provider.send("evm_setNextBlockTimestamp", [toBeHex(pending.validFrom)]);
      const followed = await (await mirror.follow(1n, next, members, event!.args.signature)).wait();
      expect(await mirror.currentEpoch(cloudId)).to.equal(2n);
      expect(await mirror.committee(cloudId, 2n)).to.deep.equal(await registry.committee(cloudId, 2n));
      await mirror.requireSigned(cloudId, 2n, message, signTogether(suite, second, [1, 2, 3], message));
      report(`${suite.name} rotate, 4 members`, rotated!.gasUsed, 500_000n);
      report(`${suite.name} mirror follow, 4 members`, followed!.gasUsed, 700_000n);

      // Lapse: nobody rotated in time. The home chain starts again with stake-weighted members; the mirror is over.
      await home.warp(pending.validUntil);
      await home.select();
      const third = deal(suite, 4, 3, "third");
      await home.confirm(third, [0, 1, 2]);
      expect(await registry.currentEpoch(cloudId)).to.equal(3n);
      await opEthers.provider.send("evm_setNextBlockTimestamp", [toBeHex(pending.validUntil)]);
      await opEthers.provider.send("evm_mine", []);
      await expect(
        mirror.requireSigned(cloudId, 2n, message, signTogether(suite, second, [1, 2, 3], message)),
      ).to.be.revertedWithCustomError(mirror, "CommitteesEpochNotValid");
      expect((await registry.committee(cloudId, 3n)).validUntil).to.be.greaterThan(
        pending.validUntil + EPOCH_LENGTH,
      );
    });
  }

  it("are drawn as a plain walk along the stakes draws them, and alike when drawn again", async () => {
    const { ethers } = await network.create({ network: "generic" });
    const stake = (i: number) => MIN_STAKE * BigInt(1 + ((i * 7) % 10));
    const home = await Ceremony.start(ethers, { scheme: 0, size: 10, candidates: 19, stake });
    const operators = [...(await home.registry.candidates(home.cloudId))];
    const stakes = operators.map((operator) => stake(Number(BigInt(operator)) - 0x10000));
    for (let epoch = 1; epoch <= 5; epoch++) {
      const { opened, selected } = await home.select();
      const [event] = await home.registry.queryFilter(
        home.registry.filters.CommitteeSelected(),
        selected.blockNumber,
      );
      const seedBlock = await ethers.provider.getBlock(opened.blockNumber + 4);
      const number = zeroPadValue(toBeHex(epoch), 32);
      expect(event!.args.seed).to.equal(keccak256(concat([seedBlock!.hash!, home.cloudId, number])));
      const expected = drawPlainly(event!.args.seed, 10, operators, stakes);
      expect([...event!.args.members]).to.deep.equal(expected);
      expect(new Set(expected).size).to.equal(10);
      await home.warp(event!.args.deadline);
      await home.registry.abandonEpoch(home.cloudId);
    }
  });

  for (const scheme of [0, 1] as const) {
    it(`cost little to check beyond the signature itself, scheme ${scheme}`, async () => {
      const { ethers } = await network.create({ network: "l1" });
      const home = await Ceremony.start(ethers, { scheme, size: 4, candidates: 4, stake: equal });
      const { registry, cloudId, suite } = home;
      await home.select();
      const keys = deal(suite, 4, 3, "cost");
      await home.confirm(keys, [0, 1, 2]);
      const digest = new Uint8Array(32).fill(9);
      const signature = signTogether(suite, keys, [0, 1, 2], digest);
      const verifier = await ethers.getContractAt("IThresholdVerifier", await registry.verifierOf(scheme));
      const calls = [
        {
          to: registry,
          data: registry.interface.encodeFunctionData("requireSigned", [cloudId, 1n, digest, signature]),
        },
        {
          to: verifier,
          data: verifier.interface.encodeFunctionData("verify", [digest, signature, keys.groupKey]),
        },
      ];
      const [signer] = await ethers.getSigners();
      const gas = [];
      for (const call of calls) {
        const receipt = await (await signer!.sendTransaction(call)).wait();
        gas.push(executionGas(receipt!, call.data));
      }
      expectGas(`${suite.name} requireSigned, beyond the verifier's own cost`, gas[0]! - gas[1]!, 15_000);
    });
  }

  for (const [size, candidates] of [
    [4, 64],
    [16, 128],
    [128, 512],
  ] as const) {
    it(`are selected within the gas of one transaction: ${size} of ${candidates}`, async () => {
      const { ethers } = await network.create({ network: "l1" });
      const home = await Ceremony.start(ethers, { scheme: 0, size, candidates, stake: equal });
      const { opened, selected } = await home.select();
      report("open", opened.gasUsed, TRANSACTION_GAS);
      report("select", selected.gasUsed, TRANSACTION_GAS);
      const gas = await home.confirm(deal(home.suite, size, home.threshold, "gas"), [0, 1, 2]);
      report("confirm, a new key", gas[0]!, 400_000n);
      report("confirm, a known key", gas[2]!, 330_000n);
    });
  }

  it("stand in a list that many small stakes cannot close to a larger one", async () => {
    const { ethers } = await network.create({ network: "l1" });
    const home = await Ceremony.start(ethers, { scheme: 0, size: 4, candidates: 512, stake: equal });
    const { registry, cloudId } = home;
    const weak = await home.register(600, MIN_STAKE);
    const strong = await home.register(601, MIN_STAKE + 1n);
    const [first] = await registry.candidates(cloudId);
    await expect(registry.connect(strong).joinCloud(cloudId))
      .to.be.revertedWithCustomError(registry, "RegistryCandidatesFull")
      .withArgs(cloudId, 512n);
    await expect(registry.connect(weak).replaceCandidate(cloudId, first!))
      .to.be.revertedWithCustomError(registry, "RegistryCandidateNotWeaker")
      .withArgs(first, MIN_STAKE, MIN_STAKE);
    await expect(registry.connect(strong).replaceCandidate(cloudId, weak.address))
      .to.be.revertedWithCustomError(registry, "RegistryNotCandidate")
      .withArgs(cloudId, weak.address);
    await registry.connect(strong).replaceCandidate(cloudId, first!);
    expect(await registry.isCandidate(cloudId, strong.address)).to.equal(true);
    expect(await registry.isCandidate(cloudId, first!)).to.equal(false);
    expect((await registry.candidates(cloudId)).length).to.equal(512);
  });
});
