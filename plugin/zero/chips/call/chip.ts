import { defineChip } from "../../air/chip.ts";
import { InstructionRow } from "../../air/instruction-row.ts";

/**
 * call and ret. Both have the pc and the frame base to go back to in two cells at `fp + d + a`; the `d` of a ret is 0. A call's
 * `b`, the size of the frame, means nothing here.
 */
export const call = defineChip("call", "declared", (chip) => {
  const row = new InstructionRow(chip, ["call", "ret"], {
    fields: ["d", "a", "b", "c"],
    hasImmediate: false,
  });
  const { pc, fp, d, a, c, real } = row;
  const [isCall, isRet] = [row.flag("call"), row.flag("ret")];
  const nextPc = chip.column("next pc", 32);
  const nextFp = chip.column("next fp", 64);
  row.goOn({ pc: nextPc, fp: nextFp });

  const [pcBefore, linkPc] = [chip.column("link pc before", 64), chip.column("link pc", 64)];
  row.write("link pc", 2, real, fp.plus(d, a), pcBefore, linkPc);
  const [fpBefore, linkFp] = [chip.column("link fp before", 64), chip.column("link fp", 64)];
  row.write("link fp", 3, real, fp.plus(d, a, 1), fpBefore, linkFp);

  chip.zero("call: pc + 1 is linked", isCall.times(linkPc.minus(pc).minus(1)));
  chip.zero("call: fp is linked", isCall.times(linkFp.minus(fp)));
  chip.zero("call: goes on at c", isCall.times(nextPc.minus(c)));
  chip.zero("call: the frame moves by d", isCall.times(nextFp.minus(fp).minus(d)));
  chip.zero("ret: the linked pc stays", isRet.times(linkPc.minus(pcBefore)));
  chip.zero("ret: the linked fp stays", isRet.times(linkFp.minus(fpBefore)));
  chip.zero("ret: goes on at the linked pc", isRet.times(nextPc.minus(linkPc)));
  chip.zero("ret: in the linked frame", isRet.times(nextFp.minus(linkFp)));
});
