import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { encodeRlp, hexlify, keccak256, toBeArray } from "ethers";
import fc from "fast-check";

import { toHex } from "../../../../plugin/cloud/storage/bytes.ts";
import type { KeyValueStore } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { LevelStore } from "../../../../plugin/cloud/storage/level-store.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { verifyStorageProof } from "../../../../plugin/cloud/storage/proof.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { EMPTY_ROOT } from "../../../../plugin/cloud/storage/trie.ts";
import { referenceRoot } from "./reference-trie.ts";

const text = (value: string) => new Uint8Array(Buffer.from(value));
const ALICE = keccak_256(text("program alice"));
const BOB = keccak_256(text("program bob"));

/** What a state holds, kept in plain maps: program → key → value, and the nonces. */
class Model {
  readonly values = new Map<string, Map<string, Uint8Array>>();
  readonly nonces = new Map<string, number>();

  clone(): Model {
    const copy = new Model();
    for (const [program, entries] of this.values) copy.values.set(program, new Map(entries));
    for (const [program, nonce] of this.nonces) copy.nonces.set(program, nonce);
    return copy;
  }

  root(): string {
    const accounts: [Uint8Array, Uint8Array][] = [];
    for (const program of [ALICE, BOB]) {
      const entries = this.values.get(toHex(program)) ?? new Map<string, Uint8Array>();
      const nonce = this.nonces.get(toHex(program)) ?? 0;
      if (entries.size === 0 && nonce === 0) continue;
      const storageRoot = referenceRoot(
        [...entries].map(([key, value]) => [bytes(keccak256(key)), bytes(encodeRlp(value))] as const),
      );
      accounts.push([keccak_256(program), bytes(encodeRlp([storageRoot, toBeArray(nonce)]))]);
    }
    return referenceRoot(accounts);
  }
}

function bytes(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.slice(2), "hex"));
}

const directories: string[] = [];
async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "nexus-state-"));
  directories.push(path);
  return path;
}

async function put(
  state: State,
  height: number,
  entries: Record<string, string | undefined>,
  program = ALICE,
) {
  const block = state.begin();
  const run = block.invocation(program);
  for (const [key, value] of Object.entries(entries)) {
    if (value === undefined) run.delete(text(key));
    else run.set(text(key), text(value));
  }
  run.keep();
  return block.commit(height);
}

describe("storage: state", () => {
  after(async () => {
    for (const path of directories) await rm(path, { recursive: true, force: true });
  });

  const stores: Record<string, () => Promise<KeyValueStore>> = {
    "in memory": async () => new MemoryStore(),
    "on disk": async () => LevelStore.open(await directory(), { cacheBytes: 4096 }),
  };
  for (const [where, openStore] of Object.entries(stores)) {
    describe(where, () => {
      it("starts empty", async () => {
        const state = await State.open(await openStore());
        expect(state.head).to.deep.equal({ height: 0, stateRoot: EMPTY_ROOT });
        expect(toHex(EMPTY_ROOT)).to.equal(
          "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
        );
        await state.close();
      });

      it("behaves like maps, block by block, through discards and reverts, with the defined root", async () => {
        const key = fc.constantFrom("a", "ab", "b", "\x00", "longer key", "z");
        const operation = fc.oneof(
          {
            weight: 5,
            arbitrary: fc.record({
              kind: fc.constant("set" as const),
              key,
              value: fc.string({ maxLength: 40 }),
            }),
          },
          { weight: 2, arbitrary: fc.record({ kind: fc.constant("delete" as const), key }) },
          { weight: 1, arbitrary: fc.record({ kind: fc.constant("call" as const) }) },
        );
        const run = fc.record({
          alice: fc.boolean(),
          kept: fc.boolean(),
          operations: fc.array(operation, { maxLength: 6 }),
        });
        const step = fc.record({
          runs: fc.array(run, { maxLength: 4 }),
          discard: fc.boolean(),
          back: fc.nat(3),
        });
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
            const state = await State.open(await openStore());
            const history = [new Model()];
            for (const { runs, discard, back } of steps) {
              const block = state.begin();
              const model = history.at(-1)!.clone();
              for (const { alice, kept, operations } of runs) {
                const program = alice ? ALICE : BOB;
                const invocation = block.invocation(program);
                const entries = new Map(model.values.get(toHex(program)));
                let nonce = model.nonces.get(toHex(program)) ?? 0;
                for (const operation of operations) {
                  if (operation.kind === "call") expect(invocation.nextOutboundNonce()).to.equal(nonce++);
                  else {
                    const name = hexlify(text(operation.key));
                    if (operation.kind === "set") {
                      invocation.set(text(operation.key), text(operation.value));
                      entries.set(name, text(operation.value));
                    } else expect(invocation.delete(text(operation.key))).to.equal(entries.delete(name));
                    expect(invocation.get(text(operation.key))).to.deep.equal(entries.get(name));
                  }
                  // A walk over all keys, up and down, sees the writes so far.
                  const up = [...invocation.scan(new Uint8Array(), undefined)];
                  expect(up.map(({ key }) => toHex(key))).to.deep.equal([...entries.keys()].sort());
                  for (const { key, value } of up) expect(value).to.deep.equal(entries.get(toHex(key)));
                  expect([...invocation.scan(new Uint8Array(), undefined, true)]).to.deep.equal(up.reverse());
                  const part = [...invocation.scan(text("a\0"), text("z"))].map(({ key }) => toHex(key));
                  expect(part).to.deep.equal(
                    [...entries.keys()].sort().filter((key) => key > "0x61" && key < "0x7a"),
                  );
                }
                if (!kept) invocation.discard();
                else {
                  invocation.keep();
                  model.values.set(toHex(program), entries);
                  model.nonces.set(toHex(program), nonce);
                }
              }
              if (discard) block.discard();
              else {
                const root = block.stateRoot();
                const head = await block.commit(state.head.height + 1);
                expect(head.stateRoot).to.deep.equal(root);
                history.push(model);
              }
              const height = Math.max(0, state.head.height - back);
              await state.revert(height);
              history.length = height + 1;
              expect(toHex(state.head.stateRoot)).to.equal(history.at(-1)!.root());
            }
            await state.verify();
            await state.close();
          }),
          { seed: 0x6e65, numRuns: where === "on disk" ? 15 : 60 },
        );
      });

      it("proves values and absences at the head and at earlier heights", async () => {
        const state = await State.open(await openStore());
        const values = Object.fromEntries(
          Array.from({ length: 50 }, (_, i) => [`key ${i}`, `value ${i}`.repeat(1 + i)]),
        );
        await put(state, 1, values);
        await put(state, 5, { "key 7": undefined, "key 8": "changed", another: "one" });
        await put(state, 6, { "key 8": "changed again" }, BOB);
        const check = (height: number, program: Uint8Array, key: string, expected: string | undefined) => {
          const proof = state.prove(program, text(key), height);
          const value = expected === undefined ? undefined : text(expected);
          expect(verifyStorageProof(bytes(proof.stateRoot), proof)).to.deep.equal(value);
          expect(proof.value).to.equal(value && toHex(value));
          return proof;
        };
        check(1, ALICE, "key 7", values["key 7"]!);
        check(5, ALICE, "key 7", undefined);
        check(5, ALICE, "key 8", "changed");
        check(1, ALICE, "key 8", values["key 8"]!);
        check(6, ALICE, "another", "one");
        check(1, ALICE, "another", undefined);
        check(6, BOB, "key 8", "changed again");
        expect(check(5, BOB, "key 8", undefined).storageHash).to.equal(toHex(EMPTY_ROOT));
        expect(check(0, BOB, "key 8", undefined).accountProof).to.deep.equal([]);
        expect(state.prove(ALICE, text("x")).stateRoot).to.equal(toHex(state.head.stateRoot));
        expect(() => state.prove(ALICE, text("x"), 3)).to.throw("There is no state at height 3");
        expect(() => state.prove(ALICE, text("x"), 7)).to.throw("There is no state at height 7");
        await state.close();
      });

      it("refuses a proof of another root, program, key or value", async () => {
        const state = await State.open(await openStore());
        await put(state, 1, { a: "1", b: "2" });
        await put(state, 2, { a: "1", b: "3" }, BOB);
        const { stateRoot } = state.head;
        const proof = state.prove(ALICE, text("a"));
        const fails = "The proof does not lead";
        expect(() => verifyStorageProof(EMPTY_ROOT, proof)).to.throw("do not lie on the path");
        expect(() => verifyStorageProof(keccak_256(stateRoot), proof)).to.throw(fails);
        const other = { ...proof, storageProof: state.prove(BOB, text("a")).storageProof };
        expect(() => verifyStorageProof(stateRoot, other)).to.throw(fails);
        expect(verifyStorageProof(stateRoot, { ...proof, key: toHex(text("a")) })).to.deep.equal(text("1"));
        await state.close();
      });
    });
  }

  it("keeps only the last blocks revertible, as many as it is told", async () => {
    const state = await State.open(new MemoryStore(), { history: 3 });
    for (let height = 1; height <= 10; height++) await put(state, height, { a: String(height) });
    expect(state.oldestHeight).to.equal(7);
    await state.revert(6).then(
      () => expect.fail("reverted"),
      (error: Error) => expect(error.message).to.include("There is no state at height 6"),
    );
    await state.revert(7);
    expect(state.get(ALICE, text("a"))).to.deep.equal(text("7"));
    expect(state.oldestHeight).to.equal(7);
  });

  it("finds everything again after reopening", async () => {
    const path = await directory();
    let state = await State.open(await LevelStore.open(path));
    await put(state, 1, { a: "1", b: "" });
    const head = await put(state, 2, { c: "3" }, BOB);
    await state.close();
    state = await State.open(await LevelStore.open(path));
    expect(state.head).to.deep.equal(head);
    expect(state.get(ALICE, text("b"))).to.deep.equal(new Uint8Array());
    const block = state.begin();
    const run = block.invocation(ALICE);
    expect([...run.scan(text("a\x00"), undefined)]).to.deep.equal([
      { key: text("b"), value: new Uint8Array() },
    ]);
    run.discard();
    block.discard();
    await state.revert(1);
    expect(state.get(BOB, text("c"))).to.equal(undefined);
    await state.close();
  });

  it("hides a program's storage from every other, and a block's from the head", async () => {
    const state = await State.open(new MemoryStore());
    await put(state, 1, { a: "alice" });
    const block = state.begin();
    const run = block.invocation(BOB);
    expect(run.get(text("a"))).to.equal(undefined);
    expect([...run.scan(new Uint8Array(), undefined)]).to.deep.equal([]);
    run.set(text("a"), text("bob"));
    run.keep();
    expect(state.get(BOB, text("a"))).to.equal(undefined);
    await block.commit(2);
    expect(state.get(ALICE, text("a"))).to.deep.equal(text("alice"));
    expect(state.get(BOB, text("a"))).to.deep.equal(text("bob"));
  });

  it("walks on over what is written meanwhile", async () => {
    const state = await State.open(new MemoryStore());
    await put(state, 1, { a: "1", b: "2", c: "3" });
    const run = state.begin().invocation(ALICE);
    const seen: string[] = [];
    for (const { key } of run.scan(new Uint8Array(), undefined)) {
      seen.push(Buffer.from(key).toString());
      if (seen.length === 1) {
        run.delete(text("b"));
        run.set(text("bb"), text("4"));
        run.set(text("A"), text("behind"));
      }
    }
    expect(seen).to.deep.equal(["a", "bb", "c"]);
  });

  it("copies what it is given", async () => {
    const state = await State.open(new MemoryStore());
    const block = state.begin();
    const run = block.invocation(ALICE);
    const memory = text("value");
    run.set(text("a"), memory);
    memory.fill(0);
    run.keep();
    await block.commit(1);
    expect(state.get(ALICE, text("a"))).to.deep.equal(text("value"));
    await state.verify();
  });

  it("refuses bad keys, values, ids, heights and calls out of order", async () => {
    const state = await State.open(new MemoryStore());
    const block = state.begin();
    expect(() => state.begin()).to.throw("A block is open");
    expect(() => block.invocation(new Uint8Array(31))).to.throw("A program id has 32 bytes, this one has 31");
    const run = block.invocation(ALICE);
    expect(() => block.invocation(ALICE)).to.throw("still open");
    expect(() => block.stateRoot()).to.throw("still open");
    expect(() => run.set(new Uint8Array(), text("x"))).to.throw(RangeError, "A key of 0 bytes");
    expect(() => run.get(new Uint8Array(257))).to.throw(RangeError, "A key of 257 bytes");
    expect(() => run.set(text("x"), new Uint8Array(65_537))).to.throw(RangeError, "A value of 65537 bytes");
    run.set(new Uint8Array(256).fill(0xff), new Uint8Array(65_536));
    run.keep();
    expect(() => run.get(text("x"))).to.throw("has ended");
    for (const height of [0, -1, 1.5, Number.NaN]) {
      await block.commit(height).then(
        () => expect.fail("committed"),
        (error: Error) => expect(error.message).to.include(`at height ${height} cannot follow`),
      );
    }
    await block.commit(1);
    expect(() => block.invocation(ALICE)).to.throw("has been committed");
    expect(() => block.discard()).to.throw("has been committed");
    await state.verify();
  });

  it("stays as it was when a write fails, and can commit the same block again", async () => {
    class FailingStore extends MemoryStore {
      failing = false;
      override async write(writes: Parameters<MemoryStore["write"]>[0]): Promise<void> {
        if (this.failing) throw new Error("no space left on device");
        await super.write(writes);
      }
    }
    const store = new FailingStore();
    const state = await State.open(store);
    const head = await put(state, 1, { a: "1" });
    const block = state.begin();
    const run = block.invocation(ALICE);
    run.set(text("b"), text("2"));
    run.keep();
    store.failing = true;
    await block.commit(2).then(
      () => expect.fail("committed"),
      (error: Error) => expect(error.message).to.equal("no space left on device"),
    );
    expect(state.head).to.equal(head);
    store.failing = false;
    await block.commit(2);
    expect(state.get(ALICE, text("b"))).to.deep.equal(text("2"));
    await state.verify();
  });
});
