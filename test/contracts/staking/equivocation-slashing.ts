import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { AbiCoder, concat, getAddress, getBytes, hexlify, id, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { network } from "hardhat";

import { expectGas } from "../../gas-snapshot.ts";

const { ethers, networkHelpers } = await network.create({ network: "l1" });

const CLOUD = id("a cloud");
const OTHER_CLOUD = id("another cloud");
const BLOCK_A = id("block A");
const BLOCK_B = id("block B");
const BLOCK_C = id("block C");
const CURVE_ORDER = secp256k1.Point.Fn.ORDER;
const SLASH_BPS = 2000n;
const TOKEN = 10n ** 18n;
const DAY = 86_400;

type Signer = Awaited<ReturnType<typeof ethers.getSigners>>[number];

interface Vote {
  blockHash: string;
  signature: string;
}

/** `Digests.vote`, written out a second time on purpose: the test must not trust the contract's encoding. */
function voteDigest(cloudId: string, epoch: number, height: number, blockHash: string): Uint8Array {
  const encoded = AbiCoder.defaultAbiCoder().encode(
    ["bytes32", "bytes32", "uint64", "uint64", "bytes32"],
    [hexlify(keccak_256(toUtf8Bytes("Nexus vote v1"))), cloudId, epoch, height, blockHash],
  );
  return getBytes(keccak256(encoded));
}

/** Signs with noble's secp256k1, as a node does: 65 bytes r ‖ s ‖ v, v 27 or 28. */
function vote(secret: Uint8Array, blockHash: string, cloudId = CLOUD, epoch = 3, height = 77): Vote {
  const signature = secp256k1.sign(voteDigest(cloudId, epoch, height, blockHash), secret, {
    prehash: false,
    format: "recovered",
  });
  return {
    blockHash,
    signature: concat([signature.slice(1), toBeHex(27 + (signature[0] as number))]),
  };
}

function secretOf(name: string): Uint8Array {
  return getBytes(id(`identity of ${name}`));
}

function addressOf(secret: Uint8Array): string {
  const point = secp256k1.getPublicKey(secret, false).slice(1);
  return getAddress(hexlify(keccak_256(point).slice(12)));
}

const secret = secretOf("operator");
const stranger = secretOf("stranger");

/** A committee of one operator with 400 tokens of its own and 600 delegated, wired as it would be deployed. */
async function deployed() {
  const signers = await ethers.getSigners();
  const [operator, delegator, reporter, copycat] = signers.slice(1, 5) as [Signer, Signer, Signer, Signer];
  const token = await ethers.deployContract("StakeToken");
  const registry = await ethers.deployContract("CommitteeRegistryHarness");
  const staking = await ethers.deployContract("NexusStaking", [
    token,
    {
      minimumSelfBond: 100n * TOKEN,
      unbondingDelay: 7 * DAY,
      maximumHold: 60 * DAY,
      jailPeriod: 3 * DAY,
      commissionNotice: 14 * DAY,
      maximumCommission: 5000,
      reporterPart: 500,
      maximumLeverage: 20,
    },
  ]);
  const slashing = await ethers.deployContract("EquivocationSlashing", [staking, registry, SLASH_BPS]);
  await staking.wire(registry, slashing);

  await staking.connect(operator).register(1000);
  for (const [who, amount] of [
    [operator, 400n * TOKEN],
    [delegator, 600n * TOKEN],
  ] as const) {
    await token.getFunction("mint")(who, amount);
    await token.connect(who).getFunction("approve")(staking, amount);
    await staking.connect(who).delegate(operator, amount, 0n);
  }
  const until = (await networkHelpers.time.latest()) + 30 * DAY;
  await registry.getFunction("bind")(addressOf(secret), operator);
  await registry.getFunction("select")(staking, CLOUD, 3, operator, until);
  return { token, registry, staking, slashing, operator, delegator, reporter, copycat };
}

describe("EquivocationSlashing", () => {
  it("slashes an operator whose identity voted for two blocks, and pays the reporter", async () => {
    const { token, staking, slashing, operator, reporter } = await networkHelpers.loadFixture(deployed);
    const report = slashing
      .connect(reporter)
      .report(CLOUD, 3, 77, vote(secret, BLOCK_A), vote(secret, BLOCK_B));
    await expect(report)
      .to.emit(slashing, "EquivocationPunished")
      .withArgs(operator, CLOUD, 3, 77, reporter, 200n * TOKEN);
    const jailedUntil = (await networkHelpers.time.latest()) + 3 * DAY;
    await expect(report)
      .to.emit(staking, "Slashed")
      .withArgs(operator, reporter, SLASH_BPS, 200n * TOKEN, 200n * TOKEN, 4n * TOKEN, jailedUntil);
    expect(await token.getFunction("balanceOf")(reporter)).to.equal(4n * TOKEN);
    expect(await token.getFunction("balanceOf")("0x000000000000000000000000000000000000dEaD")).to.equal(
      196n * TOKEN,
    );
    expect(await staking.isJailed(operator)).to.equal(true);
    expect(await slashing.chargedOf(CLOUD, 3, operator)).to.equal(SLASH_BPS);
    expect(await slashing.chargedOf(CLOUD, 4, operator)).to.equal(0);
    expect(await slashing.caughtOf(CLOUD, 3)).to.equal(1);
  });

  it("punishes a member alone once in an epoch, whatever votes, heights and order", async () => {
    const { slashing, operator, reporter } = await networkHelpers.loadFixture(deployed);
    const [a, b, c] = [vote(secret, BLOCK_A), vote(secret, BLOCK_B), vote(secret, BLOCK_C)];
    await slashing.connect(reporter).report(CLOUD, 3, 77, a, b);
    for (const [first, second] of [
      [a, b],
      [b, a],
      [a, c],
      [c, b],
    ] as const) {
      await expect(slashing.connect(reporter).report(CLOUD, 3, 77, first, second))
        .to.be.revertedWithCustomError(slashing, "SlashingAlreadyPunished")
        .withArgs(operator, CLOUD, 3, SLASH_BPS);
    }
    const next = [BLOCK_A, BLOCK_B].map((block) => vote(secret, block, CLOUD, 3, 78)) as [Vote, Vote];
    await expect(slashing.connect(reporter).report(CLOUD, 3, 78, ...next))
      .to.be.revertedWithCustomError(slashing, "SlashingAlreadyPunished")
      .withArgs(operator, CLOUD, 3, SLASH_BPS);
    await expect(slashing.raise(CLOUD, 3, operator)).to.be.revertedWithCustomError(
      slashing,
      "SlashingAlreadyPunished",
    );
  });

  it("takes everything of all caught once they are as many as two conflicting quorums share", async () => {
    const { registry, staking, token, slashing, operator, reporter, copycat } =
      await networkHelpers.loadFixture(deployed);
    const until = (await networkHelpers.time.latest()) + 30 * DAY;
    await staking.connect(copycat).register(0);
    await token.getFunction("mint")(copycat, 500n * TOKEN);
    await token.connect(copycat).getFunction("approve")(staking, 500n * TOKEN);
    await staking.connect(copycat).delegate(copycat, 500n * TOKEN, 0n);
    await registry.getFunction("bind")(addressOf(stranger), copycat);
    await registry.getFunction("select")(staking, CLOUD, 3, copycat, until);

    await expect(slashing.raise(CLOUD, 3, operator))
      .to.be.revertedWithCustomError(slashing, "SlashingNotPunished")
      .withArgs(operator, CLOUD, 3);
    await slashing.connect(reporter).report(CLOUD, 3, 77, vote(secret, BLOCK_A), vote(secret, BLOCK_B));
    await expect(
      slashing.connect(reporter).report(CLOUD, 3, 77, vote(stranger, BLOCK_A), vote(stranger, BLOCK_B)),
    )
      .to.emit(slashing, "EquivocationPunished")
      .withArgs(copycat, CLOUD, 3, 77, reporter, 500n * TOKEN);
    await expect(slashing.connect(reporter).raise(CLOUD, 3, operator))
      .to.emit(slashing, "PenaltyRaised")
      .withArgs(operator, CLOUD, 3, 10_000, reporter, 800n * TOKEN);
    expect(await staking.stakeOf(operator, operator)).to.equal(0);
    await expect(slashing.raise(CLOUD, 3, operator)).to.be.revertedWithCustomError(
      slashing,
      "SlashingAlreadyPunished",
    );
  });

  it("grows the penalty evenly from one member to 2t - n", async () => {
    const { slashing } = await networkHelpers.loadFixture(deployed);
    const penalties = async (size: number, threshold: number, most: number) =>
      Promise.all(Array.from({ length: most }, (_, i) => slashing.penalty(i + 1, size, threshold)));
    expect(await penalties(1, 1, 1)).to.deep.equal([10_000n]);
    expect(await penalties(4, 3, 3)).to.deep.equal([2000n, 10_000n, 10_000n]);
    expect(await penalties(7, 5, 4)).to.deep.equal([2000n, 6000n, 10_000n, 10_000n]);
    expect(await penalties(13, 9, 5)).to.deep.equal([2000n, 4000n, 6000n, 8000n, 10_000n]);
  });

  it("pays whoever is first with copied evidence and slashes once", async () => {
    const { token, staking, slashing, operator, reporter, copycat } =
      await networkHelpers.loadFixture(deployed);
    const evidence = [vote(secret, BLOCK_A), vote(secret, BLOCK_B)] as const;
    await slashing.connect(copycat).report(CLOUD, 3, 77, ...evidence);
    await expect(slashing.connect(reporter).report(CLOUD, 3, 77, ...evidence)).to.be.revertedWithCustomError(
      slashing,
      "SlashingAlreadyPunished",
    );
    expect(await token.getFunction("balanceOf")(copycat)).to.equal(4n * TOKEN);
    expect(await staking.stakeOf(operator, operator)).to.equal(200n * TOKEN);
  });

  it("does not let a reporting operator gain", async () => {
    const { token, staking, slashing, operator } = await networkHelpers.loadFixture(deployed);
    await slashing.connect(operator).report(CLOUD, 3, 77, vote(secret, BLOCK_A), vote(secret, BLOCK_B));
    const left =
      (await staking.stakeOf(operator, operator)) + (await token.getFunction("balanceOf")(operator));
    expect(left).to.equal(204n * TOKEN);
  });

  it("reaches the operator's stake that left after the selection, and spares its delegators", async () => {
    const { token, staking, slashing, operator, delegator, reporter } =
      await networkHelpers.loadFixture(deployed);
    await staking.connect(operator).undelegate(operator, await staking.sharesOf(operator, operator));
    await networkHelpers.time.increase(20 * DAY);
    await expect(staking.connect(operator).withdraw(1)).to.be.revertedWithCustomError(
      staking,
      "StakingNotReleased",
    );
    await slashing.connect(reporter).report(CLOUD, 3, 77, vote(secret, BLOCK_A), vote(secret, BLOCK_B));
    await networkHelpers.time.increase(10 * DAY);
    await staking.connect(operator).withdraw(1);
    expect(await token.getFunction("balanceOf")(operator)).to.equal(200n * TOKEN);
    expect(await staking.stakeOf(operator, delegator)).to.equal(600n * TOKEN);
  });

  it("takes evidence for as long as the stake is held, and none later", async () => {
    const { registry, slashing, operator, reporter } = await networkHelpers.loadFixture(deployed);
    const expiredAt = (await registry.getFunction("heldUntil").staticCall(CLOUD, 3)) as bigint;
    const evidence = [vote(secret, BLOCK_A), vote(secret, BLOCK_B)] as const;
    const early = await networkHelpers.takeSnapshot();
    await networkHelpers.time.setNextBlockTimestamp(expiredAt);
    await expect(slashing.connect(reporter).report(CLOUD, 3, 77, ...evidence))
      .to.be.revertedWithCustomError(slashing, "SlashingExpired")
      .withArgs(CLOUD, 3, expiredAt, expiredAt);
    await early.restore();
    await networkHelpers.time.setNextBlockTimestamp(expiredAt - 1n);
    await slashing.connect(reporter).report(CLOUD, 3, 77, ...evidence);
    expect(await slashing.chargedOf(CLOUD, 3, operator)).to.equal(SLASH_BPS);
  });

  it("refuses two votes for the same block", async () => {
    const { slashing } = await networkHelpers.loadFixture(deployed);
    await expect(slashing.report(CLOUD, 3, 77, vote(secret, BLOCK_A), vote(secret, BLOCK_A)))
      .to.be.revertedWithCustomError(slashing, "EquivocationSameBlock")
      .withArgs(BLOCK_A);
  });

  it("slashes an operator that changed its identity between the two votes", async () => {
    const { registry, slashing, operator, reporter } = await networkHelpers.loadFixture(deployed);
    const renewed = secretOf("the operator's next node");
    await registry.getFunction("bind")(addressOf(renewed), operator);
    await expect(
      slashing.connect(reporter).report(CLOUD, 3, 77, vote(secret, BLOCK_A), vote(renewed, BLOCK_B)),
    )
      .to.emit(slashing, "EquivocationPunished")
      .withArgs(operator, CLOUD, 3, 77, reporter, 200n * TOKEN);
  });

  it("refuses votes of two operators", async () => {
    const { registry, slashing, copycat } = await networkHelpers.loadFixture(deployed);
    await registry.getFunction("bind")(addressOf(stranger), copycat);
    await expect(slashing.report(CLOUD, 3, 77, vote(secret, BLOCK_A), vote(stranger, BLOCK_B)))
      .to.be.revertedWithCustomError(slashing, "EquivocationDifferentSigners")
      .withArgs(addressOf(secret), addressOf(stranger));
  });

  it("refuses votes of two identities of which one is nobody's", async () => {
    const { slashing } = await networkHelpers.loadFixture(deployed);
    await expect(slashing.report(CLOUD, 3, 77, vote(secret, BLOCK_A), vote(stranger, BLOCK_B)))
      .to.be.revertedWithCustomError(slashing, "EquivocationDifferentSigners")
      .withArgs(addressOf(secret), addressOf(stranger));
  });

  for (const [what, other] of [
    ["cloud", vote(secret, BLOCK_B, OTHER_CLOUD)],
    ["epoch", vote(secret, BLOCK_B, CLOUD, 4)],
    ["height", vote(secret, BLOCK_B, CLOUD, 3, 78)],
  ] as const) {
    it(`refuses a vote for another ${what}`, async () => {
      const { slashing } = await networkHelpers.loadFixture(deployed);
      await expect(slashing.report(CLOUD, 3, 77, vote(secret, BLOCK_A), other)).to.be.revertedWithCustomError(
        slashing,
        "EquivocationDifferentSigners",
      );
    });
  }

  it("refuses an identity bound to nobody", async () => {
    const { slashing } = await networkHelpers.loadFixture(deployed);
    await expect(slashing.report(CLOUD, 3, 77, vote(stranger, BLOCK_A), vote(stranger, BLOCK_B)))
      .to.be.revertedWithCustomError(slashing, "EquivocationUnknownIdentity")
      .withArgs(addressOf(stranger));
  });

  it("refuses votes for a committee the operator was not in", async () => {
    const { slashing, operator } = await networkHelpers.loadFixture(deployed);
    const votes = [BLOCK_A, BLOCK_B].map((block) => vote(secret, block, CLOUD, 4)) as [Vote, Vote];
    await expect(slashing.report(CLOUD, 4, 77, ...votes))
      .to.be.revertedWithCustomError(slashing, "SlashingNotMember")
      .withArgs(CLOUD, 4, operator);
  });

  it("refuses malleable, short, compact and unrecoverable signatures", async () => {
    const { slashing } = await networkHelpers.loadFixture(deployed);
    const good = vote(secret, BLOCK_A);
    const bytes = getBytes(vote(secret, BLOCK_B).signature);
    const [r, s, v] = [bytes.slice(0, 32), BigInt(hexlify(bytes.slice(32, 64))), bytes[64] as number];
    const highS = toBeHex(CURVE_ORDER - s, 32);
    const refused = async (signature: string, error: string) => {
      await expect(
        slashing.report(CLOUD, 3, 77, good, { blockHash: BLOCK_B, signature }),
      ).to.be.revertedWithCustomError(slashing, error);
    };
    await refused(concat([r, highS, toBeHex(27 + 28 - v)]), "ECDSAInvalidSignatureS");
    await refused(hexlify(bytes.slice(0, 64)), "ECDSAInvalidSignatureLength");
    await refused(concat([bytes, "0x00"]), "ECDSAInvalidSignatureLength");
    await refused("0x", "ECDSAInvalidSignatureLength");
    await refused(concat([r, toBeHex(s, 32), toBeHex(v - 27)]), "ECDSAInvalidSignature");
    await refused(concat([toBeHex(0, 32), toBeHex(s, 32), toBeHex(v)]), "ECDSAInvalidSignature");
  });

  it("costs what the snapshot says, whose stake ever pays", async () => {
    const { token, staking, slashing, operator, delegator, reporter } =
      await networkHelpers.loadFixture(deployed);
    const evidence = [vote(secret, BLOCK_A), vote(secret, BLOCK_B)] as const;
    const used = async (sent: Promise<{ wait(): Promise<{ gasUsed: bigint } | null> }>) =>
      (await (await sent).wait())!.gasUsed;
    const fresh = await networkHelpers.takeSnapshot();
    const report = () => used(slashing.connect(reporter).report(CLOUD, 3, 77, ...evidence));
    expectGas("slashing: report two votes, own stake covers it", await report(), 500_000);

    await fresh.restore();
    const own = await used(staking.connect(operator).undelegate(operator, 100n * TOKEN * 1_000_000n));
    expectGas("staking: undelegate own stake", own, 250_000);
    const others = await used(staking.connect(delegator).undelegate(operator, 100n * TOKEN * 1_000_000n));
    expectGas("staking: undelegate delegated stake", others, 250_000);
    await token.getFunction("mint")(delegator, 10_000n * TOKEN);
    await token.connect(delegator).getFunction("approve")(staking, 10_000n * TOKEN);
    await staking.connect(delegator).delegate(operator, 10_000n * TOKEN, 0n);
    // 2,200 of 11,000, of which 300 active and 100 unbonding are its own.
    expectGas("slashing: report two votes, all pools pay", await report(), 500_000);
    await networkHelpers.time.increase(30 * DAY);
    expectGas("staking: withdraw", await used(staking.connect(delegator).withdraw(2)), 250_000);
  });

  it("is deployed with contracts and a slash between 1 and 10,000 bps only", async () => {
    const { staking, registry, slashing, operator } = await networkHelpers.loadFixture(deployed);
    for (const bps of [0, 10_001]) {
      await expect(ethers.deployContract("EquivocationSlashing", [staking, registry, bps]))
        .to.be.revertedWithCustomError(slashing, "SlashingInvalidSlash")
        .withArgs(bps);
    }
    for (const args of [
      [operator, registry, 1],
      [staking, operator, 1],
    ]) {
      await expect(ethers.deployContract("EquivocationSlashing", args))
        .to.be.revertedWithCustomError(slashing, "SlashingNotAContract")
        .withArgs(operator);
    }
  });
});
