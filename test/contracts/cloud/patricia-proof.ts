/**
 * Merkle Patricia tries and proofs from their definition (Yellow Paper, appendix D): the whole trie is computed anew for
 * every question. It shares nothing with the code under test and is checked against a root of the Ethereum tests.
 */
import { encodeRlp, hexlify, keccak256, type RlpStructuredDataish } from "ethers";

/** Key and value, each as 0x-prefixed hex. */
export type Entry = readonly [key: string, value: string];

/** The root of the trie that holds `entries`; keccak256(rlp("")) if there are none. */
export function rootOf(entries: readonly Entry[]): string {
  return entries.length === 0 ? keccak256("0x80") : keccak256(encodeRlp(nodeOf(entries.map(nibbled), 0)));
}

/**
 * The nodes on the way from the root towards `key`, as `eth_getProof` lists them: RLP, root first, without those that are
 * embedded in their parent. Where there is no such key the list ends at the node that shows it.
 */
export function proofOf(entries: readonly Entry[], key: string): string[] {
  const nibbles = key.slice(2);
  const proof: string[] = [];
  let pairs = entries.map(nibbled);
  let depth = 0;
  while (pairs.length > 0) {
    const encoded = encodeRlp(nodeOf(pairs, depth));
    if (depth === 0 || byteLength(encoded) >= 32) proof.push(encoded);
    const shared = sharedDepth(pairs, depth);
    if (pairs.length === 1 || pairs[0]![0].slice(depth, shared) !== nibbles.slice(depth, shared)) break;
    if (shared > depth) {
      depth = shared;
      continue;
    }
    pairs = pairs.filter(([path]) => path[depth] === nibbles[depth]);
    depth += 1;
  }
  return proof;
}

type Pair = readonly [nibbles: string, value: string];

const nibbled = ([key, value]: Entry): Pair => [key.slice(2), value];

const byteLength = (hex: string): number => (hex.length - 2) / 2;

function nodeOf(pairs: readonly Pair[], depth: number): RlpStructuredDataish {
  const [path, value] = pairs[0]!;
  if (pairs.length === 1) return [hexPrefix(path.slice(depth), true), value];
  const shared = sharedDepth(pairs, depth);
  if (shared > depth) return [hexPrefix(path.slice(depth, shared), false), referenceTo(pairs, shared)];
  const children = Array.from("0123456789abcdef", (nibble) => {
    const below = pairs.filter(([key]) => key[depth] === nibble);
    return below.length === 0 ? "0x" : referenceTo(below, depth + 1);
  });
  return [...children, pairs.find(([key]) => key.length === depth)?.[1] ?? "0x"];
}

function referenceTo(pairs: readonly Pair[], depth: number): RlpStructuredDataish {
  const node = nodeOf(pairs, depth);
  const encoded = encodeRlp(node);
  return byteLength(encoded) < 32 ? node : keccak256(encoded);
}

function sharedDepth(pairs: readonly Pair[], depth: number): number {
  const first = pairs[0]![0];
  let shared = depth;
  while (shared < first.length && pairs.every(([path]) => path[shared] === first[shared])) shared += 1;
  return shared;
}

function hexPrefix(nibbles: string, isLeaf: boolean): string {
  const flag = (isLeaf ? 2 : 0) + (nibbles.length % 2);
  return hexlify(`0x${flag}${nibbles.length % 2 === 1 ? "" : "0"}${nibbles}`);
}
