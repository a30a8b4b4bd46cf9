import { defineChip } from "../../air/chip.ts";
import { virtual } from "../../air/expression.ts";

/** The powers of two below 2^64. */
export const powers = defineChip("powers", 6, (chip) => {
  chip.put("powers", chip.column("count", 32), virtual("row"), virtual("power"));
});
