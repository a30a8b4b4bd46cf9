import { defineChip } from "../../air/chip.ts";
import { InstructionRow, limbColumns } from "../../air/instruction-row.ts";

/** select: one of two operands, as a third is zero or not. */
export const select = defineChip("select", "declared", (chip) => {
  const row = new InstructionRow(chip, ["select"], { fields: ["d", "a", "b", "c"], hasImmediate: true });
  const { real } = row;
  row.goOn();
  const A = row.readA();
  const B = row.readB();
  const C = chip.column("C", 64);
  row.read("C", 2, real, row.fp.plus(row.c), C);
  const D = row.writeD();

  const { value: R } = limbColumns(chip, "R", real);
  const holds = chip.bit("C is not 0");
  // 1 + R is never 0.
  chip.zero("C = 0, or 1 + R", C.minus(holds.times(R.plus(1))));
  chip.zero("D = A where C is not 0, else B", D.minus(B).minus(holds.times(A.minus(B))));
});
