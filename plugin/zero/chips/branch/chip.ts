import { defineChip } from "../../air/chip.ts";
import { InstructionRow, limbColumns } from "../../air/instruction-row.ts";

const word = 1n << 64n;

/** jmp, jt, and branches that need no sign. */
export const branch = defineChip("branch", "declared", (chip) => {
  const row = new InstructionRow(chip, ["jmp", "beq", "bne", "bltu", "bgeu", "jt"], {
    fields: ["a", "b", "c"],
    hasImmediate: true,
  });
  const { pc, c, real } = row;
  const next = chip.column("next pc", 32);
  row.goOn({ pc: next });
  const reads = real.minus(row.flag("jmp"));
  const A = row.readA(reads);
  const B = row.readB(reads);

  const { value: R } = limbColumns(chip, "R", reads);
  const k = chip.bit("k");
  const more = chip.bit("A is more than B");
  const less = chip.bit("A is less than B");
  chip.zero("A is not both more and less than B", more.times(less));
  const differ = more.plus(less);

  chip.zero(
    "beq, bne: A - B = ±(1 + R), or 0",
    row.any("beq", "bne").times(A.minus(B).minus(more.minus(less).times(R.plus(1)))),
  );
  chip.zero(
    "bltu, bgeu, jt: A - B + 2^64 k = R",
    row.any("bltu", "bgeu", "jt").times(A.minus(B).plus(k.times(word)).minus(R)),
  );
  const straight = next.minus(pc).minus(1);
  const taken = next.minus(c);
  const jump = c.minus(pc).minus(1);
  chip.zero("jmp: next pc = c", row.flag("jmp").times(taken));
  chip.zero(
    "beq: next pc = pc + 1 where they differ, else c",
    row.flag("beq").times(taken.plus(differ.times(jump))),
  );
  chip.zero("bne: next pc = c where they differ", row.flag("bne").times(straight.minus(differ.times(jump))));
  chip.zero("bltu: next pc = c where k", row.flag("bltu").times(straight.minus(k.times(jump))));
  chip.zero("bgeu: next pc = pc + 1 where k, else c", row.flag("bgeu").times(taken.plus(k.times(jump))));
  chip.zero(
    "jt: next pc = c + A where k, else c + B",
    row.flag("jt").times(taken.minus(B).minus(k.times(A.minus(B)))),
  );
});
