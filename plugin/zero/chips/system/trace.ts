import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { timeOf } from "../../trace/execution.ts";
import { opcodes } from "../../vm/instruction.ts";
import { system } from "./chip.ts";

export const systemTrace: InstructionTrace = {
  chip: system,
  mnemonics: ["mgrow", "log", "exit"],
  accesses: [{ name: "A" }, { name: "B" }, { name: "pages" }, { name: "D" }],
  prepare(rows, lookups, execution) {
    const [as, before, ds] = [rows.wide("A"), rows.wide("pages before"), rows.wide("D")];
    const [granted, words] = [rows.narrow("granted"), rows.narrow("new words")];
    const R = limbFiller(rows, lookups, "R", 3);
    const most = BigInt(execution.program.pages.most);
    return (row, opcode, step) => {
      if (opcode !== opcodes.mgrow) return;
      const excess = before[row]! + as[row]! - most;
      const isGranted = ds[row]! !== 0xffff_ffffn;
      granted[row] = isGranted ? 1 : 0;
      if (isGranted) words[row] = lookups.growths.get(timeOf(step)) ?? 0;
      R(row, isGranted ? -excess : excess - 1n);
    };
  },
};
