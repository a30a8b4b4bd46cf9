import type { InstructionTrace } from "../../trace/instruction-trace.ts";
import { operandA, operandB } from "../../trace/operands.ts";
import { bitwise } from "./chip.ts";

export const bitwiseTrace: InstructionTrace = {
  chip: bitwise,
  mnemonics: ["and", "or", "xor"],
  accesses: [{ name: "A" }, { name: "B" }, undefined, { name: "D" }],
  prepare(rows, lookups, execution) {
    const columns = (name: string) => Array.from({ length: 8 }, (_, i) => rows.narrow(`${name} byte ${i}`));
    const [as, bs, both] = [columns("A"), columns("B"), columns("both")];
    return (row, _, step) => {
      words[0] = operandA(execution, step);
      words[1] = operandB(execution, step);
      for (let i = 0; i < 8; i++) {
        const [x, y] = [bytes[i]!, bytes[8 + i]!];
        as[i]![row] = x;
        bs[i]![row] = y;
        both[i]![row] = x & y;
        lookups.bytes(x, y);
      }
    };
  },
};
const words = new BigUint64Array(2);
const bytes = new Uint8Array(words.buffer);
