import { keccak256 } from "../../crypto/keccak.ts";
import { encodeString } from "./rlp.ts";
import { branch, encodeNode, extension, leaf, toNibbles, type Nibbles, type TrieNode } from "./trie-node.ts";
import { EMPTY_ROOT } from "./trie.ts";

/** What stands for a node in its parent: its hash, or itself where it is shorter than one. */
type Built = Uint8Array | TrieNode;

/**
 * A Merkle Patricia trie of entries that are all known before: the same as `Trie` makes of them, without any of its nodes in memory but those
 * from the root to the one that is being built.
 */
export class WholeTrie {
  /** Ascending by place, no two the same. */
  readonly #entries: readonly (readonly [place: Nibbles, value: () => Uint8Array])[];

  /** @param entries keys, all of one length and no two the same, with what gives their value, which is not empty */
  constructor(entries: Iterable<readonly [key: Uint8Array, value: () => Uint8Array]>) {
    this.#entries = Array.from(entries, ([key, value]) => [toNibbles(key), value] as const).sort(
      ([a], [b]) => (a < b ? -1 : 1),
    );
  }

  /** Gives the nodes to store, by the path at which they stand, and then the root. It can be gone through again. */
  *nodes(): Generator<readonly [path: Nibbles, encoding: Uint8Array], Uint8Array, undefined> {
    const { length } = this.#entries;
    return length === 0 ? EMPTY_ROOT : ((yield* this.#build(0, length, 0)) as Uint8Array);
  }

  /** The node at `depth` above the entries in [from, to), which share their places up to there. */
  *#build(
    from: number,
    to: number,
    depth: number,
  ): Generator<readonly [path: Nibbles, encoding: Uint8Array], Built, undefined> {
    const [place, value] = this.#entries[from]!;
    const last = this.#entries[to - 1]![0];
    let node: TrieNode;
    if (to - from === 1) node = leaf(place.slice(depth), value());
    else if (place[depth] === last[depth]) {
      let common = depth + 1;
      while (place[common] === last[common]) common++;
      node = extension(place.slice(depth, common), yield* this.#build(from, to, common));
    } else {
      node = branch();
      for (let at = from; at < to;) {
        const nibble = this.#entries[at]![0].charCodeAt(depth);
        let end = at + 1;
        while (end < to && this.#entries[end]![0].charCodeAt(depth) === nibble) end++;
        node.children[nibble] = yield* this.#build(at, end, depth + 1);
        at = end;
      }
    }
    node.encoding = encodeNode(node, (child) =>
      child instanceof Uint8Array ? encodeString(child) : child!.encoding!,
    );
    if (node.encoding.length < 32 && depth > 0) return node;
    yield [place.slice(0, depth), node.encoding];
    return keccak256(node.encoding);
  }
}
