import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import fc from "fast-check";

import { toHex } from "../../../../plugin/cloud/storage/bytes.ts";
import { EMPTY_ROOT, Trie } from "../../../../plugin/cloud/storage/trie.ts";
import { WholeTrie } from "../../../../plugin/cloud/storage/whole-trie.ts";

type Entry = [key: Uint8Array, value: Uint8Array];

/** Root and nodes, as text. */
function built(entries: readonly Entry[]): { root: string; nodes: [string, string][] } {
  const nodes: [string, string][] = [];
  const all = new WholeTrie(entries.map(([key, value]) => [key, () => value])).nodes();
  for (;;) {
    const next = all.next();
    if (next.done === true) return { root: toHex(next.value), nodes: nodes.sort() };
    nodes.push([next.value[0], toHex(next.value[1])]);
  }
}

function inserted(entries: readonly Entry[]): { root: string; nodes: [string, string][] } {
  const trie = new Trie();
  for (const [key, value] of entries) trie.set(key, value);
  const { root, writes } = trie.commit();
  return {
    root: toHex(root),
    nodes: [...writes].map(([path, node]): [string, string] => [path, toHex(node!)]).sort(),
  };
}

describe("plugin/cloud/storage/whole-trie", () => {
  it("is, node by node, what a trie becomes that the entries are put into", () => {
    const number = fc.integer({ min: 0, max: 255 });
    // Short keys share much, and short values stand inside their parents.
    const key = fc.tuple(fc.integer({ min: 0, max: 3 }), number, fc.integer({ min: 0, max: 17 }));
    const value = fc.uint8Array({ minLength: 1, maxLength: 40 });
    const entries = fc.uniqueArray(fc.tuple(key, value), { selector: ([one]) => one.join(), maxLength: 60 });
    fc.assert(
      fc.property(entries, (given) => {
        const all = given.map(([one, other]): Entry => [Uint8Array.from(one), other]);
        expect(built(all)).to.deep.equal(inserted(all));
      }),
      { seed: 20, numRuns: 300 },
    );
    const hashed = Array.from({ length: 2_000 }, (_, i): Entry => {
      const hash = keccak_256(Uint8Array.of(i & 255, i >> 8));
      return [hash, hash.subarray(0, 1 + (i % 32))];
    });
    expect(built(hashed)).to.deep.equal(inserted(hashed));
  });

  it("has the empty trie's root without entries", () => {
    expect(built([])).to.deep.equal({ root: toHex(EMPTY_ROOT), nodes: [] });
  });
});
