import { inverseOf } from "../../field/scalar-field.ts";
import type { Mnemonic } from "../../vm/instruction.ts";
import { defineChip } from "../../air/chip.ts";
import { sum } from "../../air/expression.ts";
import { inRange, InstructionRow, limbBelow, limbColumns, type Variant } from "../../air/instruction-row.ts";

const kinds = ["shl32", "shru32", "shrs32", "rotl32", "rotr32"] as const satisfies readonly Mnemonic[];

export const shiftVariants: readonly Variant[] = [{ name: "of 64 bits", weight: 1, of: kinds }];

/** Shifts and rotations: one Euclidean division of `A 2^e` by `2^w`. README.md says why the equations mean them. */
export const shift = defineChip("shift", "declared", (chip) => {
  const row = new InstructionRow(chip, kinds, {
    fields: ["d", "a", "b"],
    hasImmediate: true,
    variants: shiftVariants,
  });
  const { real } = row;
  const is64 = row.variant("of 64 bits");
  const is32 = real.minus(is64);
  /** 2^w; only ever a factor of what is 0 in padding. */
  const modulus = is64.times((1n << 64n) - (1n << 32n)).plus(1n << 32n);
  row.goOn();

  const { limbs: a, value: A } = limbColumns(chip, "A", real);
  const sign = chip.bit("A sign");
  row.readA(real, A);
  limbBelow(chip, is64, a[3]!.minus(sign.times(1n << 15n)), 15);
  limbBelow(chip, is32, a[1]!.minus(sign.times(1n << 15n)), 15);

  // B = amount + 32 rest, and rest is even where w = 64: the amount is B mod w. The table of powers keeps it below 64.
  const amount = chip.column("amount", 8);
  const rest = Array.from({ length: 4 }, (_, i) => chip.column(`rest ${i}`, 16));
  limbBelow(chip, is32, amount, 5);
  inRange(chip, is64, rest[0]!.times(inverseOf(2n)));
  inRange(chip, is32, rest[0]!);
  inRange(chip, real, ...rest.slice(1));
  row.readB(real, sum(amount, ...rest.map((limb, i) => limb.times(1n << BigInt(5 + 16 * i)))));

  // 2^amount to the left, 2^(w - amount) to the right.
  const half = chip.column("power", 64);
  const right = row.any("shru32", "shrs32", "rotr32");
  chip.take("powers", real.minus(right), amount, half);
  chip.take("powers", right, is64.times(32).plus(31).minus(amount), half);
  const p = half.times(right.plus(1));

  const high = limbColumns(chip, "high", real);
  const low = limbColumns(chip, "low", real);
  chip.zero("A p = 2^w high + low", A.times(p).minus(modulus.times(high.value)).minus(low.value));
  chip.zero(
    "of 32 bits: A and low are below 2^32",
    is32.times(sum(a[2]!, a[3]!, low.limbs[2]!, low.limbs[3]!)),
  );

  const D = row.writeD();
  chip.zero("shl: D = low", row.flag("shl32").times(D.minus(low.value)));
  chip.zero("shru: D = high", row.flag("shru32").times(D.minus(high.value)));
  chip.zero(
    "rotl, rotr: D = high + low",
    row.any("rotl32", "rotr32").times(D.minus(high.value).minus(low.value)),
  );
  chip.zero(
    "shrs: D = high, with ones above where A is negative",
    row.flag("shrs32").times(D.minus(high.value).minus(sign.times(modulus.minus(half.times(2))))),
  );
});
