import { defineChip } from "../../air/chip.ts";
import { virtual } from "../../air/expression.ts";

/** All pairs of bytes, with their bitwise and. */
export const bytes = defineChip("bytes", 16, (chip) => {
  chip.put("bytes", chip.column("count", 32), virtual("lowByte"), virtual("highByte"), virtual("byteAnd"));
});
