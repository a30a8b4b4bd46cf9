import { expect } from "chai";
import { getBytes, keccak256, toBeHex } from "ethers";

import { Application, type Outlook } from "../../../../plugin/cloud/replication/application.ts";
import type { OperatorEvent } from "../../../../plugin/cloud/replication/event.ts";
import { RecentNames } from "../../../../plugin/cloud/replication/retention.ts";
import { exportSnapshot, importSnapshot } from "../../../../plugin/cloud/replication/snapshot.ts";
import { toBinary } from "../../../../plugin/cloud/storage/bytes.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { verifyStorageProof } from "../../../../plugin/cloud/storage/proof.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { CHAIN, CLOUD, GATEWAY, requestEvent, seeing } from "./events.ts";

const AWAY = 10n;
const KEPT = 12;
const HISTORY = 8;
const counter = prebuilt("counter");
const COUNTER = keccak256(counter);
const KEY = [...Buffer.from("count")];
const add = (nonce: number) => requestEvent(nonce, COUNTER, getBytes(toBeHex(1, 32)));

async function applicationOn(store: MemoryStore, opened?: State): Promise<Application> {
  const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: 0n }], epoch: 1n };
  const state = opened ?? (await State.open(store, { history: HISTORY }));
  return new Application({ cloudId: CLOUD, genesis, limits: { fuel: 10_000_000n } }, state, store, KEPT);
}

async function next(app: Application, outlook: Outlook, ...proposed: OperatorEvent[]): Promise<void> {
  const block = (await app.prepareProposal(outlook, proposed))!;
  const record = await app.finalizeBlock(block);
  const signatures = record.chains.map((_, i) => new Uint8Array(64).fill(block.height + i));
  await app.blocks.certify(block.height, { epoch: app.epoch, headers: record.chains, signatures });
}

/** Decides blocks with a request each, up to `height`. */
async function serveUpTo(app: Application, height: number, ...proposed: OperatorEvent[]): Promise<void> {
  const events = Array.from({ length: height }, (_, i) => add(i));
  while (app.height < height) {
    await next(
      app,
      seeing(events.slice(0, app.height + 1)),
      { kind: "program", module: counter },
      ...proposed,
    );
  }
}

/** Records in a store, and bytes of their keys and values. */
async function sizeOf(store: MemoryStore): Promise<{ records: number; bytes: number }> {
  let [records, bytes] = [0, 0];
  for await (const [key, value] of store.entries("", "\xff")) {
    records++;
    bytes += key.length + value.length;
  }
  return { records, bytes };
}

describe("plugin/cloud/replication/retention", () => {
  it("keeps what a node stores as it is, however many blocks there are", async () => {
    const store = new MemoryStore();
    const app = await applicationOn(store);
    await serveUpTo(app, 50);
    const early = await sizeOf(store);
    await serveUpTo(app, 250);
    const late = await sizeOf(store);
    expect(late.records).to.equal(early.records);
    // Numbers become longer by a byte here and there.
    expect(late.bytes).to.be.below(early.bytes * 1.05);
  });

  it("has the last blocks whole and no other, also when opened again, and says from where on", async () => {
    const store = new MemoryStore();
    const app = await applicationOn(store);
    await serveUpTo(app, 30);
    for (const one of [app, await applicationOn(store)]) {
      expect(one.blocks.oldest).to.equal(30 - KEPT + 1);
      for (let height = one.blocks.oldest; height <= 30; height++) {
        expect(one.blocks.block(height).height).to.equal(height);
        expect(one.blocks.record(height).height).to.equal(height);
        expect(one.blocks.certificate(height)).not.to.equal(undefined);
      }
      for (const height of [1, one.blocks.oldest - 1]) {
        expect(one.blocks.has(height)).to.equal(false);
        expect(one.blocks.certificate(height)).to.equal(undefined);
        expect(() => one.blocks.block(height)).to.throw(RangeError, "blocks are kept from 19 on");
      }
      expect(() => one.blocks.block(31)).to.throw(RangeError, /no block at height 31\.$/);
    }
    await app.state.verify();
  });

  it("proves what was stored at every height that can be reverted to, reverts there and goes on", async () => {
    const app = await applicationOn(new MemoryStore());
    await serveUpTo(app, 30);
    const [[key]] = [...app.state.entries(getBytes(COUNTER))] as [[string, Uint8Array]];
    expect(key).to.equal(toBinary(Uint8Array.from(KEY)));
    for (let height = 30 - HISTORY; height <= 30; height++) {
      const { stateRoot } = app.blocks.record(height).chains[0]!.header;
      const proof = app.state.prove(getBytes(COUNTER), Uint8Array.from(KEY), height);
      const value = verifyStorageProof(getBytes(stateRoot), proof);
      expect(value?.at(-1), `block ${height} ran requests 0 to ${height - 2}`).to.equal(height - 1);
    }
    expect(() => app.state.prove(getBytes(COUNTER), Uint8Array.from(KEY), 30 - HISTORY - 1)).to.throw(
      /no state at height/,
    );
    await app.revert(30 - HISTORY);
    await serveUpTo(app, 40);
    expect(app.blocks.oldest).to.equal(40 - KEPT + 1);
  });

  it("keeps what was not delivered to a chain it relays to, until it is or the chain is removed", async () => {
    const away = { kind: "chain", chainId: AWAY, gateway: GATEWAY, callGasPrice: 0n } as const;
    for (const end of ["delivered", "removed"] as const) {
      const store = new MemoryStore();
      const app = await applicationOn(store);
      await serveUpTo(app, 5, away);
      await app.blocks.noteDelivered(AWAY, 4);
      await serveUpTo(app, 40, away);
      await app.blocks.noteDelivered(CHAIN, 40);
      expect(app.blocks.oldest).to.equal(4);
      const before = await sizeOf(store);
      if (end === "delivered") await app.blocks.noteDelivered(AWAY, 39);
      else await next(app, seeing([]), { kind: "removal", chainId: AWAY, gateway: GATEWAY });
      await serveUpTo(app, 45);
      expect(app.blocks.oldest).to.equal(45 - KEPT + 1);
      expect((await sizeOf(store)).records).to.be.below(before.records);
    }
  });

  it("begins above the snapshot that it was made from", async () => {
    const store = new MemoryStore();
    const app = await applicationOn(store);
    await serveUpTo(app, 30);
    const chunks: Uint8Array[] = [];
    for await (const chunk of exportSnapshot(store)) chunks.push(chunk);
    const copy = new MemoryStore();
    const state = await importSnapshot(copy, chunks, app.state.head, { history: HISTORY });
    const newcomer = await applicationOn(copy, state);
    expect(newcomer.blocks.oldest).to.equal(31);
    const certificate = app.blocks.certificate(30)!;
    await newcomer.blocks.certify(30, certificate);
    await serveUpTo(app, 60);
    for (let height = 31; height <= 42; height++) {
      const block = await newcomer.prepareProposal(
        seeing(Array.from({ length: height }, (_, i) => add(i))),
        [],
      );
      const record = await newcomer.finalizeBlock(block!);
      const signatures = [new Uint8Array(64).fill(height)];
      await newcomer.blocks.certify(height, { epoch: 1n, headers: record.chains, signatures });
    }
    expect(newcomer.blocks.oldest).to.equal(31);
    await serveUpTo(newcomer, 60);
    expect(newcomer.blocks.oldest).to.equal(60 - KEPT + 1);
    expect(newcomer.blocks.record(60)).to.deep.equal(app.blocks.record(60));
  });

  it("remembers names that it was told lately, and no more of them than it may", () => {
    const names = new RecentNames(3);
    expect(["a", "b", "a", "c", "d"].map((name) => names.add(name))).to.deep.equal([
      true,
      true,
      false,
      true,
      true,
    ]);
    expect(names.add("d")).to.equal(false);
    expect(names.add("a"), "it was forgotten").to.equal(true);
  });
});
