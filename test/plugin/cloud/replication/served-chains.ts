import { expect } from "chai";
import { keccak256 } from "ethers";

import { Application, type Outlook } from "../../../../plugin/cloud/replication/application.ts";
import type { BlockRecord } from "../../../../plugin/cloud/replication/block-record.ts";
import type { ChainEvent, OperatorEvent } from "../../../../plugin/cloud/replication/event.ts";
import { exportSnapshot, importSnapshot } from "../../../../plugin/cloud/replication/snapshot.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { program } from "../runtime/programs.ts";
import { CHAIN, CLOUD, GATEWAY, requestEvent, seeing } from "./events.ts";

const AWAY = 10n;
const OTHER_GATEWAY = `0x${"Cc".repeat(20)}`;
const call = (chain: bigint) =>
  `(call $call (i64.const ${chain}) (i32.const 0) (i32.const 1000) (i32.const 0) (i32.const 0))`;
/** It calls both chains. */
const module = program(`(func $start ${call(CHAIN)} ${call(AWAY)})`);
const PROGRAM = keccak256(module);
const added = (gateway = GATEWAY): ChainEvent => ({
  kind: "chain",
  chainId: AWAY,
  gateway,
  callGasPrice: 0n,
});
const paused: ChainEvent = { kind: "pause", chainId: AWAY };
const resumed: ChainEvent = { kind: "resume", chainId: AWAY };
const removed = (gateway = GATEWAY): ChainEvent => ({ kind: "removal", chainId: AWAY, gateway });
const at = (chainId: bigint, ...numbers: number[]) =>
  numbers.map((number) => requestEvent(number, PROGRAM, "", chainId));

async function applicationOn(store: MemoryStore, state?: State): Promise<Application> {
  const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: 0n }], epoch: 1n };
  const parameters = { cloudId: CLOUD, genesis, limits: { fuel: 10_000_000n } };
  return new Application(parameters, state ?? (await State.open(store)), store);
}

async function next(
  app: Application,
  outlook: Outlook,
  proposed: OperatorEvent[] = [],
): Promise<BlockRecord> {
  const block = (await app.prepareProposal(outlook, proposed))!;
  expect(await app.processProposal(block, outlook)).to.equal(undefined);
  const record = await app.finalizeBlock(block);
  const signatures = record.chains.map((_, i) => new Uint8Array(64).fill(block.height + i));
  await app.blocks.certify(block.height, { epoch: app.epoch, headers: record.chains, signatures });
  return record;
}

/** A cloud of two chains that knows the program, and its store. */
async function twoChains() {
  const store = new MemoryStore();
  const app = await applicationOn(store);
  await next(app, seeing([]), [{ kind: "program", module }, added()]);
  return { app, store };
}

/** What a block says to each chain: nonces of the requests answered, and of the calls. */
const said = ({ chains }: BlockRecord) =>
  chains.map(({ chainId, answers, calls }) => ({
    chainId,
    answers: answers.map(({ request }) => request.nonce),
    calls: calls.map(({ nonce }) => nonce),
  }));

const copyThrough = async (store: MemoryStore, app: Application): Promise<Application> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportSnapshot(store)) chunks.push(chunk);
  const copy = new MemoryStore();
  const state = await importSnapshot(copy, chunks, app.state.head);
  return applicationOn(copy, state);
};

describe("plugin/cloud/replication/served-chains", () => {
  it("keeps what waits for a paused chain, and takes nothing from it nor for it until it is resumed", async () => {
    const { app } = await twoChains();
    await next(app, seeing(at(AWAY, 1)));
    // The request is ordered already: it runs in the block that pauses its chain, and its answer waits.
    const seen = seeing([...at(AWAY, 1, 2), ...at(CHAIN, 5)]);
    expect(said(await next(app, seen, [paused]))).to.deep.equal([
      { chainId: CHAIN, answers: [], calls: [0n] },
    ]);
    expect(said(await next(app, seen)), "a call to a paused chain is dropped").to.deep.equal([
      { chainId: CHAIN, answers: [5n], calls: [1n] },
    ]);
    expect(await app.prepareProposal(seen, [paused]), "there is nothing to do").to.equal(undefined);
    const { height } = app;
    const previousSignature = app.blocks.certificate(height)!.signatures[0]!;
    const block = { height: height + 1, previousSignature, events: at(AWAY, 2) };
    expect(await app.processProposal(block, seen)).to.equal(`chain ${AWAY} is paused`);

    expect(said(await next(app, seen, [resumed]))).to.deep.equal([
      { chainId: AWAY, answers: [1n], calls: [0n] },
      { chainId: CHAIN, answers: [], calls: [] },
    ]);
    await next(app, seen);
    expect(said(await next(app, seen))).to.deep.equal([
      { chainId: AWAY, answers: [2n], calls: [1n] },
      { chainId: CHAIN, answers: [], calls: [2n] },
    ]);
  });

  it("drops what waits for a removed chain, and serves its new contracts from the beginning", async () => {
    const { app } = await twoChains();
    await next(app, seeing(at(AWAY, 1)));
    expect(said(await next(app, seeing(at(AWAY, 1))))[0]).to.deep.equal({
      chainId: AWAY,
      answers: [1n],
      calls: [0n],
    });
    await next(app, seeing(at(AWAY, 1, 2)));
    expect(said(await next(app, seeing(at(AWAY, 1, 2, 3)), [removed()]))).to.deep.equal([
      { chainId: CHAIN, answers: [], calls: [1n] },
    ]);
    expect(app.chains.map(({ chainId }) => chainId)).to.deep.equal([CHAIN]);
    expect(await app.prepareProposal(seeing(at(AWAY, 3)), [])).to.equal(undefined);
    expect(await app.prepareProposal(seeing([]), [added()]), "that gateway is gone for good").to.equal(
      undefined,
    );

    await next(app, seeing([]), [added(OTHER_GATEWAY)]);
    expect(app.chains[0]).to.deep.equal({
      chainId: AWAY,
      gateway: OTHER_GATEWAY.toLowerCase(),
      callGasPrice: 0n,
    });
    // Its blocks may well be before those of the old contracts' requests.
    await next(app, seeing(at(AWAY, 0)));
    expect(said(await next(app, seeing(at(AWAY, 0))))[0], "calls count from 0").to.deep.equal({
      chainId: AWAY,
      answers: [0n],
      calls: [0n],
    });
  });

  it("replaces a gateway only once the old one is removed, in one block or in two", async () => {
    const { app } = await twoChains();
    expect(await app.prepareProposal(seeing([]), [added(OTHER_GATEWAY)])).to.equal(undefined);
    const block = (await app.prepareProposal(seeing(at(AWAY, 1)), [removed(), added(OTHER_GATEWAY)]))!;
    expect(block.events, "and none of the old one's events").to.deep.equal([removed(), added(OTHER_GATEWAY)]);
    const withEvents = { ...block, events: [...block.events, ...at(AWAY, 1)] };
    expect(await app.processProposal(withEvents, seeing(at(AWAY, 1)))).to.match(/holds none of its events/);
    await next(app, seeing([]), [removed(), added(OTHER_GATEWAY)]);
    expect(app.chains[0]!.gateway).to.equal(OTHER_GATEWAY.toLowerCase());
  });

  it("refuses what its operator has not approved, and what cannot be", async () => {
    const { app } = await twoChains();
    const previousSignature = app.blocks.certificate(1)!.signatures[0]!;
    const refusal = async (event: ChainEvent, approves = true) => {
      const outlook = { ...seeing([]), approves: () => approves };
      return app.processProposal({ height: 2, previousSignature, events: [event] }, outlook);
    };
    for (const [event, why] of [
      [paused, "this node's operator has not approved the pause of chain 10"],
      [removed(), "this node's operator has not approved the removal of chain 10"],
    ] as const) {
      expect(await refusal(event, false)).to.equal(why);
      expect(await refusal(event)).to.equal(undefined);
    }
    for (const [event, why] of [
      [resumed, /chain 10 is not paused/],
      [removed(OTHER_GATEWAY), /another gateway/],
      [{ kind: "pause", chainId: 77n }, /chain 77 is not served/],
      [{ kind: "pause", chainId: CHAIN }, /home chain/],
      [{ kind: "removal", chainId: CHAIN, gateway: GATEWAY }, /home chain/],
      [added(OTHER_GATEWAY), /remove that one first/],
    ] as const) {
      expect(await refusal(event)).to.match(why);
      // A proposer does not even try.
      expect(await app.prepareProposal(seeing([]), [event])).to.equal(undefined);
    }
  });

  it("carries pauses and removals through restarts and snapshots, and in the root", async () => {
    const { app, store } = await twoChains();
    await next(app, seeing([]), [paused]);
    const root = app.state.head.stateRoot;
    expect((await copyThrough(store, app)).isPaused(AWAY)).to.equal(true);
    await next(app, seeing([]), [removed()]);
    for (const other of [await copyThrough(store, app), await applicationOn(store)]) {
      expect(other.chains).to.deep.equal(app.chains);
      expect(other.knows(removed())).to.equal(true);
      const block = {
        height: 4,
        previousSignature: new Uint8Array(64).fill(3),
        events: [added(OTHER_GATEWAY)],
      };
      expect(other.execute(block).record.blockHash).to.match(/^0x/);
    }
    const unpaused = await twoChains();
    await next(unpaused.app, seeing([]), [removed()]);
    expect(unpaused.app.state.head.stateRoot).not.to.deep.equal(root);
  });
});
