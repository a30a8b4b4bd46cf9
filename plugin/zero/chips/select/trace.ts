import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { select } from "./chip.ts";

export const selectTrace: InstructionTrace = {
  chip: select,
  mnemonics: ["select"],
  accesses: [{ name: "A" }, { name: "B" }, { name: "C" }, { name: "D" }],
  prepare(rows, lookups) {
    const [cs, holds] = [rows.wide("C"), rows.narrow("C is not 0")];
    const R = limbFiller(rows, lookups, "R");
    return (row) => {
      const c = cs[row]!;
      holds[row] = c === 0n ? 0 : 1;
      R(row, c === 0n ? 0n : c - 1n);
    };
  },
};
