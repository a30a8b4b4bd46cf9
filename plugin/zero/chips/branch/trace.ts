import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { opcodes } from "../../vm/instruction.ts";
import { branch } from "./chip.ts";

export const branchTrace: InstructionTrace = {
  chip: branch,
  mnemonics: ["jmp", "beq", "bne", "bltu", "bgeu", "jt"],
  accesses: [{ name: "A" }, { name: "B" }],
  prepare(rows, lookups, execution) {
    const [as, bs] = [rows.wide("A"), rows.wide("B")];
    const [next, k, more, less] = [
      rows.narrow("next pc"),
      rows.narrow("k"),
      rows.narrow("A is more than B"),
      rows.narrow("A is less than B"),
    ];
    const R = limbFiller(rows, lookups, "R");
    return (row, opcode, step) => {
      next[row] = execution.pc[step + 1]!;
      const [a, b] = [as[row]!, bs[row]!];
      switch (opcode) {
        case opcodes.jmp:
          return;
        case opcodes.beq:
        case opcodes.bne:
          more[row] = a > b ? 1 : 0;
          less[row] = a < b ? 1 : 0;
          return R(row, a > b ? a - b - 1n : a < b ? b - a - 1n : 0n);
        default:
          k[row] = a < b ? 1 : 0;
          return R(row, BigInt.asUintN(64, a - b));
      }
    };
  },
};
