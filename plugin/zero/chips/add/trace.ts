import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { opcodes } from "../../vm/instruction.ts";
import { add } from "./chip.ts";

export const addTrace: InstructionTrace = {
  chip: add,
  mnemonics: ["mov", "wrap", "add32", "add64", "sub32", "sub64", "eq", "ne", "ltu", "geu"],
  accesses: [{ name: "A" }, { name: "B" }, undefined, { name: "D" }],
  prepare(rows, lookups) {
    const [as, bs, ds] = [rows.wide("A"), rows.wide("B"), rows.wide("D")];
    const [k, more, less] = [
      rows.narrow("k"),
      rows.narrow("A is more than B"),
      rows.narrow("A is less than B"),
    ];
    const R = limbFiller(rows, lookups, "R");
    return (row, opcode) => {
      const [a, b] = [as[row]!, bs[row]!];
      switch (opcode) {
        case opcodes.mov:
          return R(row, 0n);
        case opcodes.wrap:
          return R(row, a);
        case opcodes.add32:
        case opcodes.add64:
          k[row] = a + b === ds[row] ? 0 : 1;
          return R(row, ds[row]!);
        case opcodes.sub32:
        case opcodes.sub64:
          k[row] = a < b ? 1 : 0;
          return R(row, ds[row]!);
        case opcodes.eq:
        case opcodes.ne:
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
