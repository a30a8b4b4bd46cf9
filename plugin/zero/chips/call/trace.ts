import type { InstructionTrace } from "../../trace/instruction-trace.ts";
import { call } from "./chip.ts";

export const callTrace: InstructionTrace = {
  chip: call,
  mnemonics: ["call", "ret"],
  accesses: [undefined, undefined, { name: "link pc" }, { name: "link fp" }],
  prepare(rows, _lookups, execution) {
    const [nextPc, nextFp] = [rows.narrow("next pc"), rows.wide("next fp")];
    return (row, _opcode, step) => {
      nextPc[row] = execution.pc[step + 1]!;
      nextFp[row] = BigInt(execution.fp[step + 1]!);
    };
  },
};
