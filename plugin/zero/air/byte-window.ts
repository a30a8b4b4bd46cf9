/** What accesses to linear memory at any byte have in common: narrow and crossing (docs/zero/machine.md §4). */
import type { Mnemonic } from "../vm/instruction.ts";
import type { Expression } from "./expression.ts";
import {
  inRange,
  limbBelow,
  limbColumns,
  type InstructionRow,
  type Limbs,
  type Variant,
} from "./instruction-row.ts";
import { regionStart, regions } from "./regions.ts";

/** Loads with a sign, as loads without: `ld16s32` follows `ld16u`. */
export const signedLoads = (loads: readonly Mnemonic[]): readonly Variant[] => [
  { name: "signed", weight: 1, of: loads.filter((load) => load !== "ld64") },
  { name: "signed to 64 bits", weight: 2, of: loads.filter((load) => load === "ld8u" || load === "ld16u") },
];

/** The address of an access: byte `offset` of the cell `cell`. */
export interface Place {
  readonly cell: Expression;
  /** 0 to 7 once a window is taken there. */
  readonly offset: Expression;
}

/** `A + c = 8 word + offset`: columns `word 0`, `word 1`. */
export function placeColumns(row: InstructionRow, A: Expression): Place {
  const { value: word } = limbColumns(row.chip, "word", row.real, 2);
  const offset = A.plus(row.c).minus(word.times(8));
  inRange(row.chip, row.real, offset);
  return { cell: word.plus(regionStart(regions.memory)), offset };
}

/** Eight bytes of memory from a place on, and 2^(56 − 8 offset). */
export interface Window extends Limbs {
  readonly power: Expression;
}

/**
 * `256 power · words = below + 2^64 window + 2^128 above`, all three of four limbs: three digits of a number, which are unique. With
 * one word, the window's upper bytes are 0 and there is no `above`.
 */
export function windowColumns(row: InstructionRow, { offset }: Place, words: readonly Expression[]): Window {
  const { chip, real } = row;
  const power = chip.column("power", 64);
  chip.take("powers", real, real.times(56).minus(offset.times(8)), power);
  const below = limbColumns(chip, "below", real).value;
  const window = limbColumns(chip, "window", real);
  let digits = below.plus(window.value.times(1n << 64n));
  let bytes = words[0]!;
  if (words.length === 2) {
    digits = digits.plus(limbColumns(chip, "above", real).value.times(1n << 128n));
    bytes = bytes.plus(words[1]!.times(1n << 64n));
  }
  chip.zero("the window's digits", bytes.times(power).times(256).minus(digits));
  return { ...window, power };
}

/** The data of an access: columns of a load's result, or of what a store writes. */
export function dataColumns(row: InstructionRow, stores: Expression): Limbs {
  const { chip, real, imm, fp, d, b } = row;
  const data = limbColumns(chip, "data", real);
  const before = chip.column("data before", 64);
  // A load has no b and a store no d. A load's result is the last of four accesses, a store's operand the second.
  row.write("data", stores.times(-2).plus(3), real.minus(imm), fp.plus(d, b), before, data.value);
  chip.zero("a store leaves its operand as it is", stores.times(before.minus(data.value)));
  row.immediateB(stores, data.value);
  return data;
}

/** `D = value`, sign-extended from `bits` bits: in rows of `load`, where `sign` is the top one of them. */
export function extendedLoad(
  row: InstructionRow,
  load: Mnemonic,
  bits: number,
  { D, value, sign }: { readonly D: Expression; readonly value: Expression; readonly sign: Expression },
): void {
  const ones = (width: number): bigint => (1n << BigInt(width)) - (1n << BigInt(bits));
  const above =
    bits === 32
      ? row.variant("signed").times(ones(64))
      : row
          .variant("signed")
          .times(ones(32))
          .plus(row.variant("signed to 64 bits").times(ones(64)));
  row.chip.zero(load, row.flag(load).times(D.minus(value).minus(sign.times(above))));
}

/** Says that `sign` is the top bit of a limb where `when` is 1. */
export function signOf(row: InstructionRow, when: Expression, limb: Expression, sign: Expression): void {
  limbBelow(row.chip, when, limb.minus(sign.times(1n << 15n)), 15);
}
