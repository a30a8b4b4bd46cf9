import { expect } from "chai";
import { id } from "ethers";

import { filtersOf, Subscriptions } from "../../../../plugin/cloud/chains/subscriptions.ts";
import { PROGRAMS_PER_LOG } from "../../../../plugin/cloud/replication/block-limits.ts";
import type { OrderedEvent } from "../../../../plugin/cloud/replication/event.ts";
import { address, ScriptedChain } from "./scripted-chain.ts";

const EMITTER = address(77);
const FAR = 9_999_999_999n;

const programsIn = (events: readonly OrderedEvent[]) =>
  events.map((event) => (event.kind === "log" ? event.programIds : event.kind));
const most = (chain: ScriptedChain) => Math.max(...chain.asked.map((filter) => filter.address.length));

describe("plugin/cloud/chains/subscriptions", () => {
  it("asks no more for what has expired, also after a restart, however many there were", async () => {
    const chain = new ScriptedChain();
    for (let i = 0; i < 1_001; i++) chain.subscribe(5, i, id("p"), address(100_000 + i), chain.timestamp(8));
    chain.head = 100;
    const source = chain.source();
    expect(await source.after(undefined, 10)).to.deep.equal([]);
    chain.head = 5_000;
    chain.request(4_999, 1);
    for (const one of [source, chain.source()]) {
      chain.asked.length = 0;
      const events = await one.after({ block: 99n, logIndex: 0 }, 10);
      expect(events.map(({ kind }) => kind)).to.deep.equal(["request"]);
      expect(most(chain), "the suite alone").to.equal(3);
    }
  });

  it("asks for many emitters in as many calls as the provider needs, and for their topics alone", async () => {
    const chain = new ScriptedChain();
    chain.mostAddresses = 50;
    const emitters = Array.from({ length: 120 }, (_, i) => address(100_000 + i));
    emitters.forEach((emitter, i) => chain.subscribe(5, i, id("p"), emitter, FAR));
    for (const emitter of emitters) {
      chain.price(6, emitter);
      chain.log(6, emitter, { topics: [id("Other()")], data: "0x" });
    }
    chain.head = 10;
    const events = await chain.source(50).after(undefined, 500);
    expect(events.map((event) => event.kind === "log" && event.emitter)).to.deep.equal(emitters);
    expect(most(chain)).to.equal(50);
  });

  it("keeps each filter within the limit of addresses and of topics, and leaves nothing out", () => {
    const all = Array.from({ length: 60 }, (_, i) => ({
      programId: id("p"),
      emitter: address(1 + (i % 7)),
      topic0: id(`topic ${i % 20}`),
      paidUntil: FAR,
    }));
    const filters = filtersOf(all, 3);
    for (const { addresses, topics } of filters) {
      expect(addresses.length).to.be.within(1, 3);
      expect(topics.length).to.be.within(1, 3);
    }
    for (const { emitter, topic0 } of all) {
      const found = filters.some((f) => f.addresses.includes(emitter) && f.topics.includes(topic0));
      expect(found, `${emitter} ${topic0}`).to.equal(true);
    }
  });

  it("gives no place at a log to programs that the cloud does not know", async () => {
    const chain = new ScriptedChain();
    for (let i = 0; i < PROGRAMS_PER_LOG; i++) chain.subscribe(5, i, id(`junk ${i}`), EMITTER, FAR);
    chain.subscribe(6, 1_000, id("real"), EMITTER, chain.timestamp(1_000));
    chain.price(15, EMITTER);
    chain.head = 20;
    const knows = (programId: string) => programId === id("real");
    expect(programsIn(await chain.source().after(undefined, 10, knows))).to.deep.equal([[id("real")]]);
  });

  it("gives a log's places to those who paid the furthest ahead, whoever came first", async () => {
    const chain = new ScriptedChain();
    const until = chain.timestamp(10);
    for (let i = 0; i < PROGRAMS_PER_LOG; i++)
      chain.subscribe(5, i, id(`early ${i}`), EMITTER, until + 90_000n);
    chain.subscribe(6, 1_000, id("late"), EMITTER, until + 86_400n);
    chain.price(7, EMITTER);
    chain.extend(8, 1_000, until + 180_000n);
    chain.price(9, EMITTER);
    // Twice for one program takes one place.
    chain.subscribe(9, 1_001, id("early 0"), EMITTER, until + 200_000n);
    chain.price(9, EMITTER);
    chain.head = 20;
    const [before, after, twice] = programsIn(await chain.source().after(undefined, 10));
    for (const programs of [before!, after!, twice!]) expect(programs).to.have.length(PROGRAMS_PER_LOG);
    expect(before).not.to.include(id("late"));
    expect(after).to.include(id("late"));
    expect(twice).to.include(id("late"));
    expect(new Set(twice).size).to.equal(PROGRAMS_PER_LOG);
  });

  it("serves again what lapsed and was paid again, from then on", async () => {
    const chain = new ScriptedChain();
    chain.subscribe(5, 1, id("p"), EMITTER, chain.timestamp(10));
    chain.price(9, EMITTER);
    chain.price(10, EMITTER);
    chain.head = 30;
    const source = chain.source();
    expect((await source.after(undefined, 10)).map(({ place }) => place.block)).to.deep.equal([9n]);
    chain.price(35, EMITTER);
    chain.extend(36, 1, chain.timestamp(50));
    chain.price(36, EMITTER);
    chain.cancel(37, 1);
    chain.price(37, EMITTER);
    chain.head = 60;
    const blocks = async (from: typeof source) =>
      (await from.after({ block: 9n, logIndex: 1 }, 10)).map(({ place }) => place.block);
    expect(await blocks(source)).to.deep.equal([36n]);
    expect(await blocks(chain.source()), "restarted").to.deep.equal([36n]);
  });

  it("finds what is logged between a subscription and its end within one range", async () => {
    const chain = new ScriptedChain();
    chain.subscribe(5, 1, id("p"), EMITTER, FAR);
    chain.price(6, EMITTER);
    chain.cancel(7, 1);
    chain.price(8, EMITTER);
    chain.head = 60;
    expect((await chain.source().after(undefined, 10)).map(({ place }) => place.block)).to.deep.equal([6n]);
  });

  it("takes the cursor past logs that are for nobody, the same whoever looks and however far", async () => {
    const chain = new ScriptedChain();
    chain.subscribe(5, 1, id("junk"), EMITTER, FAR);
    for (let block = 6; block < 606; block++) chain.price(block, EMITTER);
    chain.head = 700;
    chain.request(650, 1);
    const knows = () => false;
    const events = await chain.source().after(undefined, 10, knows);
    expect(programsIn(events)).to.deep.equal([[], [], "request"]);
    expect(events[0]!.place.block).to.equal(261n);
    expect(await chain.source().after(undefined, 1, knows)).to.deep.equal(events.slice(0, 1));
    expect(await chain.source().after(events[0]!.place, 10, knows)).to.deep.equal(events.slice(1));
  });

  it("leaves what it began with as it was", () => {
    const first = new Subscriptions();
    const subscribed = {
      subscriptionId: "1",
      programId: id("p"),
      emitter: EMITTER,
      topic0: id("t"),
      paidUntil: 9n,
    };
    first.follow("Subscribed", subscribed);
    const second = new Subscriptions(first);
    second.follow("Cancelled", { subscriptionId: "1" });
    expect(first.paidAt(0n)).to.have.length(1);
    first.follow("Extended", { subscriptionId: "1", paidUntil: 20n });
    expect([first.paidAt(10n).length, second.isEmpty]).to.deep.equal([1, true]);
  });
});
