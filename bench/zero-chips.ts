/**
 * Nexus Zero's chips, counted: what decides the size of a proof's circuit (docs/zero/protocol.md §13).
 *
 *     npx node bench/zero-chips.ts
 */
import { leavesOf, type Chip } from "../plugin/zero/air/chip.ts";
import { productionShape } from "../plugin/zero/circuit/production-circuit.ts";

const { chips, traceBlocks } = productionShape;
const counts = (chip: Chip): number[] => [
  chip.columns.length,
  chip.columns.filter(({ preprocessed }) => preprocessed).length,
  traceBlocks.filter((block) => chips[block.chip] === chip).length,
  chip.interactions.length,
  leavesOf(chip).length,
  chip.constraints.length,
];
const titles = [
  "chip",
  "columns",
  "of these preprocessed",
  "blocks of the others",
  "interactions",
  "leaves",
  "constraints",
];
const totals = titles.slice(1).map((_, i) => chips.reduce((sum, chip) => sum + counts(chip)[i]!, 0));
const rows = [
  titles,
  ...chips.map((chip) => [chip.name, ...counts(chip).map(String)]),
  ["all", ...totals.map(String)],
];
const widths = titles.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
for (const row of rows) {
  console.log(
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("  "),
  );
}
