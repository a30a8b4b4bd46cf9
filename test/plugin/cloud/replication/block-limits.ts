import { expect } from "chai";
import { keccak256, toBeHex } from "ethers";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { Application, type Outlook } from "../../../../plugin/cloud/replication/application.ts";
import type { BlockRecord } from "../../../../plugin/cloud/replication/block-record.ts";
import type { LogEvent, OrderedEvent, RequestEvent } from "../../../../plugin/cloud/replication/event.ts";
import type { ExecutionLimits } from "../../../../plugin/cloud/runtime/limits.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { isBefore } from "../../../../plugin/cloud/replication/event.ts";
import { program } from "../runtime/programs.ts";

const CHAIN = 1n;
const GATEWAY = `0x${"aa".repeat(20)}`;
const CLOUD = toBeHex(7, 32);

const caller = program(`(func $start (local $i i32)
  (loop $more (call $call (i64.const 1) (i32.const 0) (i32.const 5000000) (i32.const 0) (i32.const 0))
    (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 16)))))`);
const idle = program("(func $start)");

const origin = (at: number) => ({
  chainId: CHAIN,
  place: { block: BigInt(at), logIndex: 0 },
  timestamp: 1_700_000_000n,
});
const request = (at: number, programId: string, callbackGas: bigint): RequestEvent => ({
  kind: "request",
  ...origin(at),
  requestId: toBeHex(at, 32),
  request: {
    cloudId: CLOUD,
    programId,
    requester: GATEWAY,
    nonce: BigInt(at),
    fee: 0n,
    deadline: 2_000_000_000n,
    callbackGas,
    fuelLimit: 20_000_000n,
    outputLimit: 1_024n,
    inputHash: keccak256("0x"),
  },
  input: new Uint8Array(),
});

function seeing(events: readonly OrderedEvent[]): Outlook {
  return {
    after: async (_, cursor, limit) =>
      events.filter(({ place }) => cursor === undefined || isBefore(cursor, place)).slice(0, limit),
    approves: () => true,
    attests: () => false,
  };
}

async function application(
  modules: readonly Uint8Array[],
  limits: Partial<ExecutionLimits> = {},
): Promise<Application> {
  const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: 0n }], epoch: 1n };
  const store = new MemoryStore();
  const app = new Application({ cloudId: CLOUD, genesis, limits }, await State.open(store), store);
  await next(
    app,
    seeing([]),
    modules.map((module) => ({ kind: "program", module })),
  );
  return app;
}

/** Proposes, accepts, executes and signs the next block. */
async function next(
  app: Application,
  outlook: Outlook,
  proposed: Parameters<Application["prepareProposal"]>[1] = [],
): Promise<BlockRecord | undefined> {
  const block = await app.prepareProposal(outlook, proposed);
  if (block === undefined) return undefined;
  expect(await app.processProposal(block, outlook)).to.equal(undefined);
  const record = await app.finalizeBlock(block);
  const signatures = record.chains.map(() => Uint8Array.of(block.height));
  await app.blocks.certify(block.height, { epoch: 1n, headers: record.chains, signatures });
  return record;
}

describe("plugin/cloud/replication/block-limits", () => {
  it("takes no more requests of a chain than it can answer there, and answers all of them in the end", async () => {
    const app = await application([idle]);
    // One such answer fills a transaction.
    const outlook = seeing(
      Array.from({ length: 400 }, (_, i) => request(i + 1, keccak256(idle), 8_000_000n)),
    );
    let [taken, answered, mostWaiting] = [0, 0, 0];
    for (let record = await next(app, outlook); record !== undefined; record = await next(app, outlook)) {
      taken += record.runs.length;
      answered += record.chains[0]!.answers.length;
      mostWaiting = Math.max(mostWaiting, taken - answered);
    }
    expect([taken, answered]).to.deep.equal([400, 400]);
    expect(mostWaiting).to.be.at.most(256);
  });

  it("refuses a block with more events than it would take itself", async () => {
    const app = await application([idle]);
    const outlook = seeing(
      Array.from({ length: 400 }, (_, i) => request(i + 1, keccak256(idle), 8_000_000n)),
    );
    for (let i = 0; i < 5; i++) await next(app, outlook);
    const block = (await app.prepareProposal(outlook, []))!;
    const cursor = { block: BigInt(5 * 64 - 61), logIndex: 0 };
    const events = await outlook.after(CHAIN, cursor, 64);
    expect(await app.processProposal({ ...block, events }, outlook)).to.contain("too many");
  });

  it("lets runs ask for outbound calls only while there is room for them", async () => {
    const app = await application([caller]);
    const outlook = seeing(Array.from({ length: 80 }, (_, i) => request(i + 1, keccak256(caller), 0n)));
    await next(app, outlook);
    const outcomes = (await next(app, outlook))!.runs.map(({ outcome }) => outcome);
    expect(outcomes.filter((outcome) => outcome === Outcome.Success)).to.have.length(64);
    expect(outcomes.slice(64)).to.deep.equal(Array.from({ length: 16 }, () => Outcome.LimitExceeded));
  });

  it("gives a run the fuel and output that its request paid for, of what the cloud gives at most", async () => {
    const spin = program("(func $start (loop $again (br $again)))");
    const writer = program(
      `(func $start (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 65))
         (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))`,
    );
    const app = await application([spin, writer]);
    const asking = (at: number, module: Uint8Array, fuelLimit: bigint, outputLimit: bigint): RequestEvent => {
      const event = request(at, keccak256(module), 0n);
      return { ...event, request: { ...event.request, fuelLimit, outputLimit } };
    };
    const outlook = seeing([
      asking(1, spin, 1_234n, 0n),
      asking(2, spin, 2n ** 64n - 1n, 0n),
      asking(3, writer, 1_000_000n, 65n),
      asking(4, writer, 1_000_000n, 64n),
      asking(5, writer, 1_000_000n, 2n ** 32n - 1n),
    ]);
    await next(app, outlook);
    const { runs, chains } = (await next(app, outlook))!;
    expect(runs.map(({ outcome }) => outcome)).to.deep.equal([
      Outcome.OutOfFuel,
      Outcome.OutOfFuel,
      Outcome.Success,
      Outcome.LimitExceeded,
      Outcome.Success,
    ]);
    expect(runs.slice(0, 2).map(({ fuelUsed }) => fuelUsed)).to.deep.equal([1_234n, 1_000_000_000n]);
    expect(chains[0]!.answers.map(({ output }) => output.length)).to.deep.equal([0, 0, 65, 0, 65]);
  });

  it("takes no more requests than its fuel pays for, however much each may use, but always one", async () => {
    const asking = (at: number, fuelLimit: bigint): RequestEvent => {
      const event = request(at, keccak256(idle), 0n);
      return { ...event, request: { ...event.request, fuelLimit } };
    };
    // The cloud gives 3,000,000,000 to one run, so no request is counted with more.
    const limits = [500, 500, 500, 499, 1, 1, 9_999, 9_999, 1_000, 1_000, 1].map(
      (n) => BigInt(n) * 10n ** 6n,
    );
    const events = limits.map((limit, i) => asking(i + 1, limit));
    const app = await application([idle], { fuel: 3_000_000_000n });
    const taken: number[] = [];
    for (let record; (record = await next(app, seeing(events))) !== undefined;)
      taken.push(record.runs.length);
    expect(taken, "each block runs what the one before took").to.deep.equal([0, 5, 1, 1, 1, 2, 1]);

    const more = [asking(12, 10n ** 9n), asking(13, 10n ** 9n), asking(14, 1n)];
    const block = (await app.prepareProposal(seeing(more), []))!;
    expect(block.events).to.have.length(2);
    expect(await app.processProposal({ ...block, events: more }, seeing(more))).to.equal(
      "2000000001 units of fuel in one block are too many",
    );
  });

  it("counts a log with the fuel of a run of every program that it is given to", async () => {
    const programIds = Array.from({ length: 64 }, (_, i) => toBeHex(i + 1, 32));
    const log = (at: number, programs: number): LogEvent => ({
      kind: "log",
      ...origin(at),
      programIds: programIds.slice(0, programs),
      emitter: GATEWAY,
      topics: [],
      data: new Uint8Array(),
    });
    const app = await application([idle]);
    const outlook = seeing([log(1, 64), log(2, 36), log(3, 1)]);
    expect((await app.prepareProposal(outlook, []))!.events).to.have.length(2);
  });

  it("takes no more logs than 256 runs come of, but always one", async () => {
    const app = await application([idle], { fuel: 1_000n });
    const programIds = Array.from({ length: 300 }, (_, i) => toBeHex(i + 1, 32));
    const log = (at: number, programs: number): LogEvent => ({
      kind: "log",
      ...origin(at),
      programIds: programIds.slice(0, programs),
      emitter: GATEWAY,
      topics: [],
      data: new Uint8Array(),
    });
    const outlook = seeing([log(1, 300), log(2, 100), log(3, 100), log(4, 100)]);
    const runs: number[] = [];
    for (let i = 0; i < 4; i++) runs.push((await next(app, outlook))!.runs.length);
    expect(runs).to.deep.equal([0, 300, 200, 100]);
    const block = (await app.prepareProposal(seeing([log(5, 1)]), []))!;
    const events = [log(5, 200), log(6, 200)];
    expect(await app.processProposal({ ...block, events }, seeing(events))).to.contain("400 runs");
  });
});
