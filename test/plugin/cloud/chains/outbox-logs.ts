import { expect } from "chai";
import { id, zeroPadValue } from "ethers";

import type { OrderedEvent } from "../../../../plugin/cloud/replication/event.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { addresses, ScriptedChain } from "./scripted-chain.ts";

const [A, B] = [id("program A"), id("program B")];
const FAR = 9_999_999_999n;

const given = (events: readonly OrderedEvent[]) =>
  events.map((event) => (event.kind === "funds" ? [event.programId, event.amount] : event.kind));

describe("plugin/cloud/chains/event-source, of what an outbox says", () => {
  it("gives what programs of its cloud have more, in the chain's order among all else", async () => {
    const chain = new ScriptedChain();
    chain.callGasPrice = 1n;
    chain.request(5, 1);
    chain.fund(5, A, 100n);
    chain.request(5, 2);
    chain.fund(6, B, 7n, id("another cloud"));
    chain.executed(7, B, 30n);
    chain.executed(8, B, 0n);
    chain.fund(8, A, 1n);
    chain.head = 20;
    const source = chain.source();
    const events = await source.after(undefined, 10);
    expect(given(events)).to.deep.equal(["request", [A, 100n], "request", [B, 30n], [A, 1n]]);
    expect(events[1]).to.deep.include({
      chainId: 1n,
      place: { block: 5n, logIndex: 1 },
      timestamp: chain.timestamp(5),
    });
    // Each once: behind the cursor nothing comes again, at a source that has just begun neither.
    for (const one of [source, chain.source()]) {
      expect(given(await one.after(events[1]!.place, 10))).to.deep.equal(["request", [B, 30n], [A, 1n]]);
      expect(await one.after(events.at(-1)!.place, 10)).to.deep.equal([]);
    }
  });

  it("finds a gift that was logged where a scan ended, after a restart from its record", async () => {
    const chain = new ScriptedChain();
    chain.callGasPrice = 1n;
    const store = new MemoryStore();
    chain.fund(40, A, 5n);
    chain.head = 60;
    const events = await chain.source(undefined, chain.provider, 0, store).after(undefined, 10);
    expect(given(events)).to.deep.equal([[A, 5n]]);
    chain.fund(70, A, 6n);
    chain.head = 80;
    const restarted = chain.source(undefined, chain.provider, 0, store);
    expect(given(await restarted.after(events[0]!.place, 10))).to.deep.equal([[A, 6n]]);
  });

  it("gives a log to programs that follow the outbox, and says of it what it says of funds", async () => {
    const chain = new ScriptedChain();
    chain.callGasPrice = 1n;
    const topic = id("Executed(bytes32,bytes32,uint64,address,bool,uint256)");
    chain.subscribe(4, 1, B, addresses.outbox, FAR, topic);
    chain.executed(5, A, 9n);
    chain.head = 20;
    const [event] = await chain.source().after(undefined, 10);
    expect(event).to.deep.include({ kind: "log", programIds: [B], funds: { programId: A, amount: 9n } });
    // Where the cloud knows none of the programs, the funds still count.
    const [unknown] = await chain.source().after(undefined, 10, () => false);
    expect(unknown).to.deep.include({ programIds: [], funds: { programId: A, amount: 9n } });
  });

  it("believes no other contract, and asks an outbox nothing where calls are free", async () => {
    const chain = new ScriptedChain();
    chain.callGasPrice = 1n;
    chain.fund(5, A, 100n);
    const forged = zeroPadValue("0x99", 20);
    chain.subscribe(3, 1, B, forged, FAR, id("Funded(bytes32,bytes32,address,uint256)"));
    chain.fund(6, A, 100n, undefined, forged);
    chain.head = 20;
    const events = await chain.source().after(undefined, 10);
    expect(given(events)).to.deep.equal([[A, 100n], "log"]);
    expect(events[1]).not.to.have.property("funds");
    chain.callGasPrice = 0n;
    chain.asked.length = 0;
    expect(given(await chain.source().after(undefined, 10))).to.deep.equal(["log"]);
    expect(chain.asked.some(({ address }) => address.includes(addresses.outbox))).to.equal(false);
  });
});
