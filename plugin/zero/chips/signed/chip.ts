import { defineChip } from "../../air/chip.ts";
import { InstructionRow, limbColumns, signColumns } from "../../air/instruction-row.ts";

/** Signed comparisons, with a result or with a branch. */
export const signed = defineChip("signed", "declared", (chip) => {
  const row = new InstructionRow(
    chip,
    ["lts32", "ges32", "lts64", "ges64", "blts32", "bges32", "blts64", "bges64"],
    { fields: ["d", "a", "b", "c"], hasImmediate: true },
  );
  const { pc, c, real } = row;
  const next = chip.column("next pc", 32);
  row.goOn({ pc: next });
  const compares = row.any("lts32", "ges32", "lts64", "ges64");
  const A = row.readA();
  const B = row.readB();
  const D = row.writeD(compares);

  const is32 = row.any("lts32", "ges32", "blts32", "bges32");
  const is64 = row.any("lts64", "ges64", "blts64", "bges64");
  const { flipped: U } = signColumns(chip, "A", A, is64, is32);
  const { flipped: V } = signColumns(chip, "B", B, is64, is32);
  const { limbs, value: R } = limbColumns(chip, "R", real);
  const k = chip.bit("A is less than B");
  // U and V are below 2^w, so one k puts R into [0, 2^w).
  chip.zero(
    "U - V + 2^w k = R",
    real.times(U.value.minus(V.value).minus(R)).plus(
      is64
        .times(1n << 64n)
        .plus(is32.times(1n << 32n))
        .times(k),
    ),
  );
  chip.zero("R is below 2^32 where it has 32 bits", is32.times(limbs[2]!.plus(limbs[3]!)));

  chip.zero("lts: D = k", row.any("lts32", "lts64").times(D.minus(k)));
  chip.zero("ges: D = 1 - k", row.any("ges32", "ges64").times(D.plus(k).minus(1)));
  const straight = next.minus(pc).minus(1);
  const jump = c.minus(pc).minus(1);
  chip.zero("lts, ges: next pc = pc + 1", compares.times(straight));
  chip.zero("blts: next pc = c where k", row.any("blts32", "blts64").times(straight.minus(k.times(jump))));
  chip.zero(
    "bges: next pc = pc + 1 where k, else c",
    row.any("bges32", "bges64").times(next.minus(c).plus(k.times(jump))),
  );
});
