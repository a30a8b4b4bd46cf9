import { defineChip } from "../../air/chip.ts";
import { expression, parameter } from "../../air/expression.ts";
import { InstructionRow, limbColumns } from "../../air/instruction-row.ts";
import { regionStart, regions } from "../../air/regions.ts";

/** mgrow, log and exit. */
export const system = defineChip("system", "declared", (chip) => {
  const row = new InstructionRow(chip, ["mgrow", "log", "exit"], {
    fields: ["d", "a", "b"],
    hasImmediate: true,
  });
  const { real, ts } = row;
  const [grow, exit] = [row.flag("mgrow"), row.flag("exit")];
  // The state after an exit is put nowhere: the run ends.
  row.goOn({ when: real.minus(exit) });
  const A = row.readA(real.minus(exit));
  const B = row.readB(real.minus(grow));
  const D = row.writeD(grow);
  chip.zero("exit: the code is 0", exit.times(B));

  const [before, after] = [chip.column("pages before", 64), chip.column("pages", 64)];
  row.write("pages", 2, grow, expression(regionStart(regions.pages)), before, after);
  const granted = chip.bit("granted");
  chip.zero("only an mgrow is granted", granted.times(grow.minus(1)));
  const refused = grow.minus(granted);
  const { value: R } = limbColumns(chip, "R", grow, 3);
  const excess = before.plus(A).minus(parameter("mostPages"));
  chip.zero("granted: there are at most the most pages", granted.times(excess.plus(R)));
  chip.zero("refused: there would be more", refused.times(excess.minus(R).minus(1)));
  chip.zero("granted: A pages more", granted.times(after.minus(before).minus(A)));
  chip.zero("granted: D is the pages before", granted.times(D.minus(before)));
  chip.zero("refused: the pages stay", refused.times(after.minus(before)));
  chip.zero("refused: D is 2^32 - 1", refused.times(D.minus(0xffff_ffff)));

  // As many as words of these pages are touched: each needs one to exist, from this time on.
  const count = chip.column("new words", 32);
  chip.zero("words are new only where pages are granted", count.times(granted.minus(1)));
  chip.put("growth", count, before, after, ts);
});
