import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { getBytes, keccak256, toUtf8String } from "ethers";

import { SnapshotStore } from "../../../../plugin/cloud/engines/snapshot-store.ts";
import { isGroupSignature } from "../../../../plugin/crypto/threshold/verify.ts";
import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import { signPartials } from "../../../../plugin/cloud/node/signatures.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { hasCometBft } from "../cometbft/available.ts";
import { epochOf, type TestEpoch } from "../node/members.ts";
import { CHAIN, requestEvent } from "../replication/events.ts";
import { disguised } from "./disguised.ts";
import { cometCloud, command, newcomer, until, type CometMember, type Registry } from "./cometbft-cloud.ts";

const fibonacci = keccak256(prebuilt("fibonacci"));

describe('plugin/cloud/engines/cometbft-application, over CometBFT itself (seed "a cloud over CometBFT")', function () {
  this.timeout(120_000);
  let folder: string;
  let members: CometMember[] = [];
  let registry: Registry = [];

  before(async function () {
    if (!(await hasCometBft(command))) return this.skip();
    return undefined;
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-comet-cloud-"));
    registry = [];
    members = await cometCloud(folder, "a cloud over CometBFT", registry);
  });
  afterEach(async function () {
    await Promise.all(members.map((member) => member.stop()));
    await rm(folder, { recursive: true, force: true });
    if (this.currentTest?.state === "failed") console.log(members.map(({ lines }) => lines.slice(-10)));
  });

  const started = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.start(members)));
    for (const member of members) await member.propose({ kind: "program", module: prebuilt("fibonacci") });
    // A request that is ordered before its program is known has no answer.
    await until(() => members.every(({ node }) => node!.proposed.length === 0));
  };
  /** Lets members see the `nonce`-th request, and waits until `who` have its answer and know the signature. */
  const ask = async (nonce: number, who = members, seeing = who): Promise<void> => {
    const event = requestEvent(nonce, fibonacci, "30");
    await Promise.all(seeing.map((member) => member.see(event)));
    await until(() => who.every(({ node }) => answers(node!).includes(nonce) && signedTip(node!)));
  };
  const signedTip = (node: CloudNode): boolean => node.certificate(node.height) !== undefined;
  /** Nonces of the requests that a node's blocks answer, in order. */
  const answers = (node: CloudNode): number[] =>
    heights(node).flatMap((height) =>
      node.application.blocks.record(height).chains.flatMap((chain) =>
        chain.answers.map(({ request, output }) => {
          expect(toUtf8String(output)).to.equal("832040");
          return Number(request.nonce);
        }),
      ),
    );
  const heights = (node: CloudNode): number[] => Array.from({ length: node.height }, (_, i) => i + 1);
  const hashes = ({ node }: CometMember): string[] =>
    heights(node!).map((height) => node!.application.blocks.record(height).blockHash);

  it("orders, runs and signs what all see, every request once", async () => {
    await started();
    for (let nonce = 0; nonce < 3; nonce++) await ask(nonce);
    const [first, ...others] = members;
    expect(answers(first!.node!)).to.deep.equal([0, 1, 2]);
    await until(() => others.every(({ node }) => node!.height === first!.node!.height));
    for (const other of others) expect(hashes(other)).to.deep.equal(hashes(first!));
    expect(members.flatMap(({ misbehaviours }) => misbehaviours)).to.deep.equal([]);
    for (const { signed } of members) expect(signed, "each block once").to.deep.equal([...new Set(signed)]);
  });

  it("makes a signature of what no block holds when t right parts are said, one of them late, and names the wrong one", async () => {
    await Promise.all(members.map((member) => member.start(members)));
    const [{ members: keys, committee }] = registry as [TestEpoch];
    const digest = getBytes(keccak256("0x01"));
    const done = new AbortController();
    const sign = (i: number, key = keys[i]!.key): Promise<Uint8Array> =>
      members[i]!.application!.signTogether(1n, digest, key, done.signal);
    const foreign = { group: keys[3]!.key.group, share: epochOf(9n).members[3]!.key.share };
    const early = [sign(0), sign(1), sign(3, foreign)];
    const words = "A partial signature was left out: Error: member 4 of epoch 1";
    await until(() => members.slice(0, 2).every(({ lines }) => lines.some((line) => line.startsWith(words))));
    const signatures = await Promise.all([...early, sign(2)]);
    for (const signature of signatures) expect(signature).to.deep.equal(signatures[0]);
    expect(isGroupSignature(committee, digest, signatures[0]!)).to.equal(true);
    // Who has it already goes on saying its part: whoever asks last may have heard nothing of it.
    expect(await sign(2)).to.deep.equal(signatures[0]);

    const alone = members[0]!.application!.signTogether(
      1n,
      getBytes(keccak256("0x02")),
      keys[0]!.key,
      done.signal,
    );
    done.abort(new Error("No longer wanted"));
    expect(await alone.catch((error: Error) => error.message)).to.equal("No longer wanted");
  });

  it("makes a new epoch's committee the validators: one came, one left, and the cloud answers on", async () => {
    const old = members;
    const late = await newcomer(folder, "a newcomer", registry, 4);
    members = [...old, late];
    await started();
    await ask(0, old, members);
    const validators = async (member: CometMember): Promise<string[]> => {
      const { validators } = await member.rpc("validators");
      return (validators as { address: string }[]).map(({ address }) => address.toLowerCase()).sort();
    };
    const addresses = (some: CometMember[]): string[] =>
      some.map(({ validatorKey }) => validatorKey.address).sort();
    expect(await validators(late)).to.deep.equal(addresses(old));

    const [first, second, third, left] = old as [CometMember, CometMember, CometMember, CometMember];
    const next = [first, second, third, late];
    registry.push(
      epochOf(
        2n,
        next.map(({ identity }) => identity),
      ),
    );
    for (const member of members) member.lookAtRegistry();
    const place = { block: 150n, logIndex: 0 };
    for (const member of members)
      await member.see({ kind: "epoch", chainId: CHAIN, place, timestamp: 1_700_000_000n, epoch: 2n });
    for (const member of members)
      await until(async () => (await validators(member)).join() === addresses(next).join());
    await ask(60, next, members);
    await until(() => answers(left.node!).join() === "0,60");
    // Three of the new four go on without the one that left: the newcomer's vote and share count.
    await Promise.all([first.kill(), left.kill()]);
    await ask(61, [second, third, late]);
    expect(answers(late.node!)).to.deep.equal([0, 60, 61]);
    expect(members.flatMap(({ misbehaviours }) => misbehaviours)).to.deep.equal([]);
    expect(
      members.flatMap(({ lines }) => lines.filter((line) => line.startsWith("The "))),
      "complaints",
    ).to.deep.equal([]);
  });

  const named = (who: CometMember[]): string[] => [
    ...new Set(
      who.flatMap(({ misbehaviours }) => misbehaviours.map(({ kind, index }) => `${kind} ${index}`)),
    ),
  ];

  // Each of these founds a cloud of four CometBFT processes of its own.
  const slow = process.env.NEXUS_SLOW === "1" ? it : it.skip;

  slow(
    "makes no blocks while there is nothing for them, and wakes for chains' events and for operators'",
    async () => {
      await started();
      await ask(0);
      const heightOf = async (member: CometMember): Promise<number> => {
        const { sync_info: sync } = await member.rpc("status");
        return Number((sync as { latest_block_height: string }).latest_block_height);
      };
      const asleep = async (): Promise<number> => {
        for (;;) {
          const before = await Promise.all(members.map(heightOf));
          await new Promise((resolve) => setTimeout(resolve, 2_000));
          const after = await Promise.all(members.map(heightOf));
          if (after.every((height) => height === before[0])) return before[0]!;
        }
      };
      await asleep();
      const counter = { kind: "program", module: prebuilt("counter") } as const;
      const knows = ({ node }: CometMember): boolean =>
        node!.application.programs.has(keccak256(counter.module));
      for (const member of members.slice(0, 2)) await member.propose(counter);
      await asleep();
      expect(members.some(knows), "two operators are too few, and keep nobody awake").to.equal(false);
      await members[3]!.propose(counter);
      await until(() => members.slice(0, 2).every(knows));
      const height = await asleep();
      await ask(1);
      const more = await asleep();
      expect(more, "blocks with the event, its run, and its answer's signature").to.be.within(
        height + 2,
        height + 8,
      );
    },
  );

  slow("brings in a node by a snapshot, past peers whose snapshots and chunks are false", async () => {
    const [first, liar, garbler, fourth] = members as [CometMember, CometMember, CometMember, CometMember];
    const plan = { every: 1, keep: 4 };
    for (const honest of [first, fourth]) honest.snapshots = (path) => new OneSnapshot(path, plan);
    garbler.snapshots = (path) => new GarbledSnapshot(path, plan);
    liar.snapshots = (path) => new LyingSnapshots(path, plan);
    await started();
    await ask(0);
    const newest = async (member: CometMember) => (await member.snapshotHeights()).at(-1) ?? 0n;
    for (const member of members) await until(async () => (await newest(member)) > 0n);
    await ask(1);
    // The newest is asked for first.
    await until(async () => {
      const [lie, ...true_] = await Promise.all([liar, first, fourth, garbler].map(newest));
      return true_.every((height) => height < lie!);
    });
    const { signed_header: trusted } = (await first.rpc("commit")) as {
      signed_header: { header: { height: string }; commit: { block_id: { hash: string } } };
    };
    const late = await newcomer(folder, "a newcomer", registry, 4);
    late.stateSync = {
      servers: [first, fourth].map(({ rpcPort }) => `127.0.0.1:${rpcPort}`),
      trustHeight: BigInt(trusted.header.height),
      trustHash: trusted.commit.block_id.hash,
    };
    late.seen.push(...first.seen);
    const old = members;
    members = [...old, late];
    await late.start(members);
    await until(() => late.node!.height >= first.node!.height);
    expect(late.node!.application.blocks.has(1), "it did not begin with the first block").to.equal(false);
    expect(
      late.lines.some((line) => line.includes("was refused")),
      "it was lied to",
    ).to.equal(true);
    await ask(2, old, members);
    await until(() => late.node!.tipHash === first.node!.tipHash);
    expect(late.node!.application.state.head).to.deep.equal(first.node!.application.state.head);
  });

  slow("takes no event that only two see, and takes it when a third does", async () => {
    await started();
    await ask(0);
    const late = requestEvent(1, fibonacci, "30");
    for (const member of members.slice(0, 2)) await member.see(late);
    // What all see comes in meanwhile; a chain's events come in order, so it is a program.
    for (const member of members) await member.propose({ kind: "program", module: prebuilt("counter") });
    const counter = keccak256(prebuilt("counter"));
    for (const member of members) await member.application!.tellHeads(new Map([[CHAIN, 100n]]));
    await members[0]!.application!.tellHeads(new Map([[CHAIN, 102n]]));
    await until(() => members.every(({ node }) => node!.application.programs.has(counter)));
    expect(answers(members[0]!.node!)).to.deep.equal([0]);
    await members[2]!.see(late);
    await until(() => members.slice(0, 3).every(({ node }) => answers(node!).includes(1)));
  });

  it("goes on without a node that is killed, which comes back with its keys and its disk", async () => {
    await started();
    await ask(0);
    await members[3]!.kill();
    const others = members.slice(0, 3);
    await ask(1, others);
    await ask(2, others);
    members[3]!.seen.push(...others[0]!.seen.slice(1));
    await members[3]!.start(members);
    await ask(3);
    for (const member of others) await until(() => hashes(member).join() === hashes(members[3]!).join());
    expect(answers(members[3]!.node!)).to.deep.equal([0, 1, 2, 3]);
  });

  slow("goes on where it was when all are killed at once", async () => {
    await started();
    await ask(0);
    await Promise.all(members.map((member) => member.kill()));
    await Promise.all(members.map((member) => member.start(members)));
    await ask(1);
    expect(answers(members[0]!.node!)).to.deep.equal([0, 1]);
  });

  slow("signs without a member that signs wrongly, and names it", async () => {
    const { key } = epochOf(1n).members[1]!;
    members[1]!.disguise = (node) =>
      disguised(node, {
        extendVote: async (height) => {
          const { partials } = await node.extendVote(height);
          return signPartials(
            1n,
            key,
            partials.map(() => new Uint8Array(32).fill(height)),
          );
        },
      });
    await started();
    const honest = members.filter((_, i) => i !== 1);
    // It is looked at when it comes before the last of those that suffice.
    for (let nonce = 0; named(honest).length === 0; nonce++) await ask(nonce, honest, members);
    expect(named(honest)).to.deep.equal(["bad-partial 2"]);
  });

  const halting =
    /^at height \d+ it has 0x[0-9a-f]{64}, (\d members|more than two thirds of the validators) have 0x[0-9a-f]{64}$/;
  slow("has a node halt that comes to another result, with the height and both hashes", async () => {
    members[2]!.fuel = 1_000n;
    await started();
    const others = members.filter((_, i) => i !== 2);
    await ask(0, others, members);
    await until(() => members[2]!.halted !== undefined);
    expect(members[2]!.halted).to.match(halting);
    // However late it was with its result: the others may have signed theirs before.
    for (const other of others) await until(() => other.misbehaviours.length > 0);
    expect(named(others)).to.deep.equal(["divergence 3"]);
    await ask(1, others);
    expect(answers(others[0]!.node!)).to.deep.equal([0, 1]);
  });

  slow("has a node halt that comes to another result when the others speak of it no more", async () => {
    const [first, second, late, fourth] = members as [CometMember, CometMember, CometMember, CometMember];
    late.fuel = 1_000n;
    const others = [first, second, fourth];
    await Promise.all(others.map((member) => member.start(members)));
    for (const member of others) await member.propose({ kind: "program", module: prebuilt("fibonacci") });
    await ask(0, others);
    await ask(1, others);
    await late.start(members);
    await until(() => late.halted !== undefined);
    expect(late.halted).to.match(halting);
    await ask(2, others);
    expect(answers(first.node!)).to.deep.equal([0, 1, 2]);
  });
});

/** Takes one snapshot and no other. */
class OneSnapshot extends SnapshotStore {
  override async isDue(height: bigint): Promise<boolean> {
    return (await this.list()).length === 0 && (await super.isDue(height));
  }
}

/** Offers a snapshot of another state under a true certificate. */
class LyingSnapshots extends SnapshotStore {
  override async take(...[height, state, chunks]: Parameters<SnapshotStore["take"]>): Promise<void> {
    await super.take(
      height,
      state,
      (async function* () {
        for await (const chunk of chunks) yield garbled(chunk);
      })(),
    );
  }
}

/** Hands out other chunks than those of its snapshot. */
class GarbledSnapshot extends OneSnapshot {
  override async chunk(height: bigint, index: number): Promise<Uint8Array | undefined> {
    const chunk = await super.chunk(height, index);
    return chunk && garbled(chunk);
  }
}

const garbled = (chunk: Uint8Array): Uint8Array =>
  chunk.map((byte, i) => (i === chunk.length - 1 ? byte ^ 1 : byte));
