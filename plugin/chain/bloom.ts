import { getBytes } from "ethers";

import { keccak256 } from "../crypto/keccak.ts";

/** Bytes of a block's `logsBloom`. */
const BLOOM_BYTES = 256;

/**
 * What a block's `logsBloom` says of its logs (Ethereum yellow paper, 4.3.1): every address and topic logged sets three of 2,048
 * bits. A bit that is missing proves that nothing of the kind was logged; bits that are set prove nothing.
 */
export class LogsBloom {
  readonly #bits: Uint8Array;

  private constructor(bits: Uint8Array) {
    this.#bits = bits;
  }

  /** @returns undefined where the header says nothing: some rollups leave the bloom out, or all zero whatever is logged */
  static parse(hex: string | null | undefined): LogsBloom | undefined {
    if (hex === null || hex === undefined || !/^0x[0-9a-fA-F]*$/.test(hex)) return undefined;
    if (hex.length !== 2 + 2 * BLOOM_BYTES || /^0x0*$/.test(hex)) return undefined;
    return new LogsBloom(getBytes(hex));
  }

  /** Whether the block may hold a log of one of `addresses` with one of `topics`; any topic will do if there are none. */
  mayHold(addresses: readonly string[], topics: readonly string[]): boolean {
    const isSet = (item: string): boolean => bitsOf(item).every((bit) => this.#has(bit));
    return addresses.some(isSet) && (topics.length === 0 || topics.some(isSet));
  }

  #has(bit: number): boolean {
    return (this.#bits[BLOOM_BYTES - 1 - (bit >> 3)]! & (1 << (bit & 7))) !== 0;
  }
}

/** Bits of items asked about lately: the same few are asked of every block. */
const known = new Map<string, number[]>();

function bitsOf(item: string): number[] {
  let bits = known.get(item);
  if (bits === undefined) {
    const hash = keccak256(getBytes(item));
    bits = [0, 2, 4].map((at) => ((hash[at]! << 8) | hash[at + 1]!) & (8 * BLOOM_BYTES - 1));
    if (known.size >= 10_000) known.clear();
    known.set(item, bits);
  }
  return bits;
}
