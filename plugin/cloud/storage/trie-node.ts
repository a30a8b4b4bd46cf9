/** The nodes of a Merkle Patricia trie and their encoding: Yellow Paper, appendices C and D. */

import { decode, encodeList, encodeString, type RlpItem } from "./rlp.ts";

/** A path as a binary string of nibbles: one character (0 to 15) per nibble. */
export type Nibbles = string;

/** What a node points to: nothing, a node by its keccak256, or a node in memory. */
export type NodeReference = undefined | Uint8Array | TrieNode;

export interface LeafNode {
  readonly kind: "leaf";
  readonly path: Nibbles;
  value: Uint8Array;
  encoding: Uint8Array | undefined;
}

/** A shared stretch of path; its child is always a branch. */
export interface ExtensionNode {
  readonly kind: "extension";
  readonly path: Nibbles;
  child: NodeReference;
  encoding: Uint8Array | undefined;
}

export interface BranchNode {
  readonly kind: "branch";
  /** One per nibble. */
  readonly children: NodeReference[];
  value: Uint8Array | undefined;
  encoding: Uint8Array | undefined;
}

/** A node in memory. `encoding` is undefined once the node or anything below it has changed. */
export type TrieNode = LeafNode | ExtensionNode | BranchNode;

export function leaf(path: Nibbles, value: Uint8Array): LeafNode {
  return { kind: "leaf", path, value, encoding: undefined };
}

export function extension(path: Nibbles, child: NodeReference): ExtensionNode {
  return { kind: "extension", path, child, encoding: undefined };
}

export function branch(): BranchNode {
  return { kind: "branch", children: new Array(16).fill(undefined), value: undefined, encoding: undefined };
}

/** The nibbles of `key`, high one of each byte first. */
export function toNibbles(key: Uint8Array): Nibbles {
  let nibbles = "";
  for (const byte of key) nibbles += String.fromCharCode(byte >>> 4, byte & 15);
  return nibbles;
}

/** Hex-prefix encoding: a flag nibble (2 marks a leaf, 1 an odd length), then the path. */
export function encodePath(path: Nibbles, isLeaf: boolean): Uint8Array {
  const odd = path.length & 1;
  const bytes = new Uint8Array((path.length >>> 1) + 1);
  bytes[0] = ((isLeaf ? 2 : 0) + odd) << 4;
  if (odd) bytes[0] |= path.charCodeAt(0);
  for (let at = odd, to = 1; at < path.length; at += 2, to++) {
    bytes[to] = (path.charCodeAt(at) << 4) | path.charCodeAt(at + 1);
  }
  return bytes;
}

/** Inverse of `encodePath`. Throws Error on flags that no path has. */
export function decodePath(bytes: Uint8Array): { path: Nibbles; isLeaf: boolean } {
  const flags = bytes[0] ?? 0xff;
  if (flags >= 0x40 || ((flags & 0x10) === 0 && (flags & 0x0f) !== 0)) {
    throw new Error(
      `Trie: a path of ${bytes.length} bytes begins with the unknown flags 0x${flags.toString(16)}.`,
    );
  }
  return { path: toNibbles(bytes).slice(flags & 0x10 ? 1 : 2), isLeaf: (flags & 0x20) !== 0 };
}

const EMPTY = Uint8Array.of(0x80);

/**
 * The RLP of a node.
 * @param reference gives what stands for a child in its parent, encoded: see `Trie`
 */
export function encodeNode(
  node: TrieNode,
  reference: (child: NodeReference, path: Nibbles) => Uint8Array,
): Uint8Array {
  switch (node.kind) {
    case "leaf":
      return encodeList([encodeString(encodePath(node.path, true)), encodeString(node.value)]);
    case "extension":
      return encodeList([encodeString(encodePath(node.path, false)), reference(node.child, node.path)]);
    case "branch":
      return encodeList([
        ...node.children.map((child, nibble) =>
          child === undefined ? EMPTY : reference(child, String.fromCharCode(nibble)),
        ),
        node.value === undefined ? EMPTY : encodeString(node.value),
      ]);
  }
}

function decodeReference(item: RlpItem): NodeReference {
  if (Array.isArray(item)) return fromItem(item);
  if (item.length === 0) return undefined;
  if (item.length === 32) return item;
  throw new Error(`Trie: a reference of ${item.length} bytes is neither empty, a hash nor a node.`);
}

function fromItem(item: RlpItem): TrieNode {
  if (Array.isArray(item) && item.length === 17) {
    const value = item[16]!;
    if (!(value instanceof Uint8Array)) throw new Error("Trie: the value of a branch is a list.");
    return {
      kind: "branch",
      children: item.slice(0, 16).map(decodeReference),
      value: value.length === 0 ? undefined : value,
      encoding: undefined,
    };
  }
  if (Array.isArray(item) && item.length === 2 && item[0] instanceof Uint8Array) {
    const { path, isLeaf } = decodePath(item[0]);
    if (!isLeaf) return extension(path, decodeReference(item[1]!));
    if (item[1] instanceof Uint8Array && item[1].length > 0) return leaf(path, item[1]);
  }
  throw new Error("Trie: a node is neither a branch, an extension nor a leaf.");
}

/** Inverse of `encodeNode`. Throws Error when `encoding` is not that of a node. */
export function decodeNode(encoding: Uint8Array): TrieNode {
  const node = fromItem(decode(encoding));
  node.encoding = encoding;
  return node;
}
