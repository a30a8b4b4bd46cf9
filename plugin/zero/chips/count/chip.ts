import { inverseOf } from "../../field/scalar-field.ts";
import { defineChip } from "../../air/chip.ts";
import { inRange, InstructionRow, limbBelow, limbColumns, type Variant } from "../../air/instruction-row.ts";

export const countVariants: readonly Variant[] = [
  { name: "extends to 64 bits", weight: 2, of: ["ext8s32", "ext16s32"] },
  { name: "counts 64 bits", weight: 1, of: ["clz32", "ctz32"] },
];

/** Sign extension, leading and trailing zeros, ones. README.md says why the equations mean them. */
export const count = defineChip("count", "declared", (chip) => {
  const row = new InstructionRow(chip, ["ext8s32", "ext16s32", "ext32s64", "clz32", "ctz32", "popcnt"], {
    fields: ["d", "a"],
    hasImmediate: false,
    variants: countVariants,
  });
  const [ext8, ext16, ext32] = [row.flag("ext8s32"), row.flag("ext16s32"), row.flag("ext32s64")];
  const [clz, ctz, popcnt] = [row.flag("clz32"), row.flag("ctz32"), row.flag("popcnt")];
  row.goOn();
  const A = row.readA();
  const D = row.writeD();

  // A itself where its bits are read; A moved up or down by D where zeros are counted.
  const { limbs: v, value: V } = limbColumns(chip, "V", row.real);
  chip.zero("ext, popcnt: V = A", ext8.plus(ext16, ext32, popcnt).times(V.minus(A)));

  // ext: the sign of what is extended. clz, ctz: whether A has a one.
  const bit = chip.bit("bit");
  const second = chip.column("second byte, or ones 1", 8);
  const low = v[0]!.minus(second.times(256));
  inRange(chip, ext8, second);
  limbBelow(chip, ext8, low.minus(bit.times(1n << 7n)), 7);
  limbBelow(chip, ext16, v[0]!.minus(bit.times(1n << 15n)), 15);
  limbBelow(chip, ext32, v[1]!.minus(bit.times(1n << 15n)), 15);
  const modulus = row
    .variant("extends to 64 bits")
    .times((1n << 64n) - (1n << 32n))
    .plus(1n << 32n);
  chip.zero("ext8s", ext8.times(D.minus(low).minus(bit.times(modulus.minus(1n << 8n)))));
  chip.zero("ext16s", ext16.times(D.minus(v[0]!).minus(bit.times(modulus.minus(1n << 16n)))));
  chip.zero(
    "ext32s64",
    ext32.times(
      D.minus(v[0]!)
        .minus(v[1]!.times(1n << 16n))
        .minus(bit.times((1n << 64n) - (1n << 32n))),
    ),
  );

  // p = 2^D, or 2^(D + 32) for clz32, which counts as if its operand had 64 bits. Without a one, any power that exists will do.
  const p = chip.column("power, or ones 0", 64);
  const is64 = row.variant("counts 64 bits");
  const exponent = D.minus(32).plus(bit.times(32));
  chip.take("powers", clz, exponent.plus(32).minus(is64.times(32)), p);
  chip.take("powers", ctz, exponent, p);
  chip.zero("clz: V = A p", clz.times(V.minus(A.times(p))));
  chip.zero("ctz: A = V p", ctz.times(A.minus(V.times(p))));
  limbBelow(chip, clz, v[3]!.minus(bit.times(1n << 15n)), 15);
  inRange(chip, ctz, v[0]!.minus(bit).times(inverseOf(2n)));
  const empty = clz.plus(ctz).times(bit.times(-1).plus(1));
  chip.zero("clz, ctz: without a one, V = 0", empty.times(V));
  chip.zero("clz, ctz: without a one, D = w", empty.times(D.minus(32).minus(is64.times(32))));

  const third = chip.column("ones 2", 8);
  const ones = [p, second, third, D.minus(p).minus(second).minus(third)];
  ones.forEach((number, i) => chip.take("popcount", popcnt, v[i]!, number));
});
