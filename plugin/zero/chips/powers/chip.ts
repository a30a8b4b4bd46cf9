import { defineChip } from "../chip.ts";
import { virtual } from "../expression.ts";

/** The powers of two below 2^64. */
export const powers = defineChip("powers", 6, (chip) => {
  chip.put("powers", chip.column("count", 32), virtual("row"), virtual("power"));
});
