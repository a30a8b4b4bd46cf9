/** The contract's values of the public input and of the journal (docs/zero/protocol.md §9). */
import { r } from "../field/scalar-field.ts";
import { streamWords } from "../vm/stream-words.ts";

/**
 * h = length + Σ_i ρ^{1+i} word_i mod r, by Horner's rule.
 *
 * @throws RangeError for more bytes than a stream of the machine may have
 */
export function streamValue(bytes: Uint8Array, rho: bigint, name: string): bigint {
  return streamWords(bytes, name).reduceRight((value, word) => (value * rho + word) % r, 0n);
}
