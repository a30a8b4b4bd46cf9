/**
 * The machine with shorter tables of fixed contents, so that a proof takes a fraction of a second. Only the rows of those tables that
 * are looked up are left, and what the others compute from the row's number is a column. The same tuples are put on the same buses as often
 * as before, so a trace cancels here exactly if it does there; every other chip is the machine's own.
 */
import { defineChip, type Chip } from "../../../../plugin/zero/air/chip.ts";
import { chips } from "../../../../plugin/zero/chips/index.ts";
import { shapeOf, type Shape } from "../../../../plugin/zero/proof/shape.ts";
import { productionSizes } from "../../../../plugin/zero/proof/sizes.ts";
import { virtualValue } from "../../../../plugin/zero/tables/check-trace.ts";
import type { Table, Trace } from "../../../../plugin/zero/trace/trace.ts";

/** A chip that counts lookups and nothing else, with its contents in columns. */
function listed(chip: Chip, table: Table): { chip: Chip; table: Table } {
  const [{ bus, tuple }] = chip.interactions as [Chip["interactions"][number]];
  const [counts] = table.columns as [Uint32Array];
  const used = [...counts.keys()].filter((row) => counts[row] !== 0);
  const height = Math.ceil(Math.log2(used.length));
  const names = tuple.map(({ node }) => {
    if (node.kind !== "virtual") throw new Error(`${chip.name} has contents that are not virtual columns`);
    return node.name;
  });
  return {
    chip: defineChip(chip.name, height, (builder) => {
      const count = builder.column("count", 32);
      builder.put(bus, count, ...names.map((name) => builder.column(name, 64)));
    }),
    table: {
      height,
      columns: [
        Uint32Array.from({ length: 2 ** height }, (_, i) => counts[used[i] ?? -1] ?? 0),
        ...names.map((name) =>
          BigUint64Array.from({ length: 2 ** height }, (_, i) => virtualValue(name, used[i] ?? 0)),
        ),
      ],
    },
  };
}

/** Chips with their sizes, and a trace of theirs. */
export interface Machine {
  readonly shape: Shape;
  readonly trace: Trace;
}

/** @param trace valid, of the machine's own chips */
export function smallMachine(trace: Trace): Machine {
  const tables = chips.map((chip, number) => {
    const table = trace[number]!;
    return typeof chip.height === "number" ? listed(chip, table) : { chip, table };
  });
  const heights = tables.map(({ table }) => table.height);
  const tallest = Math.max(...heights);
  const cells = tables.reduce((sum, { chip, table }) => sum + chip.columns.length * 2 ** table.height, 0);
  const longest = Math.ceil(Math.log2(cells));
  // An even sum with the bits of a leaf.
  const rowBits = tallest + ((tallest + productionSizes.leafBits) % 2);
  const sizes = {
    ...productionSizes,
    ...{ rowBits, ioBits: rowBits, programBits: rowBits, imageBits: rowBits },
    slabBits: { least: longest - 2, most: longest },
  };
  return {
    shape: shapeOf(
      tables.map(({ chip }) => chip),
      sizes,
    ),
    trace: tables.map(({ table }) => table),
  };
}
