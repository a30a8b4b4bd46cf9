import { expect } from "chai";
import { id } from "ethers";

import { Endpoints } from "../../../../plugin/chain/endpoints.ts";
import type { Eip1193, RpcLog } from "../../../../plugin/chain/evm-chain.ts";
import { ReorganisedError, WrongAnswerError } from "../../../../plugin/cloud/chains/block-range.ts";
import type { EventSource } from "../../../../plugin/cloud/chains/event-source.ts";
import type { OrderedEvent, Place } from "../../../../plugin/cloud/replication/event.ts";
import { seeded } from "../../../seeded.ts";
import { address, ScriptedChain, TOPIC, type Filter } from "./scripted-chain.ts";

const EMITTER = address(77);
const FAR = 9_999_999_999n;
const SEEDS = process.env["NEXUS_SLOW"] === undefined ? 12 : 100;
const FIRST_SEED = Number(process.env["NEXUS_SEED"] ?? 1);

/** The same provider with another answer to `eth_getLogs`, or to any call. */
function altered(
  provider: Eip1193,
  change: (logs: RpcLog[], filter: Filter) => RpcLog[] | Promise<RpcLog[]>,
): Eip1193 {
  return {
    request: async (args) => {
      const answer = await provider.request(args);
      return args.method === "eth_getLogs" ? change(answer as RpcLog[], args.params![0] as Filter) : answer;
    },
  };
}

const isRange = ({ blockHash }: Filter): boolean => blockHash === undefined;

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("plugin/cloud/chains/block-range", () => {
  it("believes no answer of a machine that lags behind the one that told of the head", async () => {
    const chain = new ScriptedChain();
    chain.request(10, 1);
    chain.head = 10;
    let lags = true;
    const balanced = altered(chain.provider, (logs, { blockHash }) => {
      if (!lags) return logs;
      if (blockHash !== undefined) throw new Error("unknown block");
      return [];
    });
    const source = chain.source(undefined, balanced);
    expect(String(await failure(source.after(undefined, 10)))).to.contain("unknown block");
    lags = false;
    chain.head = 5_000;
    expect(await source.after(undefined, 10)).to.have.length(1);
  });

  it("finds what a range leaves out by the blocks' blooms, and takes it from the blocks themselves", async () => {
    const chain = new ScriptedChain();
    for (const block of [3, 5, 8]) chain.request(block, block);
    chain.head = 40;
    const cut = altered(chain.provider, (logs, filter) => (isRange(filter) ? logs.slice(0, 1) : logs));
    const events = await chain.source(undefined, cut).after(undefined, 10);
    expect(events.map(({ place }) => place.block)).to.deep.equal([3n, 5n, 8n]);
    const again = chain.asked.filter(({ blockHash }) => blockHash !== undefined);
    expect(again.length, "blocks that may hold something, and no others").to.equal(5);
  });

  it("reads a block of several logs again though some came", async () => {
    const chain = new ScriptedChain();
    for (const n of [1, 2, 3]) chain.request(4, n);
    chain.head = 6;
    const cut = altered(chain.provider, (logs, filter) => (isRange(filter) ? logs.slice(0, 2) : logs));
    expect(await chain.source(undefined, cut).after(undefined, 10)).to.have.length(3);
  });

  it("takes two answers that agree for a bloom that says too much", async () => {
    const chain = new ScriptedChain();
    // The cloud's subscriptions and another topic of its emitter in one block: all bits are there, the log is not.
    chain.subscribe(2, 1, id("p"), EMITTER, FAR);
    chain.log(5, EMITTER, { topics: [id("Other()")], data: "0x" });
    chain.log(5, address(78), { topics: [TOPIC], data: "0x" });
    chain.price(7, EMITTER);
    chain.head = 9;
    const events = await chain.source().after(undefined, 10);
    expect(events.map(({ place }) => place.block)).to.deep.equal([7n]);
    const blocks = chain.asked.filter(({ blockHash }) => blockHash !== undefined);
    expect(blocks.map(({ blockHash }) => Number(`0x${blockHash!.slice(-16)}`) - 1)).to.deep.equal([2, 5, 7]);
  });

  for (const blooms of ["zero", "missing"] as const) {
    it(`reads each block with transactions again where blooms are ${blooms}`, async () => {
      const chain = new ScriptedChain();
      chain.blooms = blooms;
      for (const block of [3, 5]) chain.request(block, block);
      chain.log(9, address(99), { topics: [TOPIC], data: "0x" });
      chain.head = 100;
      const cut = altered(chain.provider, (logs, filter) => (isRange(filter) ? [] : logs));
      expect(await chain.source(undefined, cut).after(undefined, 10)).to.have.length(2);
      expect(chain.asked.filter(({ blockHash }) => blockHash !== undefined)).to.have.length(5);
    });
  }

  const refused: Record<string, (logs: RpcLog[]) => RpcLog[]> = {
    "logs twice": (logs) => [...logs, ...logs.slice(-1)],
    "logs out of order": (logs) => logs.toReversed(),
    "logs of other blocks": (logs) => logs.map((log) => ({ ...log, blockNumber: "0x64" })),
    "logs of other contracts": (logs) => logs.map((log) => ({ ...log, address: address(99) })),
    "logs of another branch": (logs) => logs.map((log) => ({ ...log, blockHash: id("elsewhere") })),
    "no list": () => null as unknown as RpcLog[],
  };
  for (const [what, change] of Object.entries(refused)) {
    it(`refuses an answer with ${what}`, async () => {
      const chain = new ScriptedChain();
      for (const block of [3, 5]) chain.request(block, block);
      chain.head = 10;
      const source = chain.source(undefined, altered(chain.provider, change));
      expect(await failure(source.after(undefined, 10))).to.be.instanceOf(WrongAnswerError);
    });
  }

  it("refuses logs that were not asked for by their topic", async () => {
    const chain = new ScriptedChain();
    chain.subscribe(2, 1, id("p"), EMITTER, FAR);
    chain.price(3, EMITTER);
    chain.head = 10;
    const source = chain.source(
      undefined,
      altered(chain.provider, (logs) =>
        logs.map((log) => (log.address === EMITTER ? { ...log, topics: [id("Other()")] } : log)),
      ),
    );
    expect(await failure(source.after(undefined, 10))).to.be.instanceOf(WrongAnswerError);
  });

  it("stops where blocks do not follow those it has read, and goes on when they do again", async () => {
    const chain = new ScriptedChain();
    chain.request(5, 1);
    chain.head = 12;
    const stale: Eip1193 = {
      request: async (args) => {
        const isElsewhere = isOnOtherBranch && args.method !== "eth_blockNumber";
        return (isElsewhere ? other : chain).provider.request(args);
      },
    };
    const other = new ScriptedChain();
    other.head = 40;
    other.reorganise(11);
    let isOnOtherBranch = false;
    const source = chain.source(undefined, stale, 2);
    const [first] = await source.after(undefined, 10);
    chain.request(13, 2);
    chain.head = 20;
    isOnOtherBranch = true;
    await source.after(first!.place, 10);
    chain.head = 30;
    isOnOtherBranch = false;
    const error = await failure(source.after(first!.place, 10));
    expect(error, "block 18 of the branch is no parent of 19").to.be.instanceOf(ReorganisedError);

    const steady = chain.source(undefined, stale, 2);
    await steady.after(undefined, 10);
    chain.head = 40;
    isOnOtherBranch = true;
    expect(await failure(steady.after(first!.place, 10))).to.be.instanceOf(ReorganisedError);
    isOnOtherBranch = false;
    const events = await steady.after(first!.place, 10);
    expect(events.map(({ place }) => place.block)).to.deep.equal([13n]);
  });

  describe("with several endpoints", () => {
    it("goes on with the next one when one fails, lags or contradicts itself", async () => {
      for (const bad of [
        { request: async () => Promise.reject(new Error("connect ECONNREFUSED")) },
        { request: async () => Promise.reject(new Error("the database is corrupted")) },
      ] as Eip1193[]) {
        const chain = new ScriptedChain();
        chain.request(3, 1);
        chain.head = 10;
        const heads: Eip1193 = {
          request: async (args) => (args.method === "eth_blockNumber" ? chain.provider : bad).request(args),
        };
        const source = chain.source(undefined, new Endpoints([heads, chain.provider]));
        expect(await source.after(undefined, 10)).to.have.length(1);
      }
      const chain = new ScriptedChain();
      const lagging = new ScriptedChain();
      for (const one of [chain, lagging]) one.request(3, 1);
      [chain.head, lagging.head] = [10, 2];
      const source = chain.source(undefined, new Endpoints([chain.provider, lagging.provider]));
      expect(await source.after(undefined, 10)).to.have.length(1);
    });

    it("is not misled by one that leaves out logs everywhere, blooms included", async () => {
      const chain = new ScriptedChain();
      const liar = new ScriptedChain();
      chain.request(3, 1);
      for (const one of [chain, liar]) one.head = 10;
      for (const endpoints of [
        [liar.provider, chain.provider],
        [chain.provider, liar.provider],
      ]) {
        const source = chain.source(undefined, new Endpoints(endpoints));
        expect(await failure(source.after(undefined, 10))).to.be.instanceOf(WrongAnswerError);
      }
      const third = chain.source(undefined, new Endpoints([liar.provider, chain.provider, chain.provider]));
      expect(await third.after(undefined, 10), "two that agree outvote it").to.have.length(1);
    });
  });

  describe("with two endpoints that must agree", () => {
    const agreeing = (chain: ScriptedChain, ...endpoints: Eip1193[]): EventSource =>
      chain.source(undefined, new Endpoints(endpoints), 0, undefined, { quorum: 2 });
    /** A provider that finds no logs in ranges, or fails there, and fails where logs of one block are asked for. */
    const lame = (chain: ScriptedChain, isAway: boolean): Eip1193 => ({
      request: async (args) => {
        if (args.method !== "eth_getLogs") return chain.provider.request(args);
        if (!isAway && !("blockHash" in (args.params![0] as object))) return [];
        throw new Error("the database is corrupted");
      },
    });
    const full = (): ScriptedChain => {
      const chain = new ScriptedChain();
      chain.request(3, 1);
      chain.head = 10;
      return chain;
    };

    it("believes nothing that one alone says, for ranges and for blocks read again", async () => {
      for (const isAway of [true, false]) {
        const chain = full();
        const bad = lame(chain, isAway);
        const source = agreeing(chain, chain.provider, bad);
        expect(((await failure(source.after(undefined, 10))) as Error).message).to.match(/corrupted/);
        const others = agreeing(chain, bad, chain.provider, chain.provider);
        expect(await others.after(undefined, 10)).to.have.length(1);
        const one = chain.source(undefined, new Endpoints([chain.provider, bad]));
        expect(await one.after(undefined, 10), "which a quorum of 1 does").to.have.length(1);
      }
    });

    it("takes what both say, and needs two of them", async () => {
      const chain = full();
      expect(await agreeing(chain, chain.provider, chain.provider).after(undefined, 10)).to.have.length(1);
      expect(() => agreeing(chain, chain.provider)).to.throw(RangeError, "has 1 endpoint, and 2 must agree");
    });
  });

  it("asks for no more blocks at once than it is told to", async () => {
    const chain = new ScriptedChain();
    chain.head = 10;
    await chain.source(undefined, chain.provider, 0, undefined, { blocksPerCall: 3n }).after(undefined, 10);
    const widths = chain.asked.map(({ fromBlock, toBlock }) => Number(toBlock) - Number(fromBlock) + 1);
    expect(widths).to.deep.equal([3, 3, 3, 1]);
  });

  describe("a provider that lies at random", () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
      it(`leads to the chain's events or to an error, never to fewer (NEXUS_SEED=${seed})`, async () => {
        await fuzz(seed);
      });
    }
  });
});

/** A chain that grows, seen through one endpoint that lies or two of which one does, until all has been read. */
async function fuzz(seed: number): Promise<void> {
  const random = seeded(`lying provider ${seed}`);
  const below = (bound: number): number => Number(random.scalar(BigInt(bound) + 1n)) - 1;
  const chain = new ScriptedChain();
  chain.blooms = (["true", "zero", "missing"] as const)[seed % 3]!;
  for (const [n, emitter] of [EMITTER, address(78), address(79)].entries()) {
    chain.subscribe(1 + below(20), n, id(`program ${n}`), emitter, FAR);
  }
  for (let block = 2; block < 150; block++) {
    for (let logs = below(4); logs > 1; logs--) {
      const kind = below(4);
      if (kind === 0) chain.request(block, 1_000 * block + logs);
      else if (kind === 1) chain.price(block, address(77 + below(3)));
      else chain.log(block, address(90 + below(5)), { topics: [id(`T${below(5)}()`)], data: "0x" });
    }
  }
  chain.head = 150;
  const truth = await chain.source().after(undefined, 10_000);
  expect(truth.length).to.be.above(15);

  // A single endpoint may be many machines, but what a block holds is asked of one that has it; of two, one may lie in everything.
  const isAlone = seed % 2 === 0;
  let lies = 3;
  const liar = altered(chain.provider, (logs, filter) => {
    const mayLie = !isAlone || isRange(filter);
    if (lies === 0 || below(3) > 0) return logs;
    if (below(4) === 0) throw new Error(["unknown block", "429 Too Many Requests", "fetch failed"][below(3)]);
    if (!mayLie) return logs;
    switch (below(6)) {
      case 0:
        return logs.filter(() => below(3) > 0);
      case 1:
        return logs.slice(0, below(logs.length + 1));
      case 2:
        return [...logs, ...logs.slice(below(logs.length + 1))];
      case 3:
        return [];
      case 4:
        return logs.map((log) => ({
          ...log,
          blockNumber: `0x${(Number(log.blockNumber) + 1).toString(16)}`,
        }));
      default:
        return logs.map((log) => ({ ...log, blockHash: below(2) === 0 ? id("fork") : log.blockHash }));
    }
  });
  const endpoints = isAlone
    ? [liar]
    : [
        [liar, chain.provider],
        [chain.provider, liar],
      ][below(2)]!;
  let now = 0;
  const provider = new Endpoints(endpoints, { first: 1, longest: 10 }, () => now++);
  const source = chain.source(undefined, provider, 1);
  const seen: OrderedEvent[] = [];
  let failures = 0;
  chain.head = 0;
  for (let round = 0; seen.length < truth.length; round++) {
    // Once the liar tires, everything has to come.
    if (round === 60) [lies, chain.head] = [0, 151];
    expect(round, `${failures} failures`).to.be.below(400);
    chain.head = Math.min(151, chain.head + 1 + below(30));
    const events = await next(source, seen.at(-1)?.place, 1 + below(20)).catch(() => undefined);
    if (events === undefined) failures++;
    else seen.push(...events);
    expect(seen, "a true beginning").to.deep.equal(truth.slice(0, seen.length));
  }
}

async function next(source: EventSource, cursor: Place | undefined, limit: number): Promise<OrderedEvent[]> {
  return source.after(cursor, limit);
}
