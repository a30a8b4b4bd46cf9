import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { id } from "ethers";

import type { Eip1193 } from "../../../../plugin/chain/evm-chain.ts";
import { ReorganisedError, WrongAnswerError } from "../../../../plugin/cloud/chains/block-range.ts";
import type { OrderedEvent, Place } from "../../../../plugin/cloud/replication/event.ts";
import type { KeyValueStore, Write } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { LevelStore } from "../../../../plugin/cloud/storage/level-store.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { seeded } from "../../../seeded.ts";
import { address, ScriptedChain } from "./scripted-chain.ts";

const EMITTER = address(77);
const FAR = 9_999_999_999n;
const FIRST_SEED = Number(process.env["NEXUS_SEED"] ?? 1);

/** A chain of many blocks, with a subscription from the beginning and a request late. */
function longChain(): ScriptedChain {
  const chain = new ScriptedChain();
  chain.subscribe(2, 1, id("p"), EMITTER, FAR);
  chain.price(3, EMITTER);
  chain.request(2_500, 1);
  chain.head = 3_000;
  return chain;
}

function counting(provider: Eip1193): Eip1193 & { calls: number } {
  const counted = {
    calls: 0,
    request: async (args: Parameters<Eip1193["request"]>[0]) => {
      counted.calls++;
      return provider.request(args);
    },
  };
  return counted;
}

describe("plugin/cloud/chains/scan-record", () => {
  it("has a restarted node read what is new and little more, with the subscriptions of long ago", async () => {
    const chain = longChain();
    const directory = await mkdtemp(join(tmpdir(), "nexus-scan-"));
    let store = await LevelStore.open(directory);
    try {
      const first = counting(chain.provider);
      const source = chain.source(undefined, first, 0, store);
      const events = await source.after(undefined, 10);
      expect(events.map(({ kind }) => kind)).to.deep.equal(["log", "request"]);
      const cursor = events.at(-1)!.place;
      expect(await source.after(cursor, 10)).to.deep.equal([]);
      expect(first.calls).to.be.above(3_000);

      await store.close();
      store = await LevelStore.open(directory);
      chain.price(3_005, EMITTER);
      chain.head = 3_010;
      const again = counting(chain.provider);
      const restarted = chain.source(undefined, again, 0, store);
      const next = await restarted.after(cursor, 10);
      expect(next.map(({ kind, place }) => [kind, place.block])).to.deep.equal([["log", 3_005n]]);
      expect(again.calls, "ten headers, and little besides").to.be.below(30);
    } finally {
      await store.close();
      await rm(directory, { recursive: true });
    }
  });

  it("saves nothing up to which an event waits", async () => {
    const chain = longChain();
    const store = new MemoryStore();
    const [price] = await chain.source(undefined, chain.provider, 0, store).after(undefined, 10);
    for (const cursor of [undefined, price!.place]) {
      const kinds = (await chain.source(undefined, chain.provider, 0, store).after(cursor, 10)).map(
        ({ kind }) => kind,
      );
      expect(kinds).to.deep.equal(cursor === undefined ? ["log", "request"] : ["request"]);
    }
  });

  it("looks again from the beginning when the state beside it has gone back, or the source was reset", async () => {
    const chain = longChain();
    const store = new MemoryStore();
    const source = chain.source(undefined, chain.provider, 0, store);
    const events = await source.after(undefined, 10);
    await source.after(events.at(-1)!.place, 10);
    const restored = chain.source(undefined, chain.provider, 0, store);
    expect(await restored.after(events[0]!.place, 10)).to.deep.equal(events.slice(1));

    await source.reset();
    expect(await source.after(undefined, 10)).to.deep.equal(events);
    expect(await chain.source(undefined, chain.provider, 0, store).after(undefined, 10)).to.deep.equal(
      events,
    );
  });

  it("notices after a restart that the chain is another one from where the scan ended", async () => {
    const chain = longChain();
    const store = new MemoryStore();
    const source = chain.source(undefined, chain.provider, 0, store);
    const cursor = (await source.after(undefined, 10)).at(-1)!.place;
    await source.after(cursor, 10);
    chain.reorganise(2_990);
    chain.head = 3_010;
    const restarted = chain.source(undefined, chain.provider, 0, store);
    const error = await restarted.after(cursor, 10).catch((failure: unknown) => failure);
    expect(error).to.be.instanceOf(ReorganisedError);
  });

  it("notices after a restart that a block which it saw is another one, though the scan was saved before it", async () => {
    const chain = longChain();
    const store = new MemoryStore();
    const source = chain.source(undefined, chain.provider, 0, store);
    const cursor = (await source.after(undefined, 10)).at(-1)!.place;
    await source.after(cursor, 10);
    chain.head = 3_010;
    expect(await source.after(cursor, 10)).to.deep.equal([]);
    chain.reorganise(3_005);
    const restarted = chain.source(undefined, chain.provider, 0, store);
    // The other branch is shorter at first.
    chain.head = 3_007;
    chain.request(3_006, 2);
    const early = await restarted.after(cursor, 10).catch((failure: unknown) => failure);
    expect(early).to.be.instanceOf(WrongAnswerError);
    chain.head = 3_020;
    const late = await restarted.after(cursor, 10).catch((failure: unknown) => failure);
    expect(late).to.be.instanceOf(ReorganisedError);
    expect((late as Error).message).to.match(/^Block 3010 is another one than it was when it was final/);
    await restarted.reset();
    expect((await restarted.after(cursor, 10)).map(({ kind }) => kind)).to.deep.equal(["request"]);
  });

  for (let seed = FIRST_SEED; seed < FIRST_SEED + 10; seed++) {
    it(`goes on from any instant at which the process dies (NEXUS_SEED=${seed})`, async () => {
      await crashing(seed);
    });
  }
});

/** Runs a source that dies again and again, between any two calls to its provider or at a write, until it has seen everything. */
async function crashing(seed: number): Promise<void> {
  const random = seeded(`crashing scan ${seed}`);
  const below = (bound: number): number => Number(random.scalar(BigInt(bound) + 1n)) - 1;
  const chain = new ScriptedChain();
  chain.subscribe(1 + below(9), 1, id("p"), EMITTER, FAR);
  for (let block = 10; block < 400; block++) {
    const kind = below(12);
    if (kind === 0) chain.request(block, block);
    else if (kind < 3) chain.price(block, EMITTER);
    else if (kind === 3 && below(4) === 0) chain.subscribe(block, block, id(`p${block}`), EMITTER, FAR);
  }
  chain.head = 400;
  const truth = await chain.source().after(undefined, 10_000);

  const memory = new MemoryStore();
  let left = 0;
  const step = (): void => {
    if (left-- <= 0) throw new Error("killed");
  };
  const store: KeyValueStore = {
    get: (key) => memory.get(key),
    keys: (from, to) => memory.keys(from, to),
    entries: (from, to) => memory.entries(from, to),
    close: async () => memory.close(),
    write: async (writes: readonly Write[]) => {
      step();
      await memory.write(writes);
      step();
    },
  };
  const provider: Eip1193 = {
    request: async (args) => {
      step();
      return chain.provider.request(args);
    },
  };
  const taken: OrderedEvent[] = [];
  let cursor: Place | undefined;
  chain.head = 0;
  for (let life = 0; taken.length < truth.length; life++) {
    expect(life).to.be.below(2_000);
    const source = chain.source(undefined, provider, 0, store);
    left = 100 + below(700);
    try {
      for (;;) {
        chain.head = Math.min(401, chain.head + 1 + below(40));
        const events = await source.after(cursor, 1 + below(5));
        // A block that was not committed has taken nothing.
        if (below(4) === 0) continue;
        taken.push(...events);
        cursor = events.at(-1)?.place ?? cursor;
        if (taken.length >= truth.length) break;
      }
    } catch (error) {
      expect((error as Error).message).to.equal("killed");
    }
    expect(taken).to.deep.equal(truth.slice(0, taken.length));
  }
}
