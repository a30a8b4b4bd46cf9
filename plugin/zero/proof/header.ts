/**
 * The header of a proof and the constants of a program: one word each (docs/zero/protocol.md §3, §4), with no bit to spare: the circuit
 * decomposes both into exactly the bits named here.
 */
import type { Chip } from "../air/chip.ts";

/** Bits of M, of N and of a height in the header. */
export const slabCountBits = 5;
export const logarithmBits = 5;

export interface Header {
  /** M */
  readonly slabs: number;
  /** N: log₂ of the cells of a slab. */
  readonly slabBits: number;
  /** log₂ of the rows of each chip that declares its height, in the order of the chips. */
  readonly heights: readonly number[];
}

/** Chips whose height is in the header. */
export function declaringChips(chips: readonly Chip[]): Chip[] {
  return chips.filter(({ height }) => height === "declared");
}

/** Bits 0–4 M, 5–9 N, then 5 bits of height for each chip that declares one: a contract needs to know M only. */
export function packHeader({ slabs, slabBits, heights }: Header): bigint {
  let header = field(slabs, slabCountBits, "number of slabs");
  header |= field(slabBits, logarithmBits, "log₂ of a slab's cells") << BigInt(slabCountBits);
  for (const [i, height] of heights.entries()) {
    const shift = slabCountBits + logarithmBits * (1 + i);
    header |= field(height, logarithmBits, "height") << BigInt(shift);
  }
  return header;
}

/** M of a header; the rest of the header is the circuit's business. */
export function slabsOf(header: bigint): number {
  return Number(header & (2n ** BigInt(slabCountBits) - 1n));
}

/** What the machine knows of a program beside its tables. */
export interface ProgramConstants {
  /** log₂ of the rows of the program table and of the image. */
  readonly programHeight: number;
  readonly imageHeight: number;
  /** First 8-byte word of linear memory that the image covers. */
  readonly imageFirst: number;
  /** 64 KiB pages of linear memory at the start, and the most that memory.grow reaches. */
  readonly firstPages: number;
  readonly mostPages: number;
}

/** Bits of the fields of a program's constants, lowest first, in the order of `packConstants`. */
export const constantsBits = {
  programHeight: logarithmBits,
  imageHeight: logarithmBits,
  imageFirst: 30,
  firstPages: 20,
  mostPages: 20,
} as const satisfies Record<keyof ProgramConstants, number>;

const constantsFields = Object.keys(constantsBits) as (keyof ProgramConstants)[];

export function packConstants(constants: ProgramConstants): bigint {
  let [word, shift] = [0n, 0n];
  for (const name of constantsFields) {
    word |= field(constants[name], constantsBits[name], name) << shift;
    shift += BigInt(constantsBits[name]);
  }
  return word;
}

function field(value: number, bits: number, what: string): bigint {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${what} is ${value}, which does not fit ${bits} bits`);
  }
  return BigInt(value);
}
