/**
 * Nexus Zero's chips, counted: what decides the size of a proof's circuit (docs/zero/protocol.md §13).
 *
 *     npx node bench/zero-chips.ts
 */
import { columnBits, leavesOf, type Chip } from "../plugin/zero/chips/chip.ts";
import { chips } from "../plugin/zero/chips/index.ts";

const counts = (chip: Chip): number[] => [
  chip.columns.length,
  chip.columns.filter(({ preprocessed }) => preprocessed).length,
  columnBits(chip.columns.length),
  chip.interactions.length,
  leavesOf(chip).length,
  chip.constraints.length,
];
const titles = ["chip", "columns", "of these preprocessed", "k", "interactions", "leaves", "constraints"];
const totals = [0, 1, 3, 4, 5].map((i) => chips.reduce((sum, chip) => sum + counts(chip)[i]!, 0));
const rows = [
  titles,
  ...chips.map((chip) => [chip.name, ...counts(chip).map(String)]),
  ["all", ...totals.slice(0, 2).map(String), "", ...totals.slice(2).map(String)],
];
const widths = titles.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
for (const row of rows) {
  console.log(
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("  "),
  );
}
