import { expect } from "chai";
import { hexlify, id } from "ethers";
import { network } from "hardhat";

import type { EmbeddedCloud } from "../../../../plugin/cloud/embedded/embedded-cloud.ts";
import type { CommitteeStruct } from "../../../../plugin/cloud/node/registry.ts";
import {
  contradictingCertificates,
  contradictingPartials,
  rotationDigest,
  type Evidence,
} from "../../../../plugin/cloud/node/evidence.ts";
import { headerDigests, signPartials, type EpochKey } from "../../../../plugin/cloud/node/signatures.ts";
import type { Certificate, ChainHeader } from "../../../../plugin/cloud/replication/engine.ts";
import { combine } from "../../../../plugin/crypto/threshold/combine.ts";
import { partialSign } from "../../../../plugin/crypto/threshold/partial-sign.ts";

const DAY = 86_400n;

/** A cloud whose committee has really generated its key, with one block, on one chain. */
async function running() {
  const { nexus, ethers, networkHelpers } = await network.create("l1");
  const fibonacci = await nexus.program("fibonacci");
  await fibonacci.call("10");
  const cloud = await nexus.cloud();
  const slashing = await ethers.getContractAt(
    "EquivocationSlashing",
    await nexus.addressOf("EquivocationSlashing"),
  );
  const staking = await ethers.getContractAt("NexusStaking", await nexus.addressOf("NexusStaking"));
  const stakes = async (): Promise<bigint[]> =>
    Promise.all(cloud.committee.active!.operators.map((operator) => staking.stakeOf(operator, operator)));
  return { nexus, ethers, networkHelpers, cloud, slashing, stakes, fibonacci };
}

/** The keys of an epoch's members, by share index from 1. */
function keysOf(cloud: EmbeddedCloud, epoch = cloud.committee.active!.committee.epoch): EpochKey[] {
  return cloud.replicas
    .map(({ secrets }) => secrets.keys.get(epoch)!)
    .sort((a, b) => a.share.index - b.share.index);
}

/** What a block said, and what it did not say. */
function statements(cloud: EmbeddedCloud): { truth: ChainHeader[]; lie: ChainHeader[] } {
  const truth = cloud.record(cloud.height).chains.map(({ chainId, gateway, header }) => ({
    chainId,
    gateway,
    header,
  }));
  return {
    truth,
    lie: truth.map((one) => ({ ...one, header: { ...one.header, resultsHash: id("loot") } })),
  };
}

function partialsOf(
  cloud: EmbeddedCloud,
  key: EpochKey,
  epoch: bigint,
  headers: readonly ChainHeader[],
): Certificate {
  const { partials } = signPartials(epoch, key, headerDigests(cloud.cloudId, epoch, headers));
  return { epoch, headers, signatures: partials };
}

/** The signature of the members at all indices but the last: t of them. */
function signTogether(keys: readonly EpochKey[], digest: Uint8Array): Uint8Array {
  const { group } = keys[0]!;
  const partials = keys.slice(0, group.threshold).map(({ share }) => partialSign(group.suite, share, digest));
  return combine(group, digest, partials).signature;
}

function certify(
  cloud: EmbeddedCloud,
  keys: readonly EpochKey[],
  epoch: bigint,
  headers: readonly ChainHeader[],
): Certificate {
  const signatures = headerDigests(cloud.cloudId, epoch, headers).map((digest) => signTogether(keys, digest));
  return { epoch, headers, signatures };
}

describe("plugin/cloud/node/evidence", () => {
  it("slashes a member whose share signed two headers of one height, and nobody else", async () => {
    const { nexus, cloud, stakes } = await running();
    const { truth, lie } = statements(cloud);
    // The first t members confirmed; their share keys are known on chain.
    const key = keysOf(cloud)[1]!;
    const { index } = key.share;
    const [signed, loot] = [truth, lie].map((headers) => partialsOf(cloud, key, 1n, headers));
    const evidence = contradictingPartials(cloud.cloudId, key.group, index, signed!, loot!);
    expect(evidence).to.include({ kind: "headers", epoch: 1n });
    const before = await stakes();
    const taken = await nexus.reportEvidence(evidence!);
    const after = await stakes();
    expect(taken).to.equal((before[index - 1]! * 500n) / 10_000n);
    expect(after).to.deep.equal(before.map((stake, i) => (i === index - 1 ? stake - taken : stake)));
  });

  it("slashes the whole committee for two certificates of one height", async () => {
    const { nexus, cloud, stakes } = await running();
    const { truth, lie } = statements(cloud);
    const keys = keysOf(cloud);
    const [signed, loot] = [truth, lie].map((headers) => certify(cloud, keys, 1n, headers));
    // The true one is the one that the cloud itself has made.
    const own = cloud.replicas[0]!.certificate(cloud.height)!;
    expect(own.signatures.map(hexlify)).to.deep.equal(signed!.signatures.map(hexlify));
    const evidence = contradictingCertificates(cloud.cloudId, keys[0]!.group, own, loot!);
    const before = await stakes();
    expect(await nexus.reportEvidence(evidence!)).to.equal(before.reduce((sum, stake) => sum + stake, 0n));
    expect(await stakes()).to.deep.equal([0n, 0n, 0n, 0n]);
  });

  it("slashes the whole committee for a rotation that the registry does not know, and none for the true one", async () => {
    const { nexus, cloud, slashing, stakes, networkHelpers, fibonacci } = await running();
    const keys = keysOf(cloud);
    const first = cloud.committee.active!.committee;
    await networkHelpers.time.increaseTo(first.validUntil - 3_600n);
    await fibonacci.call("11");
    const { committee: next, rotation } = cloud.committee.active!;
    expect([next.epoch, rotation?.fromEpoch]).to.deep.equal([2n, 1n]);
    expect(next.groupKey, "a key of its own").to.not.equal(first.groupKey);
    const report = async (said: CommitteeStruct, signature: Uint8Array): Promise<bigint> => {
      const evidence: Evidence = {
        kind: "rotation",
        epoch: 1n,
        share: undefined,
        next: said,
        signature,
      };
      return nexus.reportEvidence(evidence);
    };
    const refused = await report(next, rotation!.signature).catch((error: unknown) => error);
    expect(String(refused)).to.include(slashing.interface.getError("SlashingTrueRotation")!.name);
    const lie = { ...next, membersHash: id("accomplices") };
    const unsigned = await report(lie, rotation!.signature).catch((error: unknown) => error);
    expect(String(unsigned)).to.include("SlashingBadSignature");
    const before = await stakes();
    const taken = await report(lie, signTogether(keys, rotationDigest(cloud.cloudId, 1n, lie)));
    // All operators are members of both epochs.
    expect(taken).to.equal(before.reduce((sum, stake) => sum + stake, 0n));
    expect(await stakes()).to.deep.equal([0n, 0n, 0n, 0n]);
  });

  it("finds nothing in what an honest member signs, before and after a hand-over", async () => {
    const { cloud, networkHelpers, fibonacci } = await running();
    const { truth } = statements(cloud);
    const key = keysOf(cloud)[0]!;
    const { index } = key.share;
    const sets = [
      partialsOf(cloud, key, 1n, truth),
      partialsOf(cloud, key, 1n, truth),
      partialsOf(
        cloud,
        key,
        1n,
        truth.map((one) => ({ ...one, chainId: one.chainId + 1n })),
      ),
      partialsOf(
        cloud,
        key,
        1n,
        truth.map((one) => ({ ...one, header: { ...one.header, height: one.header.height + 1n } })),
      ),
    ];
    await networkHelpers.time.increase(30n * DAY - 3_600n);
    await fibonacci.call("11");
    expect(cloud.committee.active!.committee.epoch).to.equal(2n);
    const later = keysOf(cloud).find(({ share }) => share.index === index)!;
    // The same block, signed again by the next committee.
    sets.push(partialsOf(cloud, later, 2n, truth));
    for (const one of sets) {
      for (const other of sets) {
        for (const { group } of [key, later]) {
          expect(contradictingPartials(cloud.cloudId, group, index, one, other)).to.equal(undefined);
        }
      }
    }
  });

  it("takes no signature for a member's or a committee's that is not", async () => {
    const { cloud } = await running();
    const { truth, lie } = statements(cloud);
    const [one, other] = keysOf(cloud) as [EpochKey, EpochKey];
    const [signed, forged] = [partialsOf(cloud, one, 1n, truth), partialsOf(cloud, other, 1n, lie)];
    const { index } = one.share;
    expect(contradictingPartials(cloud.cloudId, one.group, index, signed, forged)).to.equal(undefined);
    expect(contradictingPartials(cloud.cloudId, one.group, 5, signed, forged)).to.equal(undefined);
    const certificate = cloud.replicas[0]!.certificate(cloud.height)!;
    expect(contradictingCertificates(cloud.cloudId, one.group, certificate, forged)).to.equal(undefined);
  });
});
