import { defineChip } from "../../air/chip.ts";
import { parameter, virtual } from "../../air/expression.ts";
import { regionStart, regions } from "../../air/regions.ts";

/** The words of linear memory that data segments lie in, committed with the program, and what the run leaves there. */
export const image = defineChip("image", "image", (chip) => {
  const value = chip.column("value", 64, true);
  // The table is longer than the image, and may be longer than the memory.
  const exists = chip.column("exists", 1, true);
  const after = chip.column("after", 64);
  const time = chip.column("time", 32);
  const address = virtual("row").plus(parameter("imageFirst"), regionStart(regions.memory));
  chip.put("memory", exists, address, value, 0);
  chip.take("memory", exists, address, after, time);
});
