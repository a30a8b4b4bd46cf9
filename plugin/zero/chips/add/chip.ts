import type { Mnemonic } from "../../vm/instruction.ts";
import { defineChip } from "../../air/chip.ts";
import { InstructionRow, limbColumns } from "../../air/instruction-row.ts";

const word = 1n << 64n;
const half = 1n << 32n;

/** mov, wrap, sums, differences, and comparisons that need no sign. README.md says why each equation means its instruction. */
export const add = defineChip("add", "declared", (chip) => {
  const row = new InstructionRow(
    chip,
    ["mov", "wrap", "add32", "add64", "sub32", "sub64", "eq", "ne", "ltu", "geu"],
    { fields: ["d", "a", "b"], hasImmediate: true },
  );
  const { real } = row;
  const is = (...names: Mnemonic[]) => row.any(...names);
  row.goOn();
  const A = row.readA(real.minus(is("mov")));
  const B = row.readB(real.minus(is("wrap")));
  const D = row.writeD();

  const { limbs, value: R } = limbColumns(chip, "R", real);
  const low = limbs[0]!.plus(limbs[1]!.times(half >> 16n));
  const k = chip.bit("k");
  const more = chip.bit("A is more than B");
  const less = chip.bit("A is less than B");
  chip.zero("A is not both more and less than B", more.times(less));
  const differ = more.plus(less);

  chip.zero("mov", is("mov").times(D.minus(B)));
  chip.zero("wrap: A = R", is("wrap").times(A.minus(R)));
  chip.zero("wrap: D is R's low half", is("wrap").times(D.minus(low)));
  chip.zero("sums and differences: D = R", is("add32", "add64", "sub32", "sub64").times(D.minus(R)));
  chip.zero("of 32 bits: R has two limbs", is("add32", "sub32").times(limbs[2]!.plus(limbs[3]!)));
  chip.zero("add32: A + B = R + 2^32 k", is("add32").times(A.plus(B).minus(R).minus(k.times(half))));
  chip.zero("add64: A + B = R + 2^64 k", is("add64").times(A.plus(B).minus(R).minus(k.times(word))));
  chip.zero("sub32: A - B + 2^32 k = R", is("sub32").times(A.minus(B).plus(k.times(half)).minus(R)));
  chip.zero(
    "sub64, ltu, geu: A - B + 2^64 k = R",
    is("sub64", "ltu", "geu").times(A.minus(B).plus(k.times(word)).minus(R)),
  );
  chip.zero(
    "eq, ne: A - B = ±(1 + R), or 0",
    is("eq", "ne").times(A.minus(B).minus(more.minus(less).times(R.plus(1)))),
  );
  chip.zero("eq: D = 1 where they do not differ", is("eq").times(D.plus(differ).minus(1)));
  chip.zero("ne: D = 1 where they differ", is("ne").times(D.minus(differ)));
  chip.zero("ltu: D = k", is("ltu").times(D.minus(k)));
  chip.zero("geu: D = 1 - k", is("geu").times(D.plus(k).minus(1)));
});
