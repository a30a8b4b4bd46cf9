import { expect } from "chai";
import { getBytes, hexlify, keccak256 } from "ethers";
import { network } from "hardhat";

import { FaultyReplica, type Fault } from "../../../../plugin/cloud/embedded/faulty-replica.ts";
import type { Block } from "../../../../plugin/cloud/replication/block.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { NoQuorumError, type Misbehaviour } from "../../../../plugin/cloud/replication/engine.ts";
import { eventId, type OrderedEvent } from "../../../../plugin/cloud/replication/event.ts";
import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { LocalEngine } from "../../../../plugin/cloud/engines/local-engine.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { exportSnapshot, importSnapshot } from "../../../../plugin/cloud/replication/snapshot.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { program } from "../runtime/programs.ts";
import { breakMachine } from "../node/broken-machine.ts";
import { epochOf, nodeOf } from "../node/members.ts";
import { requestEvent } from "../replication/events.ts";

const TOO_FEW = 2;
const FIBONACCI = keccak256(prebuilt("fibonacci"));

async function cloudWithFibonacci() {
  const { nexus, provider } = await network.create("l1");
  const fibonacci = await nexus.program("fibonacci");
  return { nexus, provider, fibonacci, cloud: await nexus.cloud() };
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => expect.fail("it succeeded"),
    (error: Error) => error,
  );
}

const faults: [Fault, string[]][] = [
  [{ kind: "stopped" }, []],
  [{ kind: "delayed", milliseconds: 30 }, []],
  [{ kind: "lying" }, ["divergence"]],
  [{ kind: "mis-signing" }, ["bad-partial"]],
  [{ kind: "equivocating" }, ["equivocation"]],
];

describe("plugin/cloud/engines/local-engine", () => {
  for (const [fault, seen] of faults) {
    it(`goes on with node 1 ${fault.kind}, and not with two such nodes until one is back`, async () => {
      const { nexus, fibonacci, cloud } = await cloudWithFibonacci();
      await nexus.setFault(1, fault);
      expect(await fibonacci.call("30")).to.equal("832040");
      const reports = (await nexus.misbehaviours()).map(({ kind, index }) => `${kind} ${index}`);
      // Signatures are made of the first t partials, and node 1's is among them: a wrong one is seen.
      expect([...new Set(reports)]).to.deep.equal(seen.map((kind) => `${kind} 1`));

      await nexus.setFault(TOO_FEW, fault);
      if (fault.kind === "delayed") {
        expect(await fibonacci.call("31")).to.equal("1346269");
        return;
      }
      expect(await failureOf(fibonacci.run("31"))).to.be.instanceOf(NoQuorumError);
      const { height } = cloud;
      const blocks: number[] = [];
      const stop = nexus.session.onBlock((block) => blocks.push(block.record.runs.length));
      await nexus.startNode(TOO_FEW);
      stop();
      expect(blocks, "the request that waited was run, in the block after its own").to.deep.equal([0, 1]);
      expect(cloud.height).to.be.at.least(height);
      expect(await fibonacci.call("32")).to.equal("2178309");
      await nexus.startNode(1);
      expect(await fibonacci.call("33")).to.equal("3524578");
      expect(new Set(cloud.replicas.map((replica) => replica.height)).size, "all caught up").to.equal(1);
      for (let at = 1; at <= cloud.height; at++) {
        const hashes = cloud.replicas.map(({ node }) => node.application.blocks.record(at).blockHash);
        expect(new Set(hashes).size, `block ${at}`).to.equal(1);
      }
    });
  }

  it("brings back a node that missed many blocks, a new epoch and a new chain", async () => {
    const { nexus, provider, fibonacci, cloud } = await cloudWithFibonacci();
    await nexus.stopNode(3);
    for (let i = 0; i < 5; i++) await fibonacci.call(String(i));
    await provider.request({ method: "evm_increaseTime", params: [90 * 86_400] });
    await provider.request({ method: "evm_mine" });
    const other = await network.create({ network: "op", override: { chainId: 1_338 } });
    await other.nexus.join(nexus);
    const there = await other.nexus.program("fibonacci");
    expect(await there.call("12")).to.equal("144");
    const behind = cloud.replicas[2]!;
    expect(behind.height).to.be.at.most(cloud.height - 7);
    await nexus.startNode(3);
    await nexus.stopNode(2);
    expect(await there.call("13"), "it is needed for a quorum").to.equal("233");
    expect(behind.height).to.equal(cloud.height);
    expect(behind.node.divergence).to.equal(undefined);
  });

  it("has a node stop that came to another result, and says why", async () => {
    const { nexus, fibonacci, cloud } = await cloudWithFibonacci();
    const { node } = cloud.replicas[3]!;
    await nexus.stopNode(4);
    // The node executes a block that the others never saw.
    const { height } = node;
    const previousSignature = node.certificate(height)!.signatures[0]!;
    await node.finalizeBlock({ height: height + 1, previousSignature, events: [] });
    await fibonacci.call("30");
    await nexus.startNode(4);
    expect(await fibonacci.call("31")).to.equal("1346269");
    expect(node.running).to.equal(false);
    expect(node.divergence).to.match(
      new RegExp(`at height ${height + 1} it has 0x.*the committee signed 0x`),
    );
  });

  describe("with replicas that fail in other ways", () => {
    /** Four nodes that are to publish a program in their first block. */
    const fourReplicas = async () => {
      const epoch = epochOf(1n);
      return Promise.all(
        epoch.members.map(async ({ identity, key }, i) => {
          const node = await nodeOf(epoch, i);
          node.propose({ kind: "program", module: prebuilt("counter") });
          const secrets = { identity: new IdentitySecret(identity), keys: new Map([[1n, key]]) };
          return new FaultyReplica(node, secrets);
        }),
      );
    };

    const engineOver = async (bad: (replica: FaultyReplica) => FaultyReplica, at: number, grace?: number) => {
      const replicas = (await fourReplicas()).map((replica, i) => (i === at ? bad(replica) : replica));
      return { engine: new LocalEngine(replicas, 3, () => {}, grace), replicas };
    };

    /** Four nodes that know fibonacci, and have ordered a request of it which runs in the next block. */
    const fourThatRun = async () => {
      const event = requestEvent(0, FIBONACCI, "30");
      const seen: OrderedEvent[] = [];
      const epoch = epochOf(1n);
      const nodes = await Promise.all(epoch.members.map(async (_, i) => nodeOf(epoch, i, { seen })));
      for (const node of nodes) node.propose({ kind: "program", module: prebuilt("fibonacci") });
      const engine = new LocalEngine(nodes, 3, () => {});
      await engine.step();
      seen.push(event);
      expect((await engine.step())?.height).to.equal(2);
      const skip = { kind: "skip", eventId: eventId(event), programId: FIBONACCI } as const;
      const outcomes = () =>
        nodes.map(({ application, height }) => application.blocks.record(height).runs.map((r) => r.outcome));
      return { nodes, engine, skip, outcomes };
    };

    it("passes over a node that lags behind all that peers keep, and takes it back from a snapshot", async () => {
      const kept = 4;
      const epoch = epochOf(1n);
      const stores = epoch.members.map(() => new MemoryStore());
      const open = async (i: number) => nodeOf(epoch, i, { kept, store: stores[i]! });
      const nodes = await Promise.all(stores.map(async (_, i) => open(i)));
      const replicas = nodes.map((node, i) => {
        const { identity, key } = epoch.members[i]!;
        return new FaultyReplica(node, {
          identity: new IdentitySecret(identity),
          keys: new Map([[1n, key]]),
        });
      });
      const late = replicas[3]!;
      late.fault = { kind: "stopped" };
      const engine = new LocalEngine(replicas, 3, () => {});
      for (let i = 0; i < 8; i++) {
        const text = `(func $start (call $exit (i32.const ${i})))`;
        for (const node of nodes) node.propose({ kind: "program", module: program(text) });
        await engine.step();
      }
      const [source] = nodes;
      expect([source!.height, source!.oldest, late.height]).to.deep.equal([8, 5, 0]);
      late.fault = { kind: "none" };
      expect(await engine.step()).to.equal(undefined);
      expect([late.height, late.running], "nobody has its next block").to.deep.equal([0, true]);

      const chunks: Uint8Array[] = [];
      for await (const chunk of exportSnapshot(stores[0]!)) chunks.push(chunk);
      const { height } = source!;
      const { header } = source!.certificate(height)!.headers[0]!;
      stores[3] = new MemoryStore();
      await importSnapshot(stores[3], chunks, { height, stateRoot: getBytes(hexlify(header.stateRoot)) });
      const back = await open(3);
      const others = [...replicas.slice(0, 3), back];
      const again = new LocalEngine(others, 3, () => {});
      for (const node of [...nodes.slice(0, 3), back])
        node.propose({ kind: "program", module: prebuilt("counter") });
      expect((await again.step())?.height).to.equal(9);
      expect(back.height).to.equal(9);
      expect(back.application.blocks.record(9)).to.deep.equal(source!.application.blocks.record(9));
      expect(back.certificate(9)).to.deep.equal(source!.certificate(9));
    });

    it("runs what two operators want to skip, and waits for nobody", async () => {
      const { nodes, engine, skip, outcomes } = await fourThatRun();
      // Whose turn it is proposes the skip first, and is refused.
      for (const node of [nodes[2]!, nodes[3]!]) node.propose(skip);
      expect((await engine.step())?.height).to.equal(3);
      expect(outcomes()).to.deep.equal(nodes.map(() => [Outcome.Success]));
      expect(await engine.step(), "nothing of it is left").to.equal(undefined);
      expect(nodes.map((node) => node.approves(skip))).to.deep.equal(nodes.map(() => false));
    });

    it("goes on without a node that cannot run what the others can, and takes it back when it can", async () => {
      const { nodes, engine } = await fourThatRun();
      const [unable] = nodes;
      const repair = breakMachine(unable!, FIBONACCI);
      expect((await engine.step())?.signers).to.deep.equal([2, 3, 4]);
      for (const node of nodes) node.propose({ kind: "program", module: prebuilt("counter") });
      // It is handed the signed block by three peers, more than can be faulty, and knows that the fault is its own.
      expect((await engine.step())?.height).to.equal(4);
      expect(unable!.height).to.equal(2);
      expect(unable!.running).to.equal(true);
      expect(unable!.stuck.map(({ programId }) => programId)).to.deep.equal([FIBONACCI]);
      repair();
      await engine.step();
      expect(unable!.height).to.equal(4);
      expect(unable!.stuck).to.deep.equal([]);
    });

    for (const at of [0, 1, 2, 3]) {
      it(`orders with node ${at + 1} proposing nothing, and without it when its provider fails`, async () => {
        class Silent extends FaultyReplica {
          override prepareProposal(): Promise<Block | undefined> {
            return Promise.resolve(undefined);
          }
          override processProposal(): Promise<string | undefined> {
            return Promise.reject(new Error("the provider is gone"));
          }
        }
        const { engine, replicas } = await engineOver(
          (replica) => new Silent(replica.node, replica.secrets),
          at,
        );
        const committed = await engine.step();
        expect(committed?.height).to.equal(1);
        expect(committed?.signers).not.to.include(replicas[at]!.index);
        expect(replicas[at]!.height).to.equal(0);
      });

      it(`orders past node ${at + 1} proposing what others refuse`, async () => {
        class Inventor extends FaultyReplica {
          override async prepareProposal(): Promise<Block | undefined> {
            const block = await super.prepareProposal();
            return block && { ...block, height: block.height + 1 };
          }
        }
        const { engine } = await engineOver((replica) => new Inventor(replica.node, replica.secrets), at);
        expect((await engine.step())?.height).to.equal(1);
      });
    }

    it("does not wait for a node longer than its grace, and takes it back when it is ready", async () => {
      let release = (): void => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      class Held extends FaultyReplica {
        override async processProposal(block: Block): Promise<string | undefined> {
          await released;
          return super.processProposal(block);
        }
      }
      const { engine, replicas } = await engineOver(
        (replica) => new Held(replica.node, replica.secrets),
        0,
        20,
      );
      expect((await engine.step())?.height).to.equal(1);
      expect(replicas.map(({ height }) => height)).to.deep.equal([0, 1, 1, 1]);
      release();
      await engine.idle();
      await engine.step();
      expect(replicas[0]!.height).to.equal(1);
    });

    for (const kind of ["mis-signing", "lying", "equivocating", "refusing"] as const) {
      it(`waits for a slow node when one that was quick turns out to be ${kind}`, async () => {
        const replicas = await fourReplicas();
        const [bad, , , slow] = replicas;
        if (kind === "refusing") bad!.processProposal = () => Promise.resolve("no");
        else bad!.fault = { kind };
        slow!.fault = { kind: "delayed", milliseconds: 200 };
        const seen: string[] = [];
        const report = ({ kind: what, index }: Misbehaviour) => void seen.push(`${what} ${index}`);
        const engine = new LocalEngine(replicas, 3, report, 1);
        const committed = await engine.step();
        expect(committed?.signers).to.deep.equal([2, 3, 4]);
        for (const replica of replicas.slice(1)) expect(replica.certificate(1)).not.to.equal(undefined);
        const named = { "mis-signing": "bad-partial", lying: "divergence", equivocating: "equivocation" };
        expect(seen).to.deep.equal(kind === "refusing" ? [] : [`${named[kind]} 1`]);
        expect(await engine.step(), "there is no more to do").to.equal(undefined);
      });
    }

    it("brings back a node past peers that hand it forged blocks, and past false certificates", async () => {
      const replicas = await fourReplicas();
      const late = replicas[3]!;
      late.fault = { kind: "stopped" };
      const engine = new LocalEngine(replicas, 3, () => {});
      await engine.step();
      const forged = { ...replicas[0]!.node.block(1), events: [] };
      replicas[0]!.block = () => forged;
      const { certificate } = replicas[1]!.node;
      replicas[1]!.certificate = (height) => {
        const found = certificate.call(replicas[1]!.node, height);
        return found && { ...found, signatures: found.signatures.map(() => new Uint8Array(64)) };
      };
      late.fault = { kind: "none" };
      await engine.step();
      expect(late.running).to.equal(true);
      expect(late.height).to.equal(1);
      expect(late.certificate(1)).to.deep.equal(replicas[2]!.certificate(1));
    });

    it("throws what all replicas throw, rather than to say that there is no quorum", async () => {
      const { engine, replicas } = await engineOver((replica) => replica, 0);
      for (const { node } of replicas) {
        node.processProposal = () => Promise.reject(new RangeError("a bug"));
      }
      expect(await failureOf(engine.step())).to.be.instanceOf(RangeError);
    });
  });
});
