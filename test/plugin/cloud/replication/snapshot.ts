import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { keccak256, toBeHex } from "ethers";

import { Application } from "../../../../plugin/cloud/replication/application.ts";
import { exportSnapshot, importSnapshot } from "../../../../plugin/cloud/replication/snapshot.ts";
import { fromBinary, toBinary } from "../../../../plugin/cloud/storage/bytes.ts";
import { moduleKey } from "../../../../plugin/cloud/storage/layout.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { decode, encodeList, encodeString } from "../../../../plugin/cloud/storage/rlp.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { program } from "../runtime/programs.ts";
import { CHAIN, CLOUD, GATEWAY, requestEvent, seeing } from "./events.ts";

const text = (value: string) => new Uint8Array(Buffer.from(value));
const ALICE = keccak_256(text("program alice"));
const BOB = keccak_256(text("program bob"));
const counter = prebuilt("counter");
const one = Buffer.from(toBeHex(1, 32).slice(2), "hex");

type Entry = [key: string, value: Uint8Array];

async function chunksOf(store: MemoryStore): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of exportSnapshot(store)) chunks.push(chunk);
  return chunks;
}

/** The same snapshot with other records. */
function altered(chunks: readonly Uint8Array[], change: (entries: Entry[]) => Entry[]): Uint8Array[] {
  const entries = chunks.flatMap((chunk) =>
    (decode(chunk) as Uint8Array[][]).map(([key, value]): Entry => [toBinary(key!), value!]),
  );
  return [
    encodeList(
      change(entries).map(([key, value]) => encodeList([encodeString(fromBinary(key)), encodeString(value)])),
    ),
  ];
}

async function refusal(chunks: Uint8Array[], expected: State["head"]): Promise<string> {
  const store = new MemoryStore();
  const message = await importSnapshot(store, chunks, expected).then(
    () => "none",
    (error: Error) => error.message,
  );
  expect((await State.open(store)).head.height, "nothing is written").to.equal(0);
  return message;
}

function applicationOn(state: State, store: MemoryStore): Application {
  const genesis = { chains: [{ chainId: CHAIN, gateway: GATEWAY, callGasPrice: 0n }], epoch: 1n };
  return new Application({ cloudId: CLOUD, genesis, limits: { fuel: 10_000_000n } }, state, store);
}

describe("plugin/cloud/replication/snapshot", () => {
  it("carries a state to another store and back to the same root, or writes nothing", async () => {
    const store = new MemoryStore();
    const state = await State.open(store);
    const block = state.begin();
    const values = block.invocation(ALICE);
    for (let i = 0; i < 30; i++) values.set(text(`k${i}`), text("v".repeat(60_000)));
    values.keep();
    const run = block.invocation(BOB);
    run.nextOutboundNonce();
    run.nextOutboundNonce();
    run.keep();
    await block.commit(4);
    const chunks = await chunksOf(store);
    expect(chunks.length).to.be.greaterThan(2);

    const copy = await importSnapshot(new MemoryStore(), chunks, state.head);
    expect(copy.head).to.deep.equal(state.head);
    expect(copy.outboundNonce(BOB)).to.equal(2);
    expect(copy.get(ALICE, text("k7"))).to.deep.equal(state.get(ALICE, text("k7")));
    await copy.verify();

    const wrong = { height: 4, stateRoot: keccak_256(text("other")) };
    expect(await refusal(chunks, wrong)).to.match(/has root 0x.* and not/);
    expect(await refusal(chunks.slice(1), wrong)).to.include("of height unknown and not 4");
    const full = await importSnapshot(store, chunks, wrong).catch((error: Error) => error.message);
    expect(full).to.include("this one is at height 4");
  });

  it("lets a node go on where its peers are: programs, queues, nonces, cursors and what waits for its run come along", async () => {
    const calls = `(call $call (i64.const ${CHAIN}) (i32.const 0) (i32.const 5000000) (i32.const 0) (i32.const 0))`;
    const caller = program(`(func $start ${calls} ${calls} ${calls})`);
    const store = new MemoryStore();
    const peer = applicationOn(await State.open(store), store);
    const asked = [
      requestEvent(0, keccak256(counter), one),
      requestEvent(1, keccak256(caller)),
      requestEvent(2, keccak256(counter), one),
    ];
    const follow = async (app: Application, events = asked) => {
      const proposed = [counter, caller].map((module) => ({ kind: "program" as const, module }));
      const block = (await app.prepareProposal(seeing(events), proposed))!;
      const record = await app.finalizeBlock(block);
      const signatures = [new Uint8Array(64).fill(block.height)];
      await app.blocks.certify(block.height, { epoch: 1n, headers: record.chains, signatures });
      return { block, record };
    };
    const more = [...asked, requestEvent(3, keccak256(counter), one)];
    await follow(peer);
    const { record } = await follow(peer, more);
    expect(record.chains[0]!.calls, "one waits for another header").to.have.length(2);
    const chunks = await chunksOf(store);
    const { head } = peer.state;
    const copy = new MemoryStore();
    const newcomer = applicationOn(await importSnapshot(copy, chunks, head), copy);
    const { block, record: expected } = await follow(peer, more);
    expect(expected.chains[0]!.calls.map(({ nonce }) => nonce)).to.deep.equal([2n]);
    expect(await newcomer.finalizeBlock(block)).to.deep.equal(expected);
    expect(expected.chains[0]!.answers[0]!.output.at(-1), "it knows the program").to.equal(3);

    const fibonacci = prebuilt("fibonacci");
    const alien: Entry = [moduleKey(toBinary(Buffer.from(keccak256(fibonacci).slice(2), "hex"))), fibonacci];
    const isModule = ([key]: Entry) => key.startsWith(moduleKey(""));
    const cases: [string, (entries: Entry[]) => Entry[], RegExp][] = [
      ["a module more", (entries) => [...entries, alien], /module under 0x.* does not know/],
      [
        "a module less",
        (entries) => entries.filter((one, i) => !isModule(one) || i % 2 === 0),
        /lacks the module/,
      ],
      [
        "another module",
        (entries) => entries.map((one): Entry => (isModule(one) ? [one[0], fibonacci] : one)),
        /module under 0x.* does not know/,
      ],
      [
        "another epoch",
        (entries) => entries.map(([key, value]) => [key, key.endsWith("epoch") ? Uint8Array.of(2) : value]),
        /has root 0x/,
      ],
      ["no cursor", (entries) => entries.filter(([key]) => !key.includes("cursor/")), /has root 0x/],
      [
        "no event that waits for its run",
        (entries) => entries.filter(([key]) => !key.includes("run/")),
        /has root 0x/,
      ],
      ["no call that waits", (entries) => entries.filter(([key]) => !key.includes("call/")), /has root 0x/],
    ];
    for (const [what, change, why] of cases) {
      expect(await refusal(altered(chunks, change), head), what).to.match(why);
    }
    await importSnapshot(
      new MemoryStore(),
      altered(chunks, (entries) => entries),
      head,
    );
  });
});
