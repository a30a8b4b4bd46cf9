import { defineChip } from "../../air/chip.ts";
import { virtual } from "../../air/expression.ts";

/** The program's instructions, committed with its identity. Rows behind the last have opcode 0, which no instruction has. */
export const program = defineChip("program", "program", (chip) => {
  const op = chip.column("op", 8, true);
  const d = chip.column("d", 32, true);
  const a = chip.column("a", 32, true);
  const b = chip.column("b", 64, true);
  const c = chip.column("c", 32, true);
  const count = chip.column("count", 32);
  chip.put("program", count, virtual("row"), op, d, a, b, c);
});
