import { keccak256 } from "../../crypto/keccak.ts";
import { equalBytes, toHex } from "./bytes.ts";
import { StorageCorruptedError } from "./key-value-store.ts";
import { encodeString } from "./rlp.ts";
import {
  branch,
  decodeNode,
  encodeNode,
  extension,
  leaf,
  toNibbles,
  type BranchNode,
  type Nibbles,
  type NodeReference,
  type TrieNode,
} from "./trie-node.ts";

/** Root of the trie without entries: keccak256 of the empty string's RLP. */
export const EMPTY_ROOT: Uint8Array = keccak256(Uint8Array.of(0x80));

/** Nodes to store, by the path at which they stand; `undefined` removes one. */
export type NodeWrites = Map<Nibbles, Uint8Array | undefined>;

/**
 * Gives the stored node at a path. The trie does not hash it again, as that would double the cost of a commit: where
 * the store cannot be trusted to give what was stored there, `load` compares with the hash that the node should have.
 */
export type LoadNode = (path: Nibbles, hash: Uint8Array) => Uint8Array | undefined;

function commonPrefix(a: Nibbles, b: Nibbles): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

/**
 * A Merkle Patricia trie (Yellow Paper, appendix D). Changes gather in memory, and `commit` encodes and hashes every
 * changed node once.
 *
 * Nodes are stored by the path at which they stand, not by their hash: a new version of a node takes the place of the
 * old one, so nothing is left over to collect. A node whose RLP is shorter than 32 bytes stands inside its parent and
 * is not stored, unless it is the root.
 */
export class Trie {
  readonly #load: LoadNode;
  #root: NodeReference;
  /** Paths of the nodes in memory that the store has too. */
  #stored = new Set<Nibbles>();

  /**
   * @param root hash of an existing trie, or `EMPTY_ROOT`
   * @param load gives the stored nodes
   */
  constructor(root: Uint8Array = EMPTY_ROOT, load: LoadNode = () => undefined) {
    this.#root = equalBytes(root, EMPTY_ROOT) ? undefined : root;
    this.#load = load;
  }

  /** The value under `key`; undefined when there is none. */
  get(key: Uint8Array): Uint8Array | undefined {
    const { node, rest } = this.#walk(toNibbles(key));
    if (node === undefined || node.kind === "extension") return undefined;
    if (node.kind === "leaf") return node.path === rest ? node.value : undefined;
    return rest === "" ? node.value : undefined;
  }

  /** Stores `value`, which is not empty, under `key`; `undefined` removes the entry. */
  set(key: Uint8Array, value: Uint8Array | undefined): void {
    const nibbles = toNibbles(key);
    this.#root =
      value === undefined
        ? this.#remove(this.#root, "", nibbles)
        : this.#insert(this.#root, "", nibbles, value);
  }

  /** Root hash, and what has to be written so that the store holds this trie. Assumes that it is written. */
  commit(): { root: Uint8Array; writes: NodeWrites } {
    const writes: NodeWrites = new Map();
    const live = new Set<Nibbles>();
    const reference = this.#root === undefined ? undefined : this.#persist(this.#root, "", writes, live);
    for (const path of this.#stored) if (!live.has(path)) writes.set(path, undefined);
    this.#stored = live;
    return { root: reference?.slice(1) ?? EMPTY_ROOT, writes };
  }

  /**
   * Merkle proof of the value under `key`, or of its absence: the encoded nodes from the root towards it, as in
   * `eth_getProof` (EIP-1186). Only after `commit`.
   */
  prove(key: Uint8Array): Uint8Array[] {
    return this.#walk(toNibbles(key)).encodings;
  }

  /** Follows `path` as far as it goes. `rest` is what remains of it at `node`. */
  #walk(path: Nibbles): { node: TrieNode | undefined; rest: Nibbles; encodings: Uint8Array[] } {
    const encodings: Uint8Array[] = [];
    let at = 0;
    let node = (this.#root = this.#resolve(this.#root, ""));
    while (node !== undefined) {
      // An embedded node was decoded as a part of its parent and has no encoding of its own.
      if (node.encoding !== undefined && (at === 0 || node.encoding.length >= 32))
        encodings.push(node.encoding);
      const rest = path.slice(at);
      if (node.kind === "leaf") return { node, rest, encodings };
      if (node.kind === "extension") {
        if (!rest.startsWith(node.path)) return { node, rest, encodings };
        at += node.path.length;
        node = node.child = this.#resolve(node.child, path.slice(0, at));
      } else {
        if (rest === "") return { node, rest, encodings };
        at++;
        const nibble = rest.charCodeAt(0);
        node = node.children[nibble] = this.#resolve(node.children[nibble], path.slice(0, at));
      }
    }
    return { node, rest: path.slice(at), encodings };
  }

  /** The node behind a reference, read from the store if need be. */
  #resolve(reference: NodeReference, path: Nibbles): TrieNode | undefined {
    if (!(reference instanceof Uint8Array)) return reference;
    const encoding = this.#load(path, reference);
    if (encoding === undefined)
      throw new StorageCorruptedError(`the trie node ${toHex(reference)} is missing`);
    this.#stored.add(path);
    return decodeNode(encoding);
  }

  #insert(reference: NodeReference, at: Nibbles, rest: Nibbles, value: Uint8Array): TrieNode {
    const node = this.#resolve(reference, at);
    if (node === undefined) return leaf(rest, value);
    if (node.kind === "branch") {
      if (rest === "") {
        if (equalBytes(node.value, value)) return node;
        node.value = value;
        node.encoding = undefined;
      } else {
        const nibble = rest.charCodeAt(0);
        const child = node.children[nibble];
        const next = this.#insert(child, at + rest[0]!, rest.slice(1), value);
        this.#replaceChild(node, nibble, next);
      }
      return node;
    }
    const common = commonPrefix(node.path, rest);
    if (node.kind === "leaf" && common === node.path.length && common === rest.length) {
      if (equalBytes(node.value, value)) return node;
      return leaf(rest, value);
    }
    if (node.kind === "extension" && common === node.path.length) {
      const child = this.#insert(node.child, at + node.path, rest.slice(common), value);
      if (child !== node.child || child.encoding === undefined) node.encoding = undefined;
      node.child = child;
      return node;
    }
    // The paths part within this node: a branch where they do, below an extension for what they share.
    const fork = branch();
    if (node.kind === "extension") {
      const tail = node.path.slice(common + 1);
      fork.children[node.path.charCodeAt(common)] = tail === "" ? node.child : extension(tail, node.child);
    } else this.#place(fork, node.path.slice(common), node.value);
    this.#place(fork, rest.slice(common), value);
    return common === 0 ? fork : extension(rest.slice(0, common), fork);
  }

  #place(fork: BranchNode, path: Nibbles, value: Uint8Array): void {
    if (path === "") fork.value = value;
    else fork.children[path.charCodeAt(0)] = leaf(path.slice(1), value);
  }

  #replaceChild(node: BranchNode, nibble: number, child: TrieNode | undefined): void {
    if (child !== node.children[nibble] || child?.encoding === undefined) node.encoding = undefined;
    node.children[nibble] = child;
  }

  #remove(reference: NodeReference, at: Nibbles, rest: Nibbles): TrieNode | undefined {
    const node = this.#resolve(reference, at);
    if (node === undefined) return undefined;
    if (node.kind === "leaf") return node.path === rest ? undefined : node;
    if (node.kind === "extension") {
      if (!rest.startsWith(node.path)) return node;
      // A branch has two entries at least, so one is left.
      const child = this.#remove(node.child, at + node.path, rest.slice(node.path.length))!;
      if (child.kind !== "branch") return this.#prepend(node.path, child);
      if (child !== node.child || child.encoding === undefined) node.encoding = undefined;
      node.child = child;
      return node;
    }
    if (rest === "") {
      if (node.value === undefined) return node;
      node.value = undefined;
      node.encoding = undefined;
    } else {
      const nibble = rest.charCodeAt(0);
      if (node.children[nibble] === undefined) return node;
      this.#replaceChild(node, nibble, this.#remove(node.children[nibble], at + rest[0]!, rest.slice(1)));
    }
    return this.#collapse(node, at);
  }

  /** `node`, or what stands in the place of a branch that has a single entry left. */
  #collapse(node: BranchNode, at: Nibbles): TrieNode {
    let last = -1;
    for (let nibble = 0; nibble < 16; nibble++) {
      if (node.children[nibble] === undefined) continue;
      if (last >= 0 || node.value !== undefined) return node;
      last = nibble;
    }
    if (last < 0) return leaf("", node.value!);
    const nibble = String.fromCharCode(last);
    return this.#prepend(nibble, this.#resolve(node.children[last], at + nibble)!);
  }

  #prepend(path: Nibbles, node: TrieNode): TrieNode {
    if (node.kind === "leaf") return leaf(path + node.path, node.value);
    if (node.kind === "extension") return extension(path + node.path, node.child);
    return extension(path, node);
  }

  /** Encodes what changed at and below `reference`; returns what stands for it in its parent, encoded. */
  #persist(reference: NodeReference, at: Nibbles, writes: NodeWrites, live: Set<Nibbles>): Uint8Array {
    if (reference === undefined) return encodeString(new Uint8Array());
    if (reference instanceof Uint8Array) return encodeString(reference);
    const persistChild = (child: NodeReference, path: Nibbles) =>
      this.#persist(child, at + path, writes, live);
    const before = reference.encoding;
    if (before === undefined) reference.encoding = encodeNode(reference, persistChild);
    else if (reference.kind === "extension") persistChild(reference.child, reference.path);
    else if (reference.kind === "branch") {
      // Nothing changed below, but the nodes that are in memory have to be counted among the living.
      for (let nibble = 0; nibble < 16; nibble++) {
        if (reference.children[nibble] !== undefined)
          persistChild(reference.children[nibble], String.fromCharCode(nibble));
      }
    }
    const encoding = reference.encoding!;
    if (encoding.length < 32 && at !== "") return encoding;
    live.add(at);
    if (before === undefined || !this.#stored.has(at)) writes.set(at, encoding);
    return encodeString(keccak256(encoding));
  }
}
