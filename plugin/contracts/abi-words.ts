/** The 32-byte words of which Solidity's ABI makes everything static: Contract ABI Specification, "Formal Specification of the Encoding". */

/** Bytes, or the same as a 0x-prefixed hex string. */
export type BytesLike = Uint8Array | string;

/** The bytes themselves. @throws TypeError when a string is not hexadecimal */
export function toBytes(value: BytesLike): Uint8Array {
  if (typeof value !== "string") return value;
  const bytes = Buffer.from(value.slice(2), "hex");
  // The decoder stops at the first character that is no digit.
  if (!value.startsWith("0x") || 2 * bytes.length + 2 !== value.length) {
    const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value;
    throw new TypeError(`${shown} is no 0x-prefixed hex string with two digits per byte`);
  }
  return new Uint8Array(bytes);
}

/** A word of 32 bytes. @throws RangeError when there are more or fewer */
export function bytes32(value: BytesLike): Uint8Array {
  return sized(value, 32, "a 32-byte word");
}

/** An address of 20 bytes as a word. @throws RangeError when there are more or fewer */
export function address(value: BytesLike): Uint8Array {
  const word = new Uint8Array(32);
  word.set(sized(value, 20, "an address of 20 bytes"), 12);
  return word;
}

/** An unsigned integer as a word; refuses what the Solidity type of `bits` bits cannot hold instead of truncating. */
export function uint(value: bigint, bits: number): Uint8Array {
  if (value < 0n || value >> BigInt(bits) !== 0n) {
    throw new RangeError(`${value} does not fit in uint${bits}`);
  }
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
}

function sized(value: BytesLike, length: number, what: string): Uint8Array {
  const bytes = toBytes(value);
  if (bytes.length !== length) throw new RangeError(`expected ${what}, got ${bytes.length} bytes`);
  return bytes;
}
