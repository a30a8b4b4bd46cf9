import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { opcodes } from "../../vm/instruction.ts";
import { mul } from "./chip.ts";

export const mulTrace: InstructionTrace = {
  chip: mul,
  mnemonics: ["mul32", "mul64"],
  accesses: [{ name: "A" }, { name: "B" }, undefined, { name: "D" }],
  prepare(rows, lookups) {
    const [a, b] = [rows.wide("A"), rows.wide("B")];
    const [low, high] = [limbFiller(rows, lookups, "low"), limbFiller(rows, lookups, "high")];
    return (row, opcode) => {
      const width = opcode === opcodes.mul32 ? 32 : 64;
      const product = a[row]! * b[row]!;
      low(row, BigInt.asUintN(width, product));
      high(row, product >> BigInt(width));
    };
  },
};
