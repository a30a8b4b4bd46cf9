import { defineChip } from "../../air/chip.ts";
import { InstructionRow, limbColumns } from "../../air/instruction-row.ts";

/** Products. README.md says why the equations mean them. */
export const mul = defineChip("mul", "declared", (chip) => {
  const row = new InstructionRow(chip, ["mul32", "mul64"], { fields: ["d", "a", "b"], hasImmediate: true });
  const { real } = row;
  const [is32, is64] = [row.flag("mul32"), row.flag("mul64")];
  row.goOn();
  const A = row.readA();
  const B = row.readB();

  const low = limbColumns(chip, "low", real);
  const high = limbColumns(chip, "high", real);
  const base = is32.times(1n << 32n).plus(is64.times(1n << 64n));
  chip.zero("A B = low + 2^w high", A.times(B).minus(low.value).minus(base.times(high.value)));
  chip.zero("mul32: low has two limbs", is32.times(low.limbs[2]!.plus(low.limbs[3]!)));
  row.writeD(real, low.value);
});
