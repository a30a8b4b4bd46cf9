import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { operandA, operandB } from "../../trace/operands.ts";
import { mnemonicOf } from "../../vm/instruction.ts";
import { div } from "./chip.ts";

export const divTrace: InstructionTrace = {
  chip: div,
  mnemonics: ["divu", "remu", "divs32", "divs64", "rems32", "rems64"],
  accesses: [{ name: "A" }, { name: "B" }, undefined, { name: "D" }],
  prepare(rows, lookups, execution) {
    const limbs = (name: string) => limbFiller(rows, lookups, name);
    const [fillA, fillB, fillQ, fillM, fillRoom] = [
      limbs("A"),
      limbs("B"),
      limbs("Q"),
      limbs("M"),
      limbs("room"),
    ];
    const [signA, signB] = [rows.narrow("A sign"), rows.narrow("B sign")];
    const [negativeQ, negativeM] = [rows.narrow("Q is negative"), rows.narrow("M is negative")];
    return (row, opcode, step) => {
      const name = mnemonicOf(opcode);
      const width = name.endsWith("u") ? 0 : name.endsWith("64") ? 64 : 32;
      const magnitude = (value: bigint, signs: { [row: number]: number }): bigint => {
        if (width === 0) return value;
        const top = BigInt(width - 1);
        signs[row] = Number((value >> top) & 1n);
        lookups.range(2 * Number((value >> (top - 15n)) & 0x7fffn));
        return signs[row] === 0 ? value : (2n << top) - value;
      };
      const [valueA, valueB] = [operandA(execution, step), operandB(execution, step)];
      fillA(row, valueA);
      fillB(row, valueB);
      const [a, b] = [magnitude(valueA, signA), magnitude(valueB, signB)];
      const [q, m] = [a / b, a % b];
      negativeQ[row] = q !== 0n && signA[row] !== signB[row] ? 1 : 0;
      negativeM[row] = m !== 0n && signA[row] === 1 ? 1 : 0;
      const limbsOfQ = q - BigInt(negativeQ[row]!);
      fillQ(row, limbsOfQ);
      fillM(row, m - BigInt(negativeM[row]!));
      fillRoom(row, b - 1n - m);
      if (name === "divs64") lookups.range(2 * Number(limbsOfQ >> 48n));
      if (name === "divs32") lookups.range(2 * Number(limbsOfQ >> 16n));
    };
  },
};
