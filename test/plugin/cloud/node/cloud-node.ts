import { expect } from "chai";
import { keccak256, toBeHex } from "ethers";

import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import { LocalEngine } from "../../../../plugin/cloud/engines/local-engine.ts";
import type { Block } from "../../../../plugin/cloud/replication/block.ts";
import { NoQuorumError, type Certificate } from "../../../../plugin/cloud/replication/engine.ts";
import type { EpochEvent } from "../../../../plugin/cloud/replication/event.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { CHAIN, requestEvent } from "../replication/events.ts";
import { epochOf, nodeOf, SIZE, THRESHOLD, type NodeOptions, type TestEpoch } from "./members.ts";

const counter = prebuilt("counter");
const COUNTER = keccak256(counter);
const one = Buffer.from(toBeHex(1, 32).slice(2), "hex");
const add = (nonce: number) => requestEvent(nonce, COUNTER, one);
/** It moves the cursor and runs nothing. */
const expired = { ...add(0), timestamp: add(0).request.deadline };
const seen = [expired, add(1)];
const publish = { kind: "program" as const, module: counter };
const first: Block = { height: 1, previousSignature: new Uint8Array(), events: [publish, expired] };

async function nodesOf(epoch: TestEpoch, options: NodeOptions = { seen }): Promise<CloudNode[]> {
  return Promise.all(Array.from({ length: SIZE }, (_, i) => nodeOf(epoch, i, options)));
}

async function sign(nodes: readonly CloudNode[], height: number): Promise<Certificate> {
  const extensions = await Promise.all(nodes.map((node) => node.extendVote(height)));
  return nodes[0]!.combine(height, extensions).certificate!;
}

async function failureOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => expect.fail("it succeeded"),
    (error: Error) => error,
  );
}

describe("plugin/cloud/node/cloud-node", () => {
  const epoch = epochOf(1n);
  const next = epochOf(2n);
  const activation: EpochEvent = {
    kind: "epoch",
    chainId: CHAIN,
    place: { block: 900n, logIndex: 0 },
    timestamp: 1_700_000_000n,
    epoch: 2n,
  };

  /** Three nodes that have executed the first block, and its certificate. */
  async function signedFirst() {
    const nodes = await nodesOf(epoch);
    const honest = nodes.slice(0, THRESHOLD);
    for (const node of honest) await node.finalizeBlock(first);
    return { honest, late: nodes[3]!, certificate: await sign(honest, 1) };
  }

  describe("when it catches up", () => {
    it("refuses any other block than the one that a true certificate is for, and goes on as it was", async () => {
      const { honest, late, certificate } = await signedFirst();
      const forgeries: [string, Partial<Block>][] = [
        ["another program", { events: [{ ...publish, module: prebuilt("fibonacci") }, expired] }],
        ["an event left out", { events: [publish] }],
        ["events in another order", { events: [expired, publish] }],
        ["an event altered", { events: [publish, { ...expired, timestamp: expired.timestamp + 1n }] }],
        ["another seed", { previousSignature: new Uint8Array(64) }],
        ["an event of a chain that is not served", { events: [publish, requestEvent(9, COUNTER, one, 10n)] }],
      ];
      for (const [what, change] of forgeries) {
        const refused = await late.catchUp({ ...first, ...change }, certificate, 7);
        expect(refused, what).to.match(/at height 1 it has 0x.*signed 0x|cannot be executed/);
        expect(late.running, what).to.equal(true);
        expect(late.height, what).to.equal(0);
        expect(late.application.programs.has(keccak256(prebuilt("fibonacci"))), what).to.equal(false);
      }
      expect(await late.catchUp(first, certificate, 0)).to.equal(undefined);
      for (const node of honest) expect(await node.certify(1, certificate)).to.equal(undefined);
      const second = (await honest[0]!.prepareProposal())!;
      expect(await late.processProposal(second)).to.equal(undefined);
      for (const node of [...honest, late]) await node.finalizeBlock(second);
      const hashes = [...honest, late].map((node) => node.application.blocks.record(2).blockHash);
      expect(new Set(hashes).size).to.equal(1);
    });

    it("believes that it is wrong itself when more peers say so than can be faulty", async () => {
      const { certificate } = await signedFirst();
      const fibonacci = { ...first, events: [{ ...publish, module: prebuilt("fibonacci") }] };
      const node = await nodeOf(epoch, 3, { seen });
      for (const peer of [1, 1, 1]) await node.catchUp(fibonacci, certificate, peer);
      expect(node.running, "one peer, however often it says so").to.equal(true);
      await node.catchUp(fibonacci, certificate, 2);
      expect(node.running).to.equal(false);
      expect(node.divergence).to.match(/at height 1 it has 0x.*, the committee signed 0x/);
    });

    it("takes a block without certificate for the proposal that it is", async () => {
      const { late } = await signedFirst();
      expect(await late.catchUp(first, undefined, 0)).to.match(/operator has not approved program/);
      late.propose(publish);
      const unseen = { ...first, events: [publish, add(1)] };
      expect(await late.catchUp(unseen, undefined, 0)).to.match(/not the next that this node sees/);
      expect(late.height).to.equal(0);
      expect(await late.catchUp(first, undefined, 0)).to.equal(undefined);
      expect(late.height).to.equal(1);
      expect(late.certificate(1)).to.equal(undefined);
    });

    it("follows blocks of committees that it was no member of", async () => {
      const { certificate } = await signedFirst();
      const newcomer = await nodeOf(next, 2, { seen, epochs: [epoch] });
      expect(newcomer.index).to.equal(3);
      expect(await newcomer.catchUp(first, certificate, 0)).to.equal(undefined);
      expect(newcomer.certificate(1)).to.deep.equal(certificate);
      const stranger = await nodeOf(next, 2, { seen });
      expect(await stranger.catchUp(first, certificate, 0), "it has not heard of that epoch").to.match(
        /epoch 1 does not sign block 1/,
      );
      expect(stranger.running).to.equal(true);
    });
  });

  describe("certify", () => {
    it("refuses false certificates, keeps nothing of them and goes on", async () => {
      const { honest, late, certificate } = await signedFirst();
      await late.finalizeBlock(first);
      const [header] = certificate.headers;
      const [signature] = certificate.signatures;
      const altered = (change: object) => [{ ...header!, header: { ...header!.header, ...change } }];
      const zero = `0x${"00".repeat(32)}`;
      const other = await nodesOf(next, { seen, epochs: [epoch] });
      for (const node of other) await node.finalizeBlock(first);
      const elsewhere = await sign(other, 1);
      const cases: [string, Certificate, RegExp][] = [
        ["garbage", { ...certificate, signatures: [new Uint8Array(64).fill(7)] }, /not that of epoch 1/],
        ["nothing", { ...certificate, signatures: [] }, /0 signatures of 1 headers/],
        ["no header", { ...certificate, headers: [], signatures: [] }, /0 signatures of 0 headers/],
        ["another result", { ...certificate, headers: altered({ stateRoot: zero }) }, /not that of epoch 1/],
        ["another height", { ...certificate, headers: altered({ height: 2n }) }, /for height 2 and not 1/],
        [
          "a malformed header",
          { ...certificate, headers: altered({ stateRoot: "0x00" }) },
          /malformed header/,
        ],
        [
          "a header twice",
          { ...certificate, headers: [header!, header!], signatures: [signature!, signature!] },
          /headers in their order/,
        ],
        ["the epoch before", { ...certificate, epoch: 0n }, /epoch 0 does not sign/],
        ["an epoch to come", elsewhere, /epoch 2 does not sign/],
      ];
      for (const [what, wrong, why] of cases) {
        expect(await late.certify(1, wrong), what).to.match(why);
        expect(late.running, what).to.equal(true);
        expect(late.certificate(1), what).to.equal(undefined);
      }
      expect(await late.certify(1, certificate)).to.equal(undefined);
      expect(late.certificate(1)).to.deep.equal(certificate);
      expect(honest[0]!.running).to.equal(true);
    });

    it("stops at a true certificate for another result than its own", async () => {
      const { late, certificate } = await signedFirst();
      await late.finalizeBlock({ ...first, events: [publish] });
      expect(await late.certify(1, certificate)).to.match(/at height 1 it has 0x.*, the committee signed 0x/);
      expect(late.running).to.equal(false);
      expect(late.certificate(1)).to.equal(undefined);
    });
  });

  it("combines what t members signed, whatever the others sent", async () => {
    const nodes = await nodesOf(epoch);
    for (const node of nodes) await node.finalizeBlock(first);
    const [a, b, c, d] = await Promise.all(nodes.map((node) => node.extendVote(1)));
    const wrong = { ...a!, partials: b!.partials };
    expect(nodes[1]!.combine(1, [wrong, b!, c!])).to.deep.equal({ certificate: undefined, wrong: [1] });
    const { certificate, wrong: named } = nodes[1]!.combine(1, [wrong, b!, c!, d!]);
    expect(named).to.deep.equal([1]);
    expect(await nodes[0]!.certify(1, certificate!)).to.equal(undefined);
  });

  describe("after a committee that is gone", () => {
    it("has its last block signed by the next one, which then enters its epoch", async () => {
      const old = await nodesOf(epoch, { seen: [expired] });
      for (const node of old) await node.finalizeBlock(first);
      // Too few of the old ones are left for a signature; what they signed is of the same block.
      const leftovers = await Promise.all(old.slice(0, 2).map((node) => node.extendVote(1)));
      expect(old[0]!.combine(1, leftovers).certificate).to.equal(undefined);
      expect(await old[0]!.prepareProposal(), "nothing follows what is not signed").to.equal(undefined);

      const fresh = await nodesOf(next, { seen: [expired, add(1), activation], epochs: [epoch] });
      // What the old operators wanted and nobody signed, the new ones must want too.
      for (const node of fresh) node.propose(publish);
      for (const node of fresh) expect(await node.catchUp(first, undefined, 0)).to.equal(undefined);
      const engine = new LocalEngine(fresh, THRESHOLD, () => expect.fail("nobody misbehaves"));
      expect((await engine.step())?.height).to.equal(1);
      const { epoch: signer, headers } = fresh[0]!.certificate(1)!;
      expect(signer).to.equal(2n);
      expect(headers[0]!.header).to.deep.equal(old[0]!.application.blocks.record(1).chains[0]!.header);
      expect((await engine.step())?.height).to.equal(2);
      expect(fresh[0]!.application.epoch).to.equal(2n);
    });

    it("accepts what follows the old committee's signature, should that have come to be", async () => {
      const { certificate } = await signedFirst();
      const options = { seen: [expired, activation], epochs: [epoch] };
      const fresh = await nodesOf(next, options);
      for (const node of fresh) node.propose(publish);
      for (const node of fresh) await node.catchUp(first, undefined, 0);
      const again = await sign(fresh, 1);
      expect(again.epoch).to.equal(2n);
      await fresh[0]!.certify(1, again);
      await fresh[1]!.certify(1, certificate);
      const block = (await fresh[1]!.prepareProposal())!;
      for (const node of fresh) expect(await node.processProposal(block)).to.equal(undefined);
      const forged = { ...block, previousSignature: new Uint8Array(64).fill(1) };
      for (const node of fresh) expect(await node.processProposal(forged)).to.match(/not the last block's/);
    });
  });

  it("orders nothing more when too few sign, and says so", async () => {
    const nodes = (await nodesOf(epoch)).slice(0, THRESHOLD - 1);
    for (const node of nodes) await node.finalizeBlock(first);
    const engine = new LocalEngine(nodes, THRESHOLD, () => {});
    expect(await failureOf(engine.step())).to.be.instanceOf(NoQuorumError);
  });
});
