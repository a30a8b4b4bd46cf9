import { limbFiller, signFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { opcodes } from "../../vm/instruction.ts";
import { signed } from "./chip.ts";

const of32 = new Set<number>([opcodes.lts32, opcodes.ges32, opcodes.blts32, opcodes.bges32]);

export const signedTrace: InstructionTrace = {
  chip: signed,
  mnemonics: ["lts32", "ges32", "lts64", "ges64", "blts32", "bges32", "blts64", "bges64"],
  accesses: [{ name: "A" }, { name: "B" }, undefined, { name: "D" }],
  prepare(rows, lookups, execution) {
    const [as, bs] = [rows.wide("A"), rows.wide("B")];
    const [next, k] = [rows.narrow("next pc"), rows.narrow("A is less than B")];
    const signA = signFiller(rows, lookups, "A");
    const signB = signFiller(rows, lookups, "B");
    const R = limbFiller(rows, lookups, "R");
    return (row, opcode, step) => {
      const width = of32.has(opcode) ? 32 : 64;
      next[row] = execution.pc[step + 1]!;
      const [u, v] = [signA(row, as[row]!, width), signB(row, bs[row]!, width)];
      k[row] = u < v ? 1 : 0;
      R(row, BigInt.asUintN(width, u - v));
    };
  },
};
