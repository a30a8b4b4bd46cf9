import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";

import { toBinary } from "../../../../plugin/cloud/storage/bytes.ts";
import type { Write } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { HEAD_KEY } from "../../../../plugin/cloud/storage/layout.ts";
import { encodeHead, type Changes } from "../../../../plugin/cloud/storage/records.ts";
import { wholeState, writeWholeState } from "../../../../plugin/cloud/storage/restoring.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";

/** Fails at one of its writes, as a machine that loses its power does, or a full disk. */
class FailingStore extends MemoryStore {
  failsAt = Infinity;
  writes = 0;

  override async write(writes: readonly Write[]): Promise<void> {
    this.writes += 1;
    if (this.writes === this.failsAt) throw new Error("the disk is full");
    await super.write(writes);
  }
}

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
const ALICE = keccak_256(text("program alice"));
const BOB = keccak_256(text("program bob"));

/** Bytes of a write, of which the state takes several. */
const WRITE_BYTES = 4_000;

function contents(name: string): Changes {
  const values = new Map(
    Array.from({ length: 50 }, (_, i) => [`${name} ${i}`, text(`value ${i} `.repeat(20))]),
  );
  return new Map([
    [toBinary(ALICE), { values, outboundNonce: 3 }],
    [toBinary(BOB), { values: new Map(), outboundNonce: 1 }],
  ]);
}

async function recordsOf(store: MemoryStore): Promise<[string, Uint8Array][]> {
  const records: [string, Uint8Array][] = [];
  for await (const [key, value] of store.entries("", "\xff")) records.push([key, value]);
  return records;
}

describe("plugin/cloud/storage/restoring", () => {
  it("makes the state that block by block would have come to", async () => {
    const given = contents("one");
    const { stateRoot } = await wholeState(given);
    const store = new MemoryStore();
    const state = await State.open(store);
    await state.restore({ height: 7, stateRoot }, given);
    await state.verify();

    const other = await State.open(new MemoryStore());
    const block = other.begin();
    const run = block.invocation(ALICE);
    for (const [key, value] of given.get(toBinary(ALICE))!.values) run.set(text(key), value!);
    for (let i = 0; i < 3; i++) run.nextOutboundNonce();
    run.keep();
    const bob = block.invocation(BOB);
    bob.nextOutboundNonce();
    bob.keep();
    await block.commit(7);
    expect(other.head).to.deep.equal(state.head);
    const key = text("one 17");
    expect(state.prove(ALICE, key)).to.deep.equal(other.prove(ALICE, key));
    expect((await State.open(store)).outboundNonce(BOB)).to.equal(1);
  });

  it("leaves an empty state, and nothing of itself, whichever write it fails at; another snapshot is taken then", async () => {
    const [one, two] = [contents("one"), contents("two")];
    const headOf = async (height: number, given: Changes): Promise<Write[]> => {
      const { stateRoot } = await wholeState(given);
      return [{ key: HEAD_KEY, value: encodeHead({ height, stateRoot }) }];
    };
    const [first, second] = [await headOf(7, one), await headOf(8, two)];
    const whole = new FailingStore();
    await writeWholeState(whole, one, first, WRITE_BYTES);
    const { writes } = whole;
    expect(writes, "it takes several").to.be.greaterThan(3);
    for (let at = 1; at <= writes; at++) {
      const store = new FailingStore();
      await State.open(store);
      const empty = await recordsOf(store);
      store.failsAt = store.writes + at;
      const failure = await writeWholeState(store, one, first, WRITE_BYTES).then(
        () => "none",
        (error: Error) => error.message,
      );
      expect(failure).to.equal("the disk is full");
      // The next attempt is made in the same process, or after it.
      if (at % 2 === 0) {
        expect((await State.open(store)).head.height).to.equal(0);
        expect(await recordsOf(store)).to.deep.equal(empty);
      }
      await writeWholeState(store, two, second, WRITE_BYTES);
      const state = await State.open(store);
      await state.verify();
      expect(state.head.height).to.equal(8);
      expect([...state.entries(ALICE)].length).to.equal(50);
    }
  });
});
