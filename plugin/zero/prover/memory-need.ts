/** How much memory a proof takes, foreseen from the sizes of the trace, so that one that cannot be made is refused before the work. */
import { leavesOf, type Width } from "../air/chip.ts";
import type { Shape } from "../proof/shape.ts";
import type { SlabLayout } from "./slab-layout.ts";

const element = 32;
/** Jobs, programs, constants; what a multiscalar product sorts, 21 MiB for each of at most eight threads. */
const fixed = (32 + 8 * 21) * 2 ** 20;

/** Cells of a leaf in memory: its rows, and at least one group of children. */
export function leafCells(height: number): number {
  return Math.max(4, 2 ** height);
}

/** Bytes beside the powers of τ: the trace, and the stage that takes most. @param heights log₂ of the rows, by chip */
export function memoryNeeded(
  { chips }: Shape,
  heights: readonly number[],
  { slabBits, blocks }: SlabLayout,
): number {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const integers = sum(
    chips.flatMap(({ columns }, c) => columns.map(({ width }) => bytesOf(width) * 2 ** heights[c]!)),
  );
  // virtual columns, of four bytes at most three to a chip
  const virtual = sum(heights.map((height) => 12 * 2 ** height));
  const cells = 2 ** slabBits;
  const tallest = 2 ** Math.max(...heights);
  const stages = {
    // cells that are not zero, with their numbers
    commit: cells * (4 + 8),
    // numerators and denominators of the leaves and the layers above, 4/3; two buffers of half and a quarter of that; eq
    buses:
      sum(chips.map((chip, c) => leavesOf(chip).length * leafCells(heights[c]!))) *
        element *
        2 *
        (4 / 3 + 1) +
      tallest * element * 2,
    // columns folded once and twice; eq
    zerocheck:
      sum(chips.map(({ columns }, c) => (columns.length + 3) * 2 ** heights[c]!)) * element * 0.75 +
      tallest * 64,
    // values, weights and eq of each block's rows, and their halves
    stacking: sum(blocks.map(({ height }) => 2 ** height)) * element * 8,
    // f, q, W, a quotient, and one of them as scalars
    opening: cells * 5 * element,
  };
  return fixed + integers + virtual + Math.max(...Object.values(stages));
}

/** Of an entry of a column, as a trace has it. */
function bytesOf(width: Width): number {
  return Math.max(8, width) / 8;
}

/** @throws RangeError when the proof needs more than there is. */
export function checkMemory(needed: number, available: number): void {
  if (needed <= available) return;
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString("en-US")} MiB`;
  throw new RangeError(
    `its proof takes about ${mebibytes(needed)} of memory and can have ${mebibytes(available)}: ` +
      "free some (4 GiB are of use at most), or prove a shorter run",
  );
}
