import { defineChip } from "../../air/chip.ts";
import { virtual } from "../../air/expression.ts";

/** The numbers below 2^16. */
export const range = defineChip("range", 16, (chip) => {
  chip.put("range", chip.column("count", 32), virtual("row"));
});
