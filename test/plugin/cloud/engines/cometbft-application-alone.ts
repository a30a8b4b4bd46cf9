import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { CheckTxType, ResponseProcessProposal_ProposalStatus } from "cosmjs-types/tendermint/abci/types";
import { keccak256 } from "ethers";

import { validatorAddress } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { IdentityKey, IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { CometBftApplication } from "../../../../plugin/cloud/engines/cometbft-application.ts";
import { decodeGossip, encodeGossip, type Gossip } from "../../../../plugin/cloud/engines/gossip.ts";
import type { OrderedReplica } from "../../../../plugin/cloud/engines/ordered-replica.ts";
import { SnapshotStore } from "../../../../plugin/cloud/engines/snapshot-store.ts";
import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import { signVote } from "../../../../plugin/cloud/node/signatures.ts";
import { encodeBlock } from "../../../../plugin/cloud/replication/block.ts";
import type { Misbehaviour } from "../../../../plugin/cloud/replication/engine.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { epochOf, observerOf, THRESHOLD, type ObserverOptions, type TestEpoch } from "../node/members.ts";
import { CHAIN, CLOUD, requestEvent } from "../replication/events.ts";
import { disguised } from "./disguised.ts";

const epoch = epochOf(1n);
const identities = epoch.members.map(({ identity }) => identity);
/** The same members, with another key. */
const next = epochOf(2n, identities);
const hash = (n: number): string => `0x${n.toString(16).padStart(64, "0")}`;

/** What CometBFT would drive, without it: the application alone, told by the test what it may be told. */
describe("plugin/cloud/engines/cometbft-application, alone", () => {
  let folder: string;
  let complaints: string[];
  let said: Uint8Array[];
  /** How far others were said to see chains. */
  let seen: bigint[];
  let reports: Misbehaviour[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-application-"));
    [complaints, said, seen, reports] = [[], [], [], []];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** The first member, who has keys of the epochs given. */
  const memberOf = (
    epochs: readonly TestEpoch[],
    options: Pick<ObserverOptions, "store" | "seen" | "doubted"> = {},
  ): Promise<CloudNode> =>
    observerOf(identities[0]!, {
      ...options,
      committees: new Map(epochs.map(({ number, committee }) => [number, committee])),
      keys: new Map(epochs.map(({ number, members }) => [number, members[0]!.key])),
    });
  const membersOf = (number: bigint) =>
    [1n, 2n].includes(number)
      ? {
          identities: identities.map((one) => new IdentityKey(new IdentitySecret(one).publicKey)),
          threshold: THRESHOLD,
        }
      : undefined;
  const applicationOf = (
    replica: OrderedReplica,
    store = new MemoryStore(),
    identity = identities[0]!,
    broadcast = async (gossip: Uint8Array): Promise<void> => void said.push(gossip),
  ): CometBftApplication =>
    new CometBftApplication(replica, {
      cloudId: CLOUD,
      identity: new IdentitySecret(identity),
      members: membersOf,
      broadcast,
      snapshots: new SnapshotStore(folder, { every: 1_000, keep: 1 }),
      store,
      report: (misbehaviour) => reports.push(misbehaviour),
      signed: () => undefined,
      othersSee: (heads) => seen.push(...heads.values()),
      halted: () => undefined,
      complain: (what, error) => complaints.push(`${what}: ${(error as Error).message}`),
      patience: 60,
    });
  /** Has the application commit the node's next block, as CometBFT's block at a height. */
  const follow = async (app: CometBftApplication, node: CloudNode, height: bigint): Promise<Uint8Array> => {
    const block = encodeBlock((await node.prepareProposal())!);
    await app.finalizeBlock({ height, txs: [block], misbehavior: [] } as never);
    return block;
  };
  /** An application that has committed the first block, which makes the counter known. */
  const begun = async (node: CloudNode): Promise<CometBftApplication> => {
    const app = applicationOf(node);
    await app.initChain();
    node.propose({ kind: "program", module: prebuilt("counter") });
    await follow(app, node, 1n);
    await app.commit();
    await app.idle();
    return app;
  };
  const tell = async (
    app: CometBftApplication,
    index: number,
    gossip: Gossip,
    type = CheckTxType.NEW,
  ): Promise<number> => {
    const tx = encodeGossip(CLOUD, new IdentitySecret(identities[index - 1]!), gossip);
    return (await app.checkTx({ tx, type })).code;
  };
  const statement = (index: number, height: number, blockHash: string, of = 1n): Gossip => ({
    kind: "statement",
    epoch: of,
    index,
    height,
    blockHash,
    signature: "0x",
    partials: [],
  });

  it("begins CometBFT's chain with no block of the cloud's, also when one was written before it was killed", async () => {
    const [stores, progress] = [{ store: new MemoryStore() }, new MemoryStore()];
    const node = await memberOf([epoch], stores);
    const app = applicationOf(node, progress);
    const begun = await app.initChain();
    node.propose({ kind: "program", module: prebuilt("counter") });
    await follow(app, node, 1n);
    const write = progress.write.bind(progress);
    progress.write = async () => Promise.reject(new Error("killed"));
    await app.commit().then(
      () => expect.fail("it was killed"),
      () => undefined,
    );
    await app.idle();
    progress.write = write;

    const again = await memberOf([epoch], stores);
    expect(again.height).to.equal(1);
    const restarted = applicationOf(again, progress);
    expect((await restarted.info()).lastBlockHeight).to.equal(0n);
    expect((await restarted.initChain()).appHash).to.deep.equal(begun.appHash);
  });

  it("tells its operator which member CometBFT has evidence against", async () => {
    const app = await begun(await memberOf([epoch]));
    const { publicKey } = new IdentitySecret(identities[2]!);
    const address = Buffer.from(validatorAddress(publicKey), "hex");
    const misbehavior = [{ type: 1, validator: { address, power: 1n }, height: 1n }];
    await app.finalizeBlock({ height: 2n, txs: [], misbehavior } as never);
    expect(complaints.join()).to.match(
      /broke the rules of consensus: Member 3 of epoch 1 .*two blocks.*height 1\./,
    );
  });

  it("proposes nothing and refuses what it cannot check while its chains do not answer", async () => {
    const node = await memberOf([epoch]);
    node.propose({ kind: "program", module: prebuilt("counter") });
    const block = encodeBlock((await node.prepareProposal())!);
    const away = async () => Promise.reject(new Error("502 Bad Gateway"));
    const app = applicationOf(disguised(node, { prepareProposal: away, processProposal: away }));
    await app.initChain();
    await app.start();
    expect((await app.prepareProposal({ maxTxBytes: 1n << 20n } as never)).txs).to.deep.equal([]);
    expect((await app.processProposal({ txs: [block] } as never)).status).to.equal(
      ResponseProcessProposal_ProposalStatus.REJECT,
    );
    await app.idle();
    expect(complaints.join()).to.match(/No block was proposed: 502 Bad Gateway/);
  });

  it("refuses a block of which it sees something else, says why, and doubts what it has read of that chain now and then", async () => {
    const program = keccak256(prebuilt("counter"));
    const proposer = await memberOf([epoch], { seen: [requestEvent(1, program, "true")] });
    const block = encodeBlock((await proposer.prepareProposal())!);
    let doubts = 0;
    const app = applicationOf(
      await memberOf([epoch], { seen: [requestEvent(1, program, "false")], doubted: () => doubts++ }),
    );
    await app.initChain();
    await app.start();
    for (let i = 0; i < 2; i++)
      expect((await app.processProposal({ txs: [block] } as never)).status).to.equal(
        ResponseProcessProposal_ProposalStatus.REJECT,
      );
    expect(new Set(complaints)).to.deep.equal(
      new Set([`A proposal was refused: event 0 of chain ${CHAIN} is not the next that this node sees`]),
    );
    expect(doubts).to.equal(1);
  });

  it("passes on one statement of each member and height to come, and two of what is there", async () => {
    const node = await memberOf([epoch, next]);
    const app = await begun(node);
    // Of a block to come nobody can tell which is right.
    const ahead = [1, 2, 3, 4].map((n) => statement(2, 2, hash(n)));
    expect(await Promise.all(ahead.map((one) => tell(app, 2, one)))).to.deep.equal([0, 1, 1, 1]);
    const kept = await Promise.all(ahead.map((one) => tell(app, 2, one, CheckTxType.RECHECK)));
    expect(kept, "it is said again, if need be").to.deep.equal([1, 1, 1, 1]);
    // Two of a block that is there may be evidence, and more are none.
    const tip = [1, 2, 3, 4].map((n) => statement(3, 1, hash(n)));
    expect(await Promise.all(tip.map((one) => tell(app, 3, one)))).to.deep.equal([0, 0, 1, 1]);
  });

  it("takes no statement of a committee that may not sign the block", async () => {
    const node = await memberOf([epoch, next]);
    const app = applicationOf(disguised(node, { epochOf: () => 2n }));
    for (const height of [1, 2]) expect(await tell(app, 2, statement(2, height, hash(1)))).to.equal(1);
    expect(await tell(app, 2, statement(2, 1, hash(1), 2n))).to.equal(0);
  });

  it("passes on so much of a member between two blocks, and no more", async () => {
    const node = await memberOf([epoch]);
    const app = applicationOf(node);
    await app.initChain();
    const heads = async (index: number, n: number): Promise<number> =>
      tell(app, index, {
        kind: "heads",
        epoch: 1n,
        index,
        heads: new Map([[node.application.chains[0]!.chainId, BigInt(n)]]),
      });
    const accepted = async (index: number, from: number): Promise<number> => {
      let count = 0;
      for (let n = from; n < from + 100; n++) if ((await heads(index, n)) === 0) count++;
      return count;
    };
    expect(await accepted(2, 0)).to.equal(16);
    expect(seen, "told of no more than is passed on").to.deep.equal([...Array(16).keys()].map(BigInt));
    expect(await heads(3, 5), "of another member").to.equal(0);
    // What it said before uses up nothing, whoever tells it again.
    for (let i = 0; i < 100; i++) expect(await heads(3, 5), "known").to.equal(1);
    expect(await heads(3, 6)).to.equal(0);
    expect(seen.slice(16), "told of what is news").to.deep.equal([5n, 6n]);
    node.propose({ kind: "program", module: prebuilt("counter") });
    await follow(app, node, 1n);
    await app.commit();
    expect(await accepted(2, 1_000), "after a block").to.equal(16);
    await app.idle();
  });

  it("passes on what it says itself when it says it, and not when others play it again", async () => {
    const node = await memberOf([epoch]);
    const app = applicationOf(node);
    await app.initChain();
    node.propose({ kind: "program", module: prebuilt("counter") });
    await app.tellApprovals();
    const check = async (tx: Uint8Array): Promise<number> =>
      (await app.checkTx({ tx, type: CheckTxType.NEW })).code;
    const [own] = said;
    expect(await check(own!)).to.equal(0);
    for (let i = 0; i < 20; i++) expect(await check(own!), "again").to.equal(1);
    await app.tellApprovals();
    expect(await check(said[1]!), "said again").to.equal(0);
  });

  it("states its block under every epoch that it may sign in, since others may see fewer", async () => {
    const node = await memberOf([epoch, next]);
    await begun(node);
    const epochs = said
      .map((tx) => decodeGossip(CLOUD, tx, ({ epoch: of, index }) => membersOf(of)?.identities[index - 1]))
      .filter(({ kind }) => kind === "statement")
      .map((gossip) => gossip.epoch);
    expect(epochs).to.deep.equal([1n, 2n]);
  });

  it("gets a block signed although statements of it were lost, and the last member is silent", async () => {
    const apps: CometBftApplication[] = [];
    const nodes: CloudNode[] = [];
    const losing = new Set<number>();
    for (const i of [0, 1, 2]) {
      const { identity, key } = epoch.members[i]!;
      const node = await observerOf(identity, {
        committees: new Map([[1n, epoch.committee]]),
        keys: new Map([[1n, key]]),
      });
      node.propose({ kind: "program", module: prebuilt("counter") });
      nodes.push(node);
      apps.push(
        applicationOf(node, new MemoryStore(), identity, async (tx) => {
          if (losing.has(i)) throw new Error("mempool is full");
          for (const app of apps) await app.checkTx({ tx, type: CheckTxType.NEW });
        }),
      );
    }
    for (const app of apps) await app.initChain();
    for (const app of apps) await app.tellApprovals();
    const commit = async (height: bigint, txs: Uint8Array[]): Promise<void> => {
      for (const app of apps) await app.finalizeBlock({ height, txs, misbehavior: [] } as never);
      for (const app of apps) await app.commit();
      for (let round = 0; round < 3; round++) for (const app of apps) await app.idle();
    };
    losing.add(1).add(2);
    await commit(1n, (await apps[0]!.prepareProposal({ maxTxBytes: 1n << 20n } as never)).txs);
    expect(nodes.map((node) => [node.height, node.certificate(1)])).to.deep.equal(
      nodes.map(() => [1, undefined]),
    );
    losing.clear();
    await commit(2n, []);
    for (const node of nodes) expect(node.certificate(1)).not.to.equal(undefined);

    // What the last one says of it now is no news, and yet evidence together with what else it says.
    const { identity } = epoch.members[3]!;
    const voted = (blockHash: string): Gossip => {
      const vote = signVote(new IdentitySecret(identity), CLOUD, 4, { epoch: 1n, height: 1, blockHash });
      return { ...statement(4, 1, blockHash), signature: vote.signature } as Gossip;
    };
    expect(await tell(apps[0]!, 4, voted(nodes[0]!.blockHash(1)!)), "it is signed").to.equal(1);
    expect(await tell(apps[0]!, 4, voted(hash(9)))).to.equal(0);
    await apps[0]!.idle();
    const found = reports.filter(({ kind }) => kind === "equivocation");
    expect(found.map(({ index, height }) => ({ index, height }))).to.deep.equal([{ index: 4, height: 1 }]);
  });
});
