import { defineChip } from "../../air/chip.ts";
import { InstructionRow, limbColumns } from "../../air/instruction-row.ts";
import { regionStart, regions } from "../../air/regions.ts";

/** Copies between the frame and one whole cell elsewhere: aligned words of linear memory, globals, streams, the number of pages. */
export const word = defineChip("word", "declared", (chip) => {
  const row = new InstructionRow(
    chip,
    ["ld64", "st64", "gget", "gset", "input", "private", "jget", "jset", "sget", "sset", "msize"],
    { fields: ["d", "a", "b", "c"], hasImmediate: true },
  );
  const { c, real } = row;
  row.goOn();
  const stores = row.any("st64", "gset", "jset", "sset");
  const loads = real.minus(stores);
  const hasA = real.minus(row.any("gget", "gset", "msize"));
  const A = row.readA(hasA);

  // The value that is copied: what the cell holds after, a store's B and a load's D.
  const value = chip.column("value", 64);
  row.readB(stores, value);
  const before = chip.column("cell before", 64);
  const address = chip.column("cell", 64);
  row.write("cell", 2, real, address, before, value);
  row.writeD(loads, value);
  chip.zero("a load leaves the cell as it is", loads.times(value.minus(before)));

  const memory = row.any("ld64", "st64");
  const { value: w } = limbColumns(chip, "word", memory, 2);
  chip.zero("memory: A + c = 8 word", memory.times(A.plus(c).minus(w.times(8))));
  chip.zero(
    "memory: the cell is the word",
    memory.times(address.minus(w).minus(regionStart(regions.memory))),
  );
  chip.zero(
    "globals: the cell is c",
    row.any("gget", "gset").times(address.minus(c).minus(regionStart(regions.globals))),
  );
  const streams = [
    ["input", row.flag("input"), regions.input],
    ["private", row.flag("private"), regions.privateInput],
    ["journal", row.any("jget", "jset"), regions.journal],
    ["scratch", row.any("sget", "sset"), regions.scratch],
  ] as const;
  for (const [name, flag, region] of streams) {
    chip.zero(`${name}: the cell is A`, flag.times(address.minus(A).minus(regionStart(region))));
  }
  chip.zero(
    "msize: the cell is the number of pages",
    row.flag("msize").times(address.minus(regionStart(regions.pages))),
  );
});
