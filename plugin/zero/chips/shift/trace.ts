import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { operandA, operandB } from "../../trace/operands.ts";
import { mnemonicOf } from "../../vm/instruction.ts";
import { shift, shiftVariants } from "./chip.ts";

export const shiftTrace: InstructionTrace = {
  chip: shift,
  mnemonics: [
    "shl32",
    "shl64",
    "shru32",
    "shru64",
    "shrs32",
    "shrs64",
    "rotl32",
    "rotl64",
    "rotr32",
    "rotr64",
  ],
  variants: shiftVariants,
  accesses: [{ name: "A" }, { name: "B" }, undefined, { name: "D" }],
  prepare(rows, lookups, execution) {
    const [amounts, signs, powers] = [rows.narrow("amount"), rows.narrow("A sign"), rows.wide("power")];
    const [fillA, fillHigh, fillLow] = ["A", "high", "low"].map((name) => limbFiller(rows, lookups, name));
    const rests = Array.from({ length: 4 }, (_, i) => rows.narrow(`rest ${i}`));
    return (row, opcode, step) => {
      const name = mnemonicOf(opcode);
      const width = name.endsWith("64") ? 64 : 32;
      const [a, b] = [operandA(execution, step), operandB(execution, step)];
      fillA!(row, a);
      const negative = Number((a >> BigInt(width - 1)) & 1n);
      signs[row] = negative;
      lookups.range(2 * Number((a >> BigInt(width - 16)) & 0x7fffn));

      const amount = Number(b & BigInt(width - 1));
      amounts[row] = amount;
      const rest = (b - BigInt(amount)) >> 5n;
      for (let i = 0; i < 4; i++) rests[i]![row] = Number((rest >> BigInt(16 * i)) & 0xffffn);
      if (width === 32) lookups.range(amount << 11);
      lookups.range(width === 64 ? rests[0]![row]! / 2 : rests[0]![row]!);
      for (let i = 1; i < 4; i++) lookups.range(rests[i]![row]!);

      const isLeft = name.startsWith("shl") || name.startsWith("rotl");
      const exponent = isLeft ? amount : width - 1 - amount;
      powers[row] = 1n << BigInt(exponent);
      lookups.power(exponent);
      const product = a << BigInt(isLeft ? amount : width - amount);
      fillHigh!(row, product >> BigInt(width));
      fillLow!(row, BigInt.asUintN(width, product));
    };
  },
};
