/** Canonical bytes for what nodes compare or agree on: RLP, read back strictly. */
import { toBytes } from "../../contracts/abi-words.ts";
import { toHex } from "../storage/bytes.ts";
import { encodeList, encodeString, type RlpItem } from "../storage/rlp.ts";

/** A structure to encode: hex strings, bytes, and lists of such. */
export type Structure = string | Uint8Array | readonly Structure[];

/** RLP of a structure; a hex string stands for its bytes. */
export function encode(item: Structure): Uint8Array {
  if (typeof item === "string") return encodeString(toBytes(item));
  return item instanceof Uint8Array ? encodeString(item) : encodeList(item.map(encode));
}

/** RLP integers have no leading zeros, and zero is the empty string. @throws RangeError below zero */
export function integer(value: bigint | number): string {
  if (value < 0) throw new RangeError(`An encoded integer is not negative, as ${value} is.`);
  const digits = BigInt(value) === 0n ? "" : value.toString(16);
  return digits.length % 2 === 0 ? `0x${digits}` : `0x0${digits}`;
}

/** The inverse of `integer`. @throws Error on anything else */
export function parseInteger(item: RlpItem | undefined): bigint {
  const hex = parseHex(item);
  if (hex.startsWith("0x00")) throw new Error(`Malformed RLP: the integer ${hex} has a leading zero.`);
  return hex === "0x" ? 0n : BigInt(hex);
}

/** A copy of a byte string. @throws Error on anything else */
export function parseBytes(item: RlpItem | undefined): Uint8Array {
  if (!(item instanceof Uint8Array)) throw new Error("Malformed RLP: expected bytes, got a list or nothing.");
  return item.slice();
}

/** A byte string in lower-case hexadecimal. @throws Error on anything else */
export function parseHex(item: RlpItem | undefined): string {
  return toHex(parseBytes(item));
}

/** The items of a list that has `length` of them, or any number unless given. @throws Error on anything else */
export function parseList(item: RlpItem | undefined, length?: number): RlpItem[] {
  if (!Array.isArray(item)) throw new Error("Malformed RLP: expected a list, got bytes or nothing.");
  if (length !== undefined && item.length !== length) {
    throw new Error(`Malformed RLP: a list has ${item.length} items instead of ${length}.`);
  }
  return item;
}
