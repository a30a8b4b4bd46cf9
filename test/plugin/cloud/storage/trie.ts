import { readFileSync } from "node:fs";

import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import fc from "fast-check";

import { toHex } from "../../../../plugin/cloud/storage/bytes.ts";
import { StorageCorruptedError } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { verifyTrieProof } from "../../../../plugin/cloud/storage/proof.ts";
import { EMPTY_ROOT, Trie } from "../../../../plugin/cloud/storage/trie.ts";
import { referenceRoot } from "./reference-trie.ts";

type Vectors = Record<string, { in: Record<string, string> | [string, string | null][]; root: string }>;

function vectors(name: string): Vectors {
  return JSON.parse(readFileSync(new URL(`vectors/${name}.json`, import.meta.url), "utf8")) as Vectors;
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(text.startsWith("0x") ? Buffer.from(text.slice(2), "hex") : Buffer.from(text));
}

/** A trie whose nodes go to a store and are read back, as in the state. */
class StoredTrie {
  readonly nodes = new Map<string, Uint8Array>();
  root = EMPTY_ROOT;

  update(changes: Iterable<readonly [Uint8Array, Uint8Array | undefined]>): Uint8Array {
    const trie = this.open();
    for (const [key, value] of changes) trie.set(key, value);
    const { root, writes } = trie.commit();
    for (const [path, node] of writes) {
      if (node === undefined) {
        expect(this.nodes.delete(path), "removes only what is stored").to.equal(true);
      } else this.nodes.set(path, node);
    }
    return (this.root = root);
  }

  open(): Trie {
    return new Trie(this.root, (path) => this.nodes.get(path));
  }
}

// Few distinct nibbles, so that paths share prefixes, and lengths that make keys end within others' paths.
const key = fc
  .array(fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0xf0), { minLength: 0, maxLength: 4 })
  .map((key) => Uint8Array.from(key));
const value = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 3 }),
  fc.uint8Array({ minLength: 30, maxLength: 70 }),
);
const changes = fc.array(fc.tuple(key, fc.option(value, { nil: undefined, freq: 3 })), { maxLength: 20 });
const SEED = { seed: 0x6e65 };

describe("storage: trie", () => {
  for (const [name, secure] of [
    ["trietest", false],
    ["trieanyorder", false],
    ["trietest_secureTrie", true],
    ["trieanyorder_secureTrie", true],
    ["hex_encoded_securetrie_test", true],
  ] as const) {
    for (const [test, { in: input, root }] of Object.entries(vectors(name))) {
      it(`agrees with ethereum/tests ${name}/${test}`, () => {
        const entries = (Array.isArray(input) ? input : Object.entries(input)).map(([key, value]) => {
          const encoded = bytes(key);
          return [secure ? keccak_256(encoded) : encoded, value === null ? undefined : bytes(value)] as const;
        });
        const orders = name.includes("anyorder") ? [entries, [...entries].reverse()] : [entries];
        for (const order of orders) {
          const atOnce = new StoredTrie();
          expect(toHex(atOnce.update(order))).to.equal(root);
          const oneByOne = new StoredTrie();
          for (const entry of order) oneByOne.update([entry]);
          expect(toHex(oneByOne.root)).to.equal(root);
          expect(oneByOne.nodes).to.deep.equal(atOnce.nodes);
        }
      });
    }
  }

  it("gives the root, the values and exactly the nodes of the recursive definition, whatever the history", () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 6 }), (batches) => {
        const trie = new StoredTrie();
        const model = new Map<string, Uint8Array>();
        for (const batch of batches) {
          trie.update(batch);
          for (const [key, value] of batch) {
            if (value === undefined) model.delete(toHex(key));
            else model.set(toHex(key), value);
          }
          const entries = [...model].map(([key, value]) => [bytes(key), value] as const);
          expect(toHex(trie.root)).to.equal(referenceRoot(entries));
          const fresh = new StoredTrie();
          fresh.update(entries.reverse());
          expect(trie.nodes).to.deep.equal(fresh.nodes);
          for (const [key, value] of entries) expect(trie.open().get(key)).to.deep.equal(value);
        }
        trie.update([...model.keys()].map((key) => [bytes(key), undefined]));
        expect(trie.root).to.deep.equal(EMPTY_ROOT);
        expect(trie.nodes.size).to.equal(0);
      }),
      { ...SEED, numRuns: 150 },
    );
  });

  it("commits again and again without being opened anew", () => {
    fc.assert(
      fc.property(fc.array(changes, { maxLength: 5 }), (batches) => {
        const stored = new StoredTrie();
        const nodes = new Map<string, Uint8Array>();
        const kept = new Trie();
        for (const batch of batches) {
          stored.update(batch);
          for (const [key, value] of batch) kept.set(key, value);
          const { root, writes } = kept.commit();
          for (const [path, node] of writes) {
            if (node === undefined) nodes.delete(path);
            else nodes.set(path, node);
          }
          expect(root).to.deep.equal(stored.root);
          expect(nodes).to.deep.equal(stored.nodes);
        }
      }),
      { ...SEED, numRuns: 200 },
    );
  });

  it("proves what is there and what is not, to the verifier", () => {
    fc.assert(
      fc.property(changes, fc.array(key, { maxLength: 5 }), (entries, others) => {
        const trie = new StoredTrie();
        trie.update(entries);
        for (const key of [...entries.map(([key]) => key), ...others]) {
          const proof = trie.open().prove(key);
          expect(verifyTrieProof(trie.root, key, proof)).to.deep.equal(trie.open().get(key));
        }
      }),
      { ...SEED, numRuns: 200 },
    );
  });

  it("refuses a proof with a node changed, left out or added", () => {
    const trie = new StoredTrie();
    const entries = Array.from(
      { length: 100 },
      (_, i) => [keccak_256(Uint8Array.of(i)), Uint8Array.of(i + 1)] as const,
    );
    trie.update(entries);
    const [key] = entries[7]!;
    const proof = trie.open().prove(key);
    expect(proof.length).to.be.greaterThan(1);
    const changed = proof.map((node) => node.slice());
    changed[1]![5]! ^= 1;
    const fails = "The proof does not lead from root";
    expect(() => verifyTrieProof(trie.root, key, changed)).to.throw(fails);
    expect(() => verifyTrieProof(trie.root, key, proof.slice(0, -1))).to.throw(fails);
    expect(() => verifyTrieProof(keccak_256(trie.root), key, proof)).to.throw(fails);
    expect(() => verifyTrieProof(trie.root, key, [...proof, proof[0]!])).to.throw("1 nodes of the proof");
  });

  it("says which node is missing", () => {
    const trie = new StoredTrie();
    trie.update([
      [bytes("dog"), bytes("puppy and some more to make it long")],
      [bytes("cat"), bytes("kitten and some more to make it long")],
    ]);
    const [path, node] = [...trie.nodes].find(([path]) => path !== "")!;
    trie.nodes.delete(path);
    const missing = `the trie node ${toHex(keccak_256(node))} is missing`;
    expect(() => ["dog", "cat"].map((key) => trie.open().get(bytes(key)))).to.throw(
      StorageCorruptedError,
      missing,
    );
  });
});
