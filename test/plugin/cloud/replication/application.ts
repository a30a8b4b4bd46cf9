import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { getBytes, hexlify, keccak256, toBeHex } from "ethers";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { Application, type Outlook } from "../../../../plugin/cloud/replication/application.ts";
import type { Block } from "../../../../plugin/cloud/replication/block.ts";
import type { BlockRecord } from "../../../../plugin/cloud/replication/block-record.ts";
import type {
  OperatorEvent,
  OrderedEvent,
  RequestEvent,
} from "../../../../plugin/cloud/replication/event.ts";
import type { KeyValueStore } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { LevelStore } from "../../../../plugin/cloud/storage/level-store.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { program } from "../runtime/programs.ts";
import { CHAIN, CLOUD, GATEWAY, requestEvent, seeing } from "./events.ts";

const OTHER_CHAIN = 10n;
const counter = prebuilt("counter");
const COUNTER = keccak256(counter);
const one = toBeHex(1, 32);
const add = (nonce: number) => requestEvent(nonce, COUNTER, Buffer.from(one.slice(2), "hex"));
const publish = (module: Uint8Array): OperatorEvent => ({ kind: "program", module });

async function applicationOn(store: KeyValueStore, fuel = 10_000_000n): Promise<Application> {
  const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: 0n }], epoch: 1n };
  const state = await State.open(store, { history: Infinity });
  return new Application({ cloudId: CLOUD, genesis, limits: { fuel } }, state, store);
}

const application = (fuel?: bigint) => applicationOn(new MemoryStore(), fuel);

/** Executes the block and gives it a signature, as the engine does; the application does not look at what it is. */
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
  const block = await app.prepareProposal(outlook, proposed);
  expect(await app.processProposal(block!, outlook)).to.equal(undefined);
  return decide(app, block!);
}

/** Decides a block with what is seen and the next one, in which the runs happen that it leads to. */
async function served(app: Application, outlook: Outlook): Promise<BlockRecord> {
  await next(app, outlook);
  return next(app, outlook);
}

describe("plugin/cloud/replication/application", () => {
  it("comes to the same hashes from the same blocks, in memory, on disk and opened again", async () => {
    const directory = await mkdtemp(join(tmpdir(), "nexus-application-"));
    let disk = await applicationOn(await LevelStore.open(directory));
    try {
      const memory = await application();
      const events = Array.from({ length: 100 }, (_, i) => add(i));
      for (const count of [1, 70, 71, 100]) {
        const outlook = seeing(events.slice(0, count));
        const block = (await memory.prepareProposal(outlook, [publish(counter)]))!;
        expect(await disk.processProposal(block, outlook)).to.equal(undefined);
        const [a, b] = [await decide(memory, block), await decide(disk, block)];
        expect(b).to.deep.equal(a);
        await disk.state.close();
        disk = await applicationOn(await LevelStore.open(directory));
        expect(disk.height).to.equal(memory.height);
        expect(disk.blocks.record(disk.height)).to.deep.equal(a);
      }
      expect(memory.height).to.equal(4);
    } finally {
      await disk.state.close();
      await rm(directory, { recursive: true });
    }
  });

  it("executes every event once and in order, however blocks are cut", async () => {
    const app = await application();
    const outlook = seeing(Array.from({ length: 300 }, (_, i) => add(i)));
    const counts: bigint[] = [];
    for (;;) {
      const block = await app.prepareProposal(outlook, [publish(counter)]);
      if (block === undefined) break;
      expect(block.events.length).to.be.at.most(129);
      const { chains } = await decide(app, block);
      for (const { output } of chains[0]!.answers)
        counts.push(BigInt(`0x${Buffer.from(output).toString("hex")}`));
    }
    expect(counts).to.deep.equal(Array.from({ length: 300 }, (_, i) => BigInt(i + 1)));
  });

  it("runs no request that has expired by the time that the block itself shows of its chain", async () => {
    const app = await application();
    const { deadline } = add(0).request;
    const lasting = (event: RequestEvent, timestamp: bigint): RequestEvent => {
      return { ...event, timestamp, request: { ...event.request, deadline: timestamp + 60n } };
    };
    const decideOn = async (height: number, events: Block["events"]) => {
      const previousSignature = app.blocks.certificate(app.height)?.signatures[0] ?? new Uint8Array();
      return decide(app, { height, previousSignature, events });
    };
    const chain = { kind: "chain" as const, chainId: OTHER_CHAIN, gateway: GATEWAY, callGasPrice: 0n };
    const elsewhere = lasting(requestEvent(1, COUNTER, "", OTHER_CHAIN), deadline + 5n);
    await decideOn(1, [publish(counter), chain, add(0), lasting(add(1), deadline - 1n), elsewhere]);
    const inTime = lasting(add(3), deadline);
    const outlived = { ...lasting(add(4), deadline), timestamp: deadline };
    const first = await decideOn(2, [
      add(2),
      inTime,
      { ...outlived, request: { ...outlived.request, deadline: deadline + 9n } },
    ]);
    expect(
      first.runs.map(({ requestId }) => requestId),
      "another chain's time is its own",
    ).to.deep.equal([add(1), elsewhere].map((event) => lasting(event, 0n).requestId));
    const later = lasting(add(5), deadline + 10n);
    const { runs, chains } = await decideOn(3, [later]);
    expect(runs.map(({ requestId }) => requestId)).to.deep.equal([inTime.requestId]);
    expect(chains.flatMap(({ answers }) => answers.map(({ request }) => request.nonce))).to.deep.equal([3n]);
    expect((await decideOn(4, [])).runs.map(({ requestId }) => requestId)).to.deep.equal([later.requestId]);
    const outlook = seeing([add(0), add(1), add(2), inTime, outlived, later]);
    expect(await app.prepareProposal(outlook, []), "none is left or comes again").to.equal(undefined);
  });

  it("goes on with other chains while one cannot be asked, and says so when none can", async () => {
    const app = await application();
    const chain = { kind: "chain" as const, chainId: OTHER_CHAIN, gateway: GATEWAY, callGasPrice: 0n };
    await next(app, seeing([]), [publish(counter), chain]);
    const seen = [add(0), requestEvent(1, COUNTER, "", OTHER_CHAIN)];
    const without = (...down: bigint[]): Outlook => ({
      ...seeing(seen),
      after: async (chainId, cursor, limit) => {
        if (down.includes(chainId)) throw new Error(`chain ${chainId} does not answer`);
        return seeing(seen).after(chainId, cursor, limit);
      },
    });
    for (const down of [OTHER_CHAIN, CHAIN]) {
      const block = (await app.prepareProposal(without(down), []))!;
      expect(block.events).to.deep.equal(seen.filter(({ chainId }) => chainId !== down));
      expect(await app.processProposal(block, without(down))).to.equal(undefined);
    }
    const both = (await app.prepareProposal(seeing(seen), []))!;
    expect(await app.processProposal(both, without(OTHER_CHAIN)), "it cannot check them").to.equal(
      `chain ${OTHER_CHAIN} cannot be asked: chain ${OTHER_CHAIN} does not answer`,
    );
    await served(app, without(CHAIN));
    expect(await app.prepareProposal(without(CHAIN), []), "nothing is left elsewhere").to.equal(undefined);
    const failure = await app
      .prepareProposal(without(CHAIN, OTHER_CHAIN), [])
      .catch((error: Error) => error.message);
    expect(failure).to.equal(`chain ${OTHER_CHAIN} does not answer`);
  });

  describe("processProposal", () => {
    const events = [add(0), add(1), add(2), add(3)];
    const refusal = async (change: (block: Block) => Block, seen: OrderedEvent[] = events) => {
      const app = await application();
      await next(app, seeing(events.slice(0, 1)), [publish(counter)]);
      const block = (await app.prepareProposal(seeing(events), []))!;
      return app.processProposal(change(block), seeing(seen));
    };
    const withEvents = (...some: Block["events"]) => refusal((block) => ({ ...block, events: some }));

    it("accepts what prepareProposal makes, and a prefix of it", async () => {
      expect(await refusal((block) => block)).to.equal(undefined);
      expect(await withEvents(events[1]!)).to.equal(undefined);
    });

    it("refuses another height or previous signature", async () => {
      expect(await refusal((block) => ({ ...block, height: 3 }))).to.match(/height 3, the next is 2/);
      expect(await refusal((block) => ({ ...block, height: 1 }))).to.match(/height 1, the next is 2/);
      const previousSignature = new Uint8Array(64);
      expect(await refusal((block) => ({ ...block, previousSignature }))).to.match(/not the last block's/);
    });

    it("refuses events skipped, again, out of order, altered or not seen", async () => {
      const [first, second, third, fourth] = events as [OrderedEvent, ...OrderedEvent[]];
      expect(await withEvents(third!, fourth!), "skipped").to.match(/event 0 .* not the next/);
      expect(await withEvents(second!, fourth!), "skipped").to.match(/event 1 .* not the next/);
      expect(await withEvents(first), "executed before").to.match(/event 0 .* not the next/);
      expect(await withEvents(second!, second!), "twice").to.match(/event 1 .* not the next/);
      expect(await withEvents(third!, second!), "reordered").to.match(/event 0 .* not the next/);
      const altered = { ...add(1), input: new Uint8Array(32) };
      expect(await withEvents(altered), "altered").to.match(/event 0 .* not the next/);
      expect(await refusal((block) => block, events.slice(0, 2)), "unseen").to.match(
        /event 1 .* not the next/,
      );
    });

    it("refuses chains that are not served, too many events, and modules it would not run", async () => {
      expect(await withEvents(requestEvent(1, COUNTER, "", OTHER_CHAIN))).to.equal("chain 10 is not served");
      const many = Array.from({ length: 129 }, (_, i) => add(i + 1));
      expect(await refusal((block) => ({ ...block, events: many }), many)).to.match(/129 events .* too many/);
      expect(await withEvents(publish(Buffer.from("no module")))).to.match(/./);
      const app = await application();
      const block = { height: 1, previousSignature: new Uint8Array(), events: [] };
      const chain = { kind: "chain" as const, chainId: OTHER_CHAIN, gateway: GATEWAY, callGasPrice: 0n };
      const blind = { ...seeing([]), approves: () => false };
      expect(await app.processProposal({ ...block, events: [chain] }, blind)).to.match(
        /does not serve chain 10/,
      );
    });

    it("refuses a program that its operator has not approved, or that is known", async () => {
      const app = await application();
      const block = {
        height: 1,
        previousSignature: new Uint8Array(),
        events: [publish(prebuilt("counter"))],
      };
      const blind = { ...seeing([]), approves: () => false };
      expect(await app.processProposal(block, blind)).to.equal(
        `this node's operator has not approved program ${COUNTER}`,
      );
      expect(await app.processProposal(block, seeing([]))).to.equal(undefined);
      await app.finalizeBlock(block);
      const next = { ...block, height: 2 };
      expect(await app.processProposal(next, { ...seeing([]), attests: () => true })).to.equal(
        `program ${COUNTER} is known already`,
      );
    });

    it("refuses a block of more bytes than any proposal has", async () => {
      const huge = Array.from({ length: 20 }, (_, i) => requestEvent(i, COUNTER, new Uint8Array(1_000_000)));
      const app = await application();
      const block = { height: 1, previousSignature: new Uint8Array(), events: huge };
      expect(await app.processProposal(block, seeing(huge))).to.contain("bytes in one block are too many");
      const proposal = (await app.prepareProposal(seeing(huge), []))!;
      expect(proposal.events).to.have.length(8);
    });
  });

  it("answers a failed run with its outcome, says why, and keeps the state as it was", async () => {
    const failing: [string, Outcome, RegExp, string][] = [
      ["trap", Outcome.Trapped, /unreachable/, "unreachable"],
      ["endless loop", Outcome.OutOfFuel, /fuel/, "(loop $l (br $l))"],
      [
        "too much output",
        Outcome.LimitExceeded,
        /output/,
        "(loop $l (call $print (i32.const 0) (i32.const 60000)) (br $l))",
      ],
      ["an error of its own", Outcome.ExitedWithError, /exited with code 7/, "(call $exit (i32.const 7))"],
    ];
    for (const [what, outcome, reason, code] of failing) {
      const app = await application();
      const module = program(`(func $start
        (call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))
        (call $call (i64.const ${CHAIN}) (i32.const 0) (i32.const 1000) (i32.const 0) (i32.const 0))
        ${code})`);
      await next(app, seeing([]), [publish(module)]);
      const { chains, runs } = await served(app, seeing([requestEvent(0, keccak256(module))]));
      expect(runs[0]!.outcome, what).to.equal(outcome);
      expect(runs[0]!.reason, what).to.match(reason);
      expect(chains[0]!.answers[0]!.outcome, what).to.equal(outcome);
      expect(chains[0]!.answers[0]!.output, what).to.have.length(0);
      expect(chains[0]!.calls, what).to.deep.equal([]);
      expect([...app.state.entries(getBytes(keccak256(module)))], what).to.deep.equal([]);
    }
    const app = await application();
    const { chains, runs } = await served(app, seeing([add(0)]));
    expect(chains[0]!.answers[0]!.outcome).to.equal(Outcome.UnknownProgram);
    expect(runs[0]!.reason).to.match(/no program 0x/);
  });

  it("numbers a program's calls by chain, and drops those to a chain that is not served", async () => {
    const call = (chain: bigint) =>
      `(call $call (i64.const ${chain}) (i32.const 0) (i32.const 1000) (i32.const 0) (i32.const 0))`;
    const module = program(`(func $start ${call(CHAIN)} ${call(OTHER_CHAIN)} ${call(77n)} ${call(CHAIN)})`);
    const app = await application();
    const chain = { kind: "chain" as const, chainId: OTHER_CHAIN, gateway: GATEWAY, callGasPrice: 0n };
    await next(app, seeing([]), [publish(module), chain]);
    const events = [requestEvent(0, keccak256(module))];
    const first = await served(app, seeing(events));
    expect(first.chains.map(({ chainId }) => chainId)).to.deep.equal([OTHER_CHAIN, CHAIN]);
    expect(first.chains.map(({ calls }) => calls.map(({ nonce }) => nonce))).to.deep.equal([[0n], [0n, 1n]]);
    const second = await served(app, seeing([...events, requestEvent(1, keccak256(module))]));
    expect(second.chains.map(({ calls }) => calls.map(({ nonce }) => nonce))).to.deep.equal([[1n], [2n, 3n]]);
  });

  it("gives every run randomness of its own, and the same to whoever executes the same blocks", async () => {
    const module = program(
      "(func $start (call $seed (i32.const 0)) (call $print (i32.const 0) (i32.const 32)))",
    );
    const outputs = async () => {
      const app = await application();
      await next(app, seeing([]), [publish(module)]);
      const events = Array.from({ length: 5 }, (_, i) => requestEvent(i, keccak256(module)));
      const { chains } = await served(app, seeing(events));
      return chains[0]!.answers.map(({ output }) => Buffer.from(output).toString("hex"));
    };
    const [once, again] = [await outputs(), await outputs()];
    expect(new Set(once).size).to.equal(5);
    expect(again).to.deep.equal(once);
  });

  it("draws a run's randomness from the signature of the block that holds its event, and from no earlier one", async () => {
    const module = program(
      "(func $start (call $seed (i32.const 0)) (call $print (i32.const 0) (i32.const 32)))",
    );
    const event = requestEvent(0, keccak256(module));
    /** What the program draws when the blocks' signatures are these. */
    const drawn = async (...signatures: number[]) => {
      const app = await application();
      const events = [[publish(module)], [event], [], []];
      let previousSignature = new Uint8Array();
      for (const [i, some] of events.entries()) {
        const { chains } = await app.finalizeBlock({ height: i + 1, previousSignature, events: some });
        const [answer] = chains[0]!.answers;
        if (answer !== undefined) return { at: i + 1, digit: hexlify(answer.output) };
        previousSignature = new Uint8Array(64).fill(signatures[i]!);
      }
      throw new Error("no answer");
    };
    const { at, digit } = await drawn(1, 2);
    expect(at, "block 2 holds the request, block 3 its signature").to.equal(3);
    expect((await drawn(9, 2)).digit, "what was known when the block was made decides nothing").to.equal(
      digit,
    );
    expect((await drawn(1, 9)).digit, "what nobody could know decides").to.not.equal(digit);
  });

  it("lets what waits for its run be lost by no restart, and by a revert only with its block", async () => {
    const store = new MemoryStore();
    let app = await applicationOn(store);
    const outlook = seeing([add(0), add(1)]);
    await next(app, seeing([]), [publish(counter)]);
    await next(app, seeing([add(0)]));
    app = await applicationOn(store);
    const first = await next(app, outlook);
    expect(first.runs.map(({ requestId }) => requestId)).to.deep.equal([add(0).requestId]);
    const second = await next(app, outlook);
    expect(second.runs.map(({ requestId }) => requestId)).to.deep.equal([add(1).requestId]);
    await app.revert(2);
    expect(await next(app, outlook)).to.deep.equal(first);
    await app.revert(1);
    expect(await app.prepareProposal(seeing([]), []), "nothing waits").to.equal(undefined);
  });

  it("gives no two blocks the same hash: what it votes for is all that a block holds and decides", async () => {
    const expired = { ...add(0), timestamp: add(0).request.deadline };
    const epoch = (number: bigint) => {
      return { kind: "epoch" as const, chainId: CHAIN, place: expired.place, timestamp: 1n, epoch: number };
    };
    const chain = (gateway: string) => ({
      kind: "chain" as const,
      chainId: OTHER_CHAIN,
      gateway,
      callGasPrice: 0n,
    });
    const previousSignature = new Uint8Array();
    const blocks: Block[] = [
      [],
      [publish(counter)],
      [publish(prebuilt("fibonacci"))],
      [publish(Buffer.from("no module"))],
      [expired],
      [expired, publish(counter)],
      [publish(counter), expired],
      [{ ...expired, input: new Uint8Array() }],
      [{ ...expired, place: { block: 100n, logIndex: 1 } }],
      [epoch(1n)],
      [epoch(2n)],
      [chain(GATEWAY)],
      [chain(`0x${"cc".repeat(20)}`)],
    ].map((events) => ({ height: 1, previousSignature, events }));
    blocks.push({ height: 1, previousSignature: new Uint8Array(64), events: [] });
    const hashes = new Map<string, number>();
    for (const [i, block] of blocks.entries()) {
      const { blockHash, chains } = await (await application()).finalizeBlock(block);
      expect(hashes.get(blockHash), `block ${i}`).to.equal(undefined);
      hashes.set(blockHash, i);
      const { stateRoot } = chains[0]!.header;
      expect(hashes.get(hexlify(stateRoot)), `block ${i}`).to.equal(undefined);
      hashes.set(hexlify(stateRoot), i);
    }
  });

  it("keeps nothing of a block that it executed and dropped", async () => {
    const app = await application();
    await next(app, seeing([]), [publish(prebuilt("fibonacci"))]);
    const { head } = app.state;
    const block = (await app.prepareProposal(seeing([add(0)]), [publish(counter)]))!;
    const dropped = app.execute(block);
    expect(() => app.execute(block)).to.throw("A block is open");
    dropped.discard();
    expect(app.state.head).to.deep.equal(head);
    expect(app.programs.has(COUNTER)).to.equal(false);
    const again = app.execute(block);
    expect(again.record).to.deep.equal(dropped.record);
    await again.commit();
    expect(app.height).to.equal(2);
    expect(app.programs.has(COUNTER)).to.equal(true);
  });

  it("forgets programs and cursors of blocks that were reverted", async () => {
    const app = await application();
    await next(app, seeing([]), [publish(prebuilt("fibonacci"))]);
    await next(app, seeing([]), [publish(counter)]);
    const counted = await served(app, seeing([add(0)]));
    expect(counted.runs).to.have.length(1);
    await app.revert(1);
    expect(app.programs.has(COUNTER)).to.equal(false);
    expect(app.programs.has(keccak256(prebuilt("fibonacci")))).to.equal(true);
    await next(app, seeing([]), [publish(counter)]);
    expect(await served(app, seeing([add(0)]))).to.deep.equal(counted);
  });
});
