import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { getAddress, hexlify } from "ethers";

import { EvmChain, EvmContract } from "../../../../plugin/chain/evm-chain.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import type { Equivocation } from "../../../../plugin/cloud/live/equivocation-evidence.ts";
import type { Vote } from "../../../../plugin/cloud/replication/engine.ts";
import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";
import * as digests from "../../../../plugin/contracts/digests.ts";
import { EpochCloud, FINALITY, randomOf, SIZE, THRESHOLD, WINDOW, type EpochNode } from "./epoch-nodes.ts";

const FOUNDING = ["openEpoch", "selectCommittee", ...Array.from({ length: THRESHOLD }, () => "confirm")];

describe('plugin/cloud/live/epoch-duties (seed "epoch duties")', function () {
  this.timeout(240_000);
  let folder: string;
  let cloud: EpochCloud;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-epochs-"));
  });
  afterEach(async () => {
    await Promise.all(cloud.nodes.map((node) => node.crash()));
    await rm(folder, { recursive: true, force: true });
  });

  const begin = async (candidates: number): Promise<void> => {
    cloud = await EpochCloud.found(folder, candidates, randomOf("epoch duties"));
    for (const node of cloud.nodes) await node.start();
  };
  const isActive = (epoch: bigint) => async (): Promise<boolean> => (await cloud.current()) === epoch;
  /** Takes the time to where the next epoch may be opened. */
  const toTheEnd = async (epoch: bigint): Promise<bigint> => {
    const [committee] = await cloud.home.chain.read(cloud.registry, "committee", cloud.cloudId, epoch);
    const { validUntil } = committee as { validUntil: bigint };
    await cloud.home.reach(validUntil - 3n * WINDOW);
    return validUntil;
  };
  const complaints = (): string[] => cloud.nodes.flatMap((node) => node.complaints);

  it("comes from candidates to a committee with a key, and pays for each step once", async () => {
    await begin(SIZE);
    await cloud.until(isActive(1n));
    expect(cloud.sent).to.deep.equal(FOUNDING);
    for (let i = 0; i < 5; i++) await cloud.round();
    expect(cloud.sent, "nothing more").to.deep.equal(FOUNDING);
    const keys = cloud.nodes.map((node) => node.ring!.keys.get(1n)!);
    const { groupPublicKey } = cloud.nodes[0]!.view!.committees.get(1n)!;
    for (const { group } of keys) expect(group.groupPublicKey).to.deep.equal(groupPublicKey);
    expect(new Set(keys.map(({ share }) => share.index)).size).to.equal(SIZE);
    expect(complaints()).to.deep.equal([]);
  });

  it("hands over to the next committee by the old one's signature, and destroys what is over", async () => {
    await begin(SIZE + 2);
    await cloud.until(isActive(1n));
    const old = await cloud.members(1n);
    const validUntil = await toTheEnd(1n);
    cloud.sent.length = 0;
    await cloud.until(isActive(2n));
    expect(cloud.sent).to.deep.equal([...FOUNDING, "rotate"]);
    const next = await cloud.members(2n);
    expect(next.filter((node) => old.includes(node)).length).to.be.greaterThan(1);
    await cloud.until(() => next.every(({ ring }) => ring!.keys.has(2n)));
    for (const node of old) expect(node.ring!.keys.has(1n), "its signatures are accepted yet").to.equal(true);
    const kept = async (node: EpochNode): Promise<string[]> =>
      (await node.names()).map((name) => name.split(".").slice(0, 2).join("."));
    // The second epoch's time may have begun at the end of the first.
    const over = validUntil + 3n * WINDOW + 3_600n;
    cloud.machinesStand = true;
    await cloud.home.reach(over);
    for (let i = 0; i < 65; i++) await cloud.round();
    for (const node of old) expect(await kept(node), "its own clock says no").to.include("epoch-key.1");
    cloud.machinesStand = false;
    await cloud.home.reach((await cloud.home.chain.latestTimestamp()) + WINDOW);
    for (let i = 0; i < 3; i++) await cloud.round();
    for (const node of cloud.nodes) {
      expect([...node.ring!.keys.keys()]).to.deep.equal(next.includes(node) ? [2n] : []);
      expect(await kept(node)).to.deep.equal(next.includes(node) ? ["epoch-key.2"] : []);
    }
    expect(complaints()).to.deep.equal([]);
  });

  it("keeps its key and seeds when endpoints show another key, or that the epoch was given up", async () => {
    await begin(SIZE);
    await cloud.until(isActive(1n));
    const [node] = cloud.nodes as [EpochNode];
    await cloud.until(() => node.ring!.keys.has(1n));
    const names = await node.names();
    expect(names.map((name) => name.split(".")[0])).to.deep.equal(["ceremony-seed", "epoch-key"]);
    const { chain } = cloud.home;
    const { groupKey } = node.view!.epochs.get(1n)!.committee;
    const currentEpoch = cloud.registry.abi.getFunction("currentEpoch")!.selector;
    const lies: ((data: string, answer: string) => string)[] = [
      (_, answer) => answer.replaceAll(groupKey.slice(2), groupKey.slice(2).split("").reverse().join("")),
      (data, answer) => (data.startsWith(currentEpoch) ? `0x${"00".repeat(32)}` : answer),
    ];
    for (const lie of lies) {
      const request = async (args: { method: string; params?: unknown[] }): Promise<unknown> => {
        const answer = await chain.request(args);
        if (args.method !== "eth_call") return answer;
        return lie((args.params![0] as { data: string }).data, answer as string);
      };
      await node.crash();
      await node.start(new EvmChain({ request }, chain.chainId, FINALITY));
      for (let i = 0; i < 3; i++) await cloud.round();
      expect(node.ring!.keys.has(1n), "it sees no key of its own").to.equal(false);
      expect(await node.names()).to.deep.equal(names);
    }
    await node.crash();
    await node.start();
    await cloud.round();
    expect(node.ring!.keys.has(1n), "it signs on with the truth").to.equal(true);
    expect(complaints()).to.deep.equal([]);
  });

  it("goes on where it was when every process ends again and again, and pays no step twice", async () => {
    await begin(SIZE + 1);
    const random = randomOf("epoch duties, interrupted");
    const draw = (below: number): number => random.bytes(1)[0]! % below;
    let interruptions = 0;
    cloud.interrupt = (when) => {
      if (draw(3) !== 0) return;
      interruptions++;
      throw new Error(`The process ended ${when} it sent.`);
    };
    const live = async (epoch: bigint): Promise<void> => {
      for (let lives = 0; (await cloud.current()) !== epoch; lives++) {
        if (lives === 150) throw new Error(complaints().join("\n"));
        for (let rounds = 1 + draw(3); rounds > 0; rounds--) await cloud.round();
        for (const node of cloud.nodes) await node.crash();
        for (const node of cloud.nodes) await node.start();
      }
    };
    await live(1n);
    expect(cloud.sent).to.deep.equal(FOUNDING);
    await toTheEnd(1n);
    cloud.sent.length = 0;
    await live(2n);
    expect(cloud.sent).to.deep.equal([...FOUNDING, "rotate"]);
    expect(interruptions).to.be.greaterThan(0);
    const others = complaints().filter((line) => !line.includes("The process ended"));
    expect(others).to.deep.equal([]);
  });

  it("goes on without one node, whose turns pass to the next, and which gets its share when it is back", async () => {
    await begin(SIZE);
    const [late, ...present] = cloud.nodes as [EpochNode, ...EpochNode[]];
    await late.crash();
    cloud.hall.absent = 1;
    await cloud.until(isActive(1n), present);
    await toTheEnd(1n);
    cloud.sent.length = 0;
    await cloud.until(isActive(2n), present);
    expect(cloud.sent).to.deep.equal([...FOUNDING, "rotate"]);
    await late.start();
    await cloud.until(() => late.ring!.keys.has(2n));
    expect(late.ring!.keys.get(2n)!.group.groupPublicKey).to.deep.equal(
      late.view!.committees.get(2n)!.groupPublicKey,
    );
    expect(complaints()).to.deep.equal([]);
  });

  it("gives up an epoch whose members do not come to a key, and draws another committee", async () => {
    await begin(SIZE);
    const present = cloud.nodes.slice(2);
    for (const node of cloud.nodes.slice(0, 2)) await node.crash();
    await cloud.until(() => present.every(({ view }) => view!.selection !== undefined), present);
    await cloud.home.reach(present[0]!.view!.selection!.deadline);
    for (const node of cloud.nodes.slice(0, 2)) await node.start();
    await cloud.until(isActive(2n));
    expect(cloud.sent).to.deep.equal(["openEpoch", "selectCommittee", "abandonEpoch", ...FOUNDING]);
    await cloud.round();
    expect([...cloud.nodes[0]!.view!.epochs.keys()]).to.deep.equal([2n]);
    expect(complaints()).to.deep.equal([]);
  });

  it("opens an epoch again whose seed nobody used", async () => {
    await begin(SIZE);
    await cloud.until(() => cloud.sent.length === 1);
    await cloud.home.mine(262);
    await cloud.until(isActive(1n));
    expect(cloud.sent).to.deep.equal(["openEpoch", ...FOUNDING]);
    expect(complaints()).to.deep.equal([]);
  });

  it("makes a committee active whose predecessor could not hand over in time", async () => {
    await begin(SIZE);
    await cloud.until(isActive(1n));
    cloud.gossips = false;
    const validUntil = await toTheEnd(1n);
    cloud.sent.length = 0;
    await cloud.until(() => cloud.nodes.every(({ view }) => (view!.selection?.groupKey ?? "0x") !== "0x"));
    expect(await cloud.current()).to.equal(1n);
    await cloud.home.reach(validUntil);
    await cloud.until(isActive(2n));
    expect(cloud.sent).to.deep.equal([...FOUNDING, "activate"]);
    expect(complaints()).to.deep.equal([]);
  });

  it("does everything else while challenges cannot be read, and says so", async () => {
    await begin(SIZE);
    const { home, registry } = cloud;
    const [address] = await home.chain.read(registry, "challenges");
    const blind = new EvmChain(
      {
        request: async (args) => {
          if (
            JSON.stringify(args.params)
              .toLowerCase()
              .includes((address as string).toLowerCase())
          )
            throw new Error("missing trie node");
          return home.chain.request(args);
        },
      },
      home.chain.chainId,
      FINALITY,
    );
    for (const node of cloud.nodes) {
      await node.crash();
      await node.start(blind);
    }
    await cloud.until(isActive(1n));
    expect(new Set(complaints())).to.deep.equal(
      new Set(["Challenges of the committee cannot be read: missing trie node"]),
    );
  });

  it("answers a challenge once, whoever is away", async () => {
    await begin(SIZE);
    await cloud.until(isActive(1n));
    const { home, registry, cloudId } = cloud;
    const [address] = await home.chain.read(registry, "challenges");
    const challenges = new EvmContract(address as string, loadArtifact("LivenessChallenges").abi);
    await home.account.call(challenges, "challengeCommittee", [cloudId], 10n ** 18n);
    cloud.sent.length = 0;
    const present = cloud.nodes.slice(1);
    await cloud.nodes[0]!.crash();
    await cloud.until(async () => {
      const [challenge] = await home.chain.read(challenges, "challengeOf", cloudId);
      return (challenge as { answerBy: bigint }).answerBy === 0n;
    }, present);
    for (let i = 0; i < 5; i++) await cloud.round(present);
    expect(cloud.sent).to.deep.equal(["answerChallenge"]);
    expect(complaints()).to.deep.equal([]);
  });

  describe("evidence that a member voted twice", () => {
    const votes = (node: EpochNode, epoch: bigint, height: number): Equivocation => {
      const signed = ["0x11", "0x22"].map((byte) => {
        const blockHash = byte.padEnd(66, byte.slice(2));
        const digest = digests.vote(cloud.cloudId, epoch, BigInt(height), blockHash);
        const signature = hexlify(new IdentitySecret(node.identity).signDigest(digest));
        return { index: 1, height, blockHash, signature };
      });
      return { epoch, height, votes: signed as [Vote, Vote] };
    };
    const charged = async (epoch: bigint, node: EpochNode): Promise<bigint> => {
      const slashing = cloud.home.contract("EquivocationSlashing");
      const about = [cloud.cloudId, epoch, node.account.address];
      return (await cloud.home.chain.read(slashing, "chargedOf", ...about))[0] as bigint;
    };

    it("is handed in once by all who saw it, whatever more they see of that member, if its stake answers for it", async () => {
      await begin(SIZE);
      await cloud.until(isActive(1n));
      await cloud.until(() => cloud.nodes.every(({ view }) => view!.current === 1n));
      const [liar, ...honest] = (await cloud.members(1n)) as [EpochNode, ...EpochNode[]];
      cloud.sent.length = 0;
      const accuse = (one: Equivocation): string | undefined => honest[0]!.duties!.accuse(one);
      expect(accuse(votes(liar, 2n, 7)), "of no epoch").to.equal(undefined);
      expect(accuse({ ...votes(liar, 1n, 7), height: 9 }), "of another height").to.equal(undefined);
      for (const node of honest)
        for (const height of [7, 8])
          expect(node.duties!.accuse(votes(liar, 1n, height))).to.equal(getAddress(liar.account.address));
      await cloud.until(async () => (await charged(1n, liar)) > 0n);
      for (let i = 0; i < 30; i++) await cloud.round();
      expect(cloud.sent).to.deep.equal(["report"]);
      expect(await charged(1n, honest[0]!)).to.equal(0n);
      expect(complaints()).to.deep.equal([]);
    });
  });
});
