import { defineChip } from "../../air/chip.ts";
import { virtual } from "../../air/expression.ts";

/** The numbers below 2^16, with how many ones they have. */
export const popcount = defineChip("popcount", 16, (chip) => {
  chip.put("popcount", chip.column("count", 32), virtual("row"), virtual("ones"));
});
