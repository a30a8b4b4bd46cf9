import { expect } from "chai";
import { keccak256 } from "ethers";
import fc from "fast-check";

import { Application, type Outlook } from "../../../../plugin/cloud/replication/application.ts";
import type { Block } from "../../../../plugin/cloud/replication/block.ts";
import type { BlockRecord } from "../../../../plugin/cloud/replication/block-record.ts";
import { decodeBlock, encodeBlock } from "../../../../plugin/cloud/replication/block.ts";
import { callPrice } from "../../../../plugin/cloud/replication/call-credit.ts";
import type {
  FundsEvent,
  LogEvent,
  OperatorEvent,
  OrderedEvent,
} from "../../../../plugin/cloud/replication/event.ts";
import { exportSnapshot, importSnapshot } from "../../../../plugin/cloud/replication/snapshot.ts";
import { CallStatus } from "../../../../plugin/cloud/runtime/invocation.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { program } from "../runtime/programs.ts";
import { CHAIN, CLOUD, GATEWAY, requestEvent, seeing } from "./events.ts";

const SEED = 31;
const AWAY = 10n;
const GAS_PRICE = 7n;
const AWAY_GAS_PRICE = 3n;
const GAS = 1_000;
/** What one call of the program may cost. */
const PRICE = callPrice(GAS_PRICE, { gasLimit: GAS, data: new Uint8Array(2) });

/** It asks for as many calls as the input's first byte says, to a chain, and answers what it was told of each; the second byte is its exit code. */
const caller = (chainId = CHAIN) =>
  program(`(func $start (local $i i32)
    (i32.store (i32.const 64) (i32.const 32)) (i32.store (i32.const 68) (i32.const 2))
    (drop (call $fd_read (i32.const 0) (i32.const 64) (i32.const 1) (i32.const 72)))
    (block $done (loop $more
      (br_if $done (i32.ge_u (local.get $i) (i32.load8_u (i32.const 32))))
      (i32.store8 (i32.add (i32.const 128) (local.get $i))
        (call $ask (i64.const ${chainId}) (i32.const 0) (i32.const ${GAS}) (i32.const 0) (i32.const 2)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $more)))
    (call $print (i32.const 128) (local.get $i))
    (if (i32.load8_u (i32.const 33)) (then (call $exit (i32.load8_u (i32.const 33))))))`);
const module = caller();
const PROGRAM = keccak256(module);
const { Accepted, NotServed, Unfunded } = CallStatus;

const asks = (nonce: number, calls: number, exitCode = 0, programId = PROGRAM) =>
  requestEvent(nonce, programId, Uint8Array.of(calls, exitCode));

/** What the outbox tells before (index below 0) or after the request with this nonce, in the same block. */
const funds = (
  nonce: number,
  amount: bigint,
  { chainId = CHAIN, index = 1, programId = PROGRAM } = {},
): FundsEvent => ({
  kind: "funds",
  chainId,
  place: { block: BigInt(100 + nonce), logIndex: index },
  timestamp: 1_700_000_000n,
  programId,
  amount,
});

async function applicationOn(store: MemoryStore, state?: State): Promise<Application> {
  const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: GAS_PRICE }], epoch: 1n };
  const parameters = { cloudId: CLOUD, genesis, limits: { fuel: 10_000_000n } };
  return new Application(parameters, state ?? (await State.open(store, { history: Infinity })), store);
}

async function decide(app: Application, block: Block): Promise<BlockRecord> {
  const record = await app.finalizeBlock(block);
  const signatures = record.chains.map((_, i) => new Uint8Array(64).fill(block.height + i));
  await app.blocks.certify(block.height, { epoch: app.epoch, headers: record.chains, signatures });
  return record;
}

async function next(
  app: Application,
  outlook: Outlook,
  proposed: OperatorEvent[] = [],
): Promise<BlockRecord> {
  const block = (await app.prepareProposal(outlook, proposed))!;
  expect(await app.processProposal(block, outlook)).to.equal(undefined);
  return decide(app, block);
}

async function known(...modules: Uint8Array[]) {
  const store = new MemoryStore();
  const app = await applicationOn(store);
  await next(
    app,
    seeing([]),
    modules.map((one) => ({ kind: "program", module: one })),
  );
  return { app, store };
}

/** Decides a block with what is seen, and the next one, in which the runs happen that it leads to. */
async function served(app: Application, events: readonly OrderedEvent[]): Promise<BlockRecord> {
  await next(app, seeing(events));
  return next(app, seeing(events));
}

/** What each run was told, in order. */
const told = ({ chains }: BlockRecord, chainId = CHAIN) =>
  chains.find((chain) => chain.chainId === chainId)!.answers.map(({ output }) => [...output]);
const nonces = ({ chains }: BlockRecord, chainId = CHAIN) =>
  chains.find((chain) => chain.chainId === chainId)!.calls.map(({ nonce }) => nonce);

describe(`plugin/cloud/replication/call-credit (seed ${SEED})`, () => {
  it("lets a program without funds that asks for 16 calls in each run cost nobody any gas", async () => {
    const { app } = await known(module);
    const events = Array.from({ length: 5 }, (_, i) => asks(i, 16));
    const { chains, runs, ...record } = await served(app, events);
    expect(told({ ...record, chains, runs })).to.deep.equal(events.map(() => Array(16).fill(Unfunded)));
    expect(chains[0]!.calls, "nothing is signed that a relayer could have to make").to.deep.equal([]);
    expect(chains[0]!.header.callsHash).to.equal(keccak256("0x"));
    expect(
      runs.every(({ outcome }) => outcome === Outcome.Success),
      "it is an answer, not a trap",
    ).to.equal(true);
    expect(runs[0]!.refusedCalls).to.have.length(16);
    expect(runs[0]!.refusedCalls[0]).to.deep.equal({
      chainId: CHAIN,
      status: Unfunded,
      price: PRICE,
      credit: 0n,
    });
    // None has spent a nonce either: the first call that is paid for is the outbox's first.
    const paid = await served(app, [...events, funds(5, PRICE), asks(6, 1)]);
    expect(nonces(paid)).to.deep.equal([0n]);
  });

  it("takes the price of each call, to the wei, and refuses what is left without in the middle of a run", async () => {
    const { app } = await known(module);
    const record = await served(app, [funds(0, 3n * PRICE - 1n, { index: 0 }), asks(1, 3)]);
    expect(told(record)).to.deep.equal([[Accepted, Accepted, Unfunded]]);
    expect(nonces(record)).to.deep.equal([0n, 1n]);
    expect(app.callCredit(PROGRAM, CHAIN)).to.equal(PRICE - 1n);
    const rest = await served(app, [funds(2, 1n), asks(3, 2)]);
    expect(told(rest)).to.deep.equal([[Accepted, Unfunded]]);
    expect(nonces(rest)).to.deep.equal([2n]);
    expect(app.callCredit(PROGRAM, CHAIN)).to.equal(0n);
  });

  it("counts what the block of the request brings, whether it stands before or after it", async () => {
    for (const index of [0, 2]) {
      const { app } = await known(module);
      const request = { ...asks(0, 1), place: { block: 100n, logIndex: 1 } };
      const gift = funds(0, PRICE, { index });
      const record = await served(app, index === 0 ? [gift, request] : [request, gift]);
      expect(told(record), `at ${index}`).to.deep.equal([[Accepted]]);
    }
  });

  it("takes nothing for a run that fails", async () => {
    const { app } = await known(module);
    const record = await served(app, [funds(0, PRICE), asks(1, 1, 9)]);
    expect(record.runs[0]!.outcome).to.equal(Outcome.ExitedWithError);
    expect(nonces(record)).to.deep.equal([]);
    expect(app.callCredit(PROGRAM, CHAIN)).to.equal(PRICE);
  });

  it("gives a program nothing of another's, nor of what it has on another chain", async () => {
    const away = caller(AWAY);
    const { app } = await known(module, away);
    const added = { kind: "chain" as const, chainId: AWAY, gateway: GATEWAY, callGasPrice: AWAY_GAS_PRICE };
    const unserved = await served(app, [asks(0, 1, 0, keccak256(away))]);
    expect(told(unserved)).to.deep.equal([[NotServed]]);
    expect(unserved.runs[0]!.refusedCalls).to.deep.equal([{ chainId: AWAY, status: NotServed }]);
    await next(app, seeing([]), [added]);
    const here = [
      funds(1, PRICE, { programId: keccak256(away) }),
      asks(2, 1),
      asks(3, 1, 0, keccak256(away)),
    ];
    expect(told(await served(app, here))).to.deep.equal([[Unfunded], [Unfunded]]);
    const price = callPrice(AWAY_GAS_PRICE, { gasLimit: GAS, data: new Uint8Array(2) });
    const there = funds(4, price, { chainId: AWAY, programId: keccak256(away) });
    const record = await served(app, [...here, there, asks(5, 2, 0, keccak256(away))]);
    expect(told(record)).to.deep.equal([[Accepted, Unfunded]]);
    expect(nonces(record, AWAY)).to.deep.equal([0n]);
    expect(app.callCredit(keccak256(away), CHAIN), "untouched").to.equal(PRICE);

    // A chain's funds go with its outbox.
    const more = funds(6, price, { chainId: AWAY, programId: keccak256(away) });
    await next(app, seeing([...here, there, more]));
    expect(app.callCredit(keccak256(away), AWAY)).to.equal(price);
    await next(app, seeing([]), [{ kind: "removal", chainId: AWAY, gateway: GATEWAY }]);
    expect(app.callCredit(keccak256(away), AWAY)).to.equal(0n);
  });

  it("counts a gift once, however often it is proposed, and over a restart, a snapshot and a revert", async () => {
    const { app, store } = await known(module);
    const events = [funds(0, PRICE)];
    await next(app, seeing(events));
    expect(await app.prepareProposal(seeing(events), []), "nothing new").to.equal(undefined);
    const previousSignature = app.blocks.certificate(app.height)!.signatures[0]!;
    const replayed = { height: app.height + 1, previousSignature, events };
    expect(await app.processProposal(replayed, seeing(events))).to.match(
      /event 0 of chain 31337 is not the next/,
    );

    const again = await applicationOn(store);
    expect(again.callCredit(PROGRAM, CHAIN)).to.equal(PRICE);
    const chunks: Uint8Array[] = [];
    for await (const chunk of exportSnapshot(store)) chunks.push(chunk);
    const copyStore = new MemoryStore();
    const copy = await applicationOn(copyStore, await importSnapshot(copyStore, chunks, app.state.head));
    expect(copy.callCredit(PROGRAM, CHAIN)).to.equal(PRICE);

    const { height } = again;
    await served(again, [...events, asks(1, 1)]);
    expect(again.callCredit(PROGRAM, CHAIN)).to.equal(0n);
    await again.revert(height);
    expect(again.callCredit(PROGRAM, CHAIN)).to.equal(PRICE);
  });

  it("has the state root commit to credit and price", async () => {
    const roots = async (amount: bigint) => {
      const { app } = await known(module);
      return (await next(app, seeing([funds(0, amount)]))).chains[0]!.header.stateRoot;
    };
    const first = await roots(PRICE);
    expect(await roots(PRICE)).to.equal(first);
    const { app } = await known(module);
    const block = (await app.prepareProposal(seeing([funds(0, PRICE)]), []))!;
    const other = { ...block, events: [funds(0, PRICE + 1n)] };
    expect((await decide(app, other)).chains[0]!.header.stateRoot).to.not.equal(first);
  });

  it("reads what an outbox's log says of funds, when programs are given the log too", async () => {
    const { app } = await known(module);
    const log: LogEvent = {
      kind: "log",
      chainId: CHAIN,
      place: { block: 100n, logIndex: 0 },
      timestamp: 1_700_000_000n,
      programIds: [PROGRAM],
      emitter: `0x${"0b".repeat(20)}`,
      topics: [],
      data: new Uint8Array(),
      funds: { programId: PROGRAM, amount: PRICE },
    };
    await served(app, [log]);
    expect(app.callCredit(PROGRAM, CHAIN)).to.equal(PRICE);
  });

  it("asks nothing where calls are free", async () => {
    const store = new MemoryStore();
    const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: 0n }], epoch: 1n };
    const limits = { fuel: 10_000_000n };
    const app = new Application({ cloudId: CLOUD, genesis, limits }, await State.open(store), store);
    await next(app, seeing([]), [{ kind: "program", module }]);
    expect(told(await served(app, [asks(0, 16)]))).to.deep.equal([Array(16).fill(Accepted)]);
  });

  it("never signs more than the funds at the outbox pay for, whatever comes in whatever order", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("fund" as const), amount: fc.bigInt({ min: 1n, max: 5n * PRICE }) }),
      fc.record({
        kind: fc.constant("ask" as const),
        calls: fc.integer({ min: 0, max: 16 }),
        exit: fc.nat({ max: 1 }),
      }),
      fc.record({ kind: fc.constant("execute" as const), cost: fc.bigInt({ min: 0n, max: PRICE }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const { app } = await known(module);
        const twin = await applicationOn(new MemoryStore());
        await decide(twin, app.blocks.block(1));
        // The outbox: its funds, and the calls that it has not made yet.
        let held = 0n;
        let open = 0;
        for (const [i, one] of steps.entries()) {
          let event: OrderedEvent;
          if (one.kind === "ask") event = asks(i, one.calls, one.exit);
          else if (one.kind === "fund") {
            held += one.amount;
            event = funds(i, one.amount);
          } else {
            if (open === 0) continue;
            open--;
            held -= one.cost;
            if (one.cost === PRICE) continue;
            event = funds(i, PRICE - one.cost);
          }
          const outlook = seeing([event]);
          for (let blocks = 0; blocks < (event.kind === "request" ? 2 : 1); blocks++) {
            const block = (await app.prepareProposal(outlook, []))!;
            const record = await decide(app, block);
            const same = await decide(twin, decodeBlock(encodeBlock(block)));
            expect(same.blockHash, "the same at every node").to.equal(record.blockHash);
            open += record.chains[0]!.calls.length;
          }
          expect(app.callCredit(PROGRAM, CHAIN), "funds less what signed calls may cost").to.equal(
            held - BigInt(open) * PRICE,
          );
          expect(app.callCredit(PROGRAM, CHAIN) >= 0n).to.equal(true);
        }
      }),
      { seed: SEED, numRuns: 40 },
    );
  });
});
