import { keccak256, encodeRlp, hexlify, type RlpStructuredDataish } from "ethers";

/**
 * A Merkle Patricia trie after the recursive definition in the Yellow Paper (appendix D: c(J, i) and n(J, i)), on the
 * set of all pairs at once: slow, and sharing nothing with the code under test.
 */
export function referenceRoot(entries: Iterable<readonly [key: Uint8Array, value: Uint8Array]>): string {
  const pairs = [...entries].map(([key, value]) => [hexlify(key).slice(2), hexlify(value)] as const);
  return pairs.length === 0 ? keccak256("0x80") : keccak256(encodeRlp(structure(pairs, 0)));
}

type Pair = readonly [nibbles: string, value: string];

function hexPrefix(nibbles: string, terminates: boolean): string {
  const flag = terminates ? 2 : 0;
  return nibbles.length % 2 === 1 ? `0x${flag + 1}${nibbles}` : `0x${flag}0${nibbles}`;
}

function reference(pairs: readonly Pair[], depth: number): RlpStructuredDataish {
  if (pairs.length === 0) return "0x";
  const node = structure(pairs, depth);
  const encoded = encodeRlp(node);
  return encoded.length < 2 + 2 * 32 ? node : keccak256(encoded);
}

function structure(pairs: readonly Pair[], depth: number): RlpStructuredDataish {
  const [first, ...others] = pairs as [Pair, ...Pair[]];
  if (others.length === 0) return [hexPrefix(first[0].slice(depth), true), first[1]];
  let shared = depth;
  while (shared < first[0].length && others.every(([key]) => key[shared] === first[0][shared])) shared++;
  if (shared > depth) return [hexPrefix(first[0].slice(depth, shared), false), reference(pairs, shared)];
  const children = [..."0123456789abcdef"].map((nibble) =>
    reference(
      pairs.filter(([key]) => key[depth] === nibble),
      depth + 1,
    ),
  );
  return [...children, pairs.find(([key]) => key.length === depth)?.[1] ?? "0x"];
}
