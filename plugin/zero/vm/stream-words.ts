import { machineLimits } from "./limits.ts";

/**
 * A byte string as the machine sees it: word 0 is its length, word 1 + i holds bytes 8i to 8i + 7, little-endian and filled up with
 * zeros.
 *
 * @throws RangeError for more bytes than a stream may have
 */
export function streamWords(bytes: Uint8Array, name: string): BigUint64Array {
  if (bytes.length > machineLimits.streamBytes) {
    throw new RangeError(`${name} has ${bytes.length} bytes, at most ${machineLimits.streamBytes} are taken`);
  }
  const words = new BigUint64Array(1 + Math.ceil(bytes.length / 8));
  words[0] = BigInt(bytes.length);
  new Uint8Array(words.buffer, 8).set(bytes);
  return words;
}

/** The byte string of stream words: the inverse of `streamWords`. */
export function streamBytes(words: BigUint64Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset + 8, Number(words[0])).slice();
}
