/** Where a proof's blocks lie in the slabs (docs/zero/protocol.md §3), and the cells that hide them (§11). */
import type { Block, Shape } from "../proof/shape.ts";
import { mostSlabs } from "../proof/sizes.ts";

/** Uniform coefficients of the first slab beyond its cells; every other slab has one. */
export const mostTailCells = 128;

export interface PlacedBlock {
  readonly block: Block;
  /** log₂ of the rows. */
  readonly height: number;
  readonly slab: number;
  /** First cell in the slab, a multiple of the block's length. */
  readonly start: number;
}

/** Rows of a block that are in one slab. */
export interface BlockPart extends PlacedBlock {
  /** The first of them. */
  readonly row: number;
}

export interface SlabLayout {
  /** N */
  readonly slabBits: number;
  /** M */
  readonly slabs: number;
  /** In the order of the shape's trace blocks. */
  readonly blocks: readonly PlacedBlock[];
  /** The same in parts: a block longer than the longest slabs fills several, one behind the other. */
  readonly parts: readonly BlockPart[];
  /** A cell that no block has: uniform, so that d' is, and the challenges that the MSM's scalars show. */
  readonly mask: { readonly slab: number; readonly start: number };
  /** Coefficients of slab 0 from 2^N on that are uniform. */
  readonly tailCells: number;
  /** In the program's slab. */
  readonly programBlocks: readonly PlacedBlock[];
}

/** Powers of τ that commitments of slabs of 2^N cells need. */
export function powersNeeded(slabBits: number): number {
  return 2 ** slabBits + tailCellsOf(slabBits);
}

function tailCellsOf(slabBits: number): number {
  // One row of the opening's matrix is enough room for them, so there is never more than one row beyond the cells.
  return Math.min(mostTailCells, 2 ** Math.ceil(slabBits / 2));
}

/** Slabs beyond these are used when longer ones are not to be had: each costs the one who verifies gas. */
const usualSlabs = 8;

/**
 * The least N with which everything fits the usual number of slabs, or, for a long run, any number: the opening costs time by 2^N. Blocks
 * are laid one after the other, longest first, so each is at a multiple of its length. Before the shortest one, room of its length is left
 * to the mask. So the mask has a block beside it, and is in the messages of §7 from the round on in which both are bound together. Had it
 * a slab of its own, blocks that fill an even number of slabs would be bound without it up to y_22, which the slabs' scalars show: that would be a
 * hash of the private input alone, which whoever guesses the input can compute too.
 *
 * @param heights log₂ of the rows, by chip
 * @throws RangeError for a trace that does not fit the longest slabs
 */
export function layOutSlabs(
  { traceBlocks, programBlocks, sizes }: Shape,
  heights: readonly number[],
): SlabLayout {
  const lengthOf = ({ chip, bits }: Block): number => 2 ** (bits + heights[chip]!);
  const cells = traceBlocks.reduce((sum, block) => sum + lengthOf(block), 0);
  const placedProgram = layOutProgram(programBlocks, heights);
  const programEnd = Math.max(...placedProgram.map(({ block, start }) => start + lengthOf(block)));
  const longestSlab = 2 ** sizes.slabBits.most;
  const order = [...traceBlocks].sort((a, b) => lengthOf(b) - lengthOf(a));
  const shortest = order.pop()!;
  const end = cells + lengthOf(shortest);
  const longest = Math.max(programEnd, ...traceBlocks.map((block) => Math.min(lengthOf(block), longestSlab)));
  const most = mostSlabs(sizes);
  const bitsFor = (slabs: number): number =>
    Math.max(sizes.slabBits.least, Math.ceil(Math.log2(Math.max(longest, end / slabs))));
  const slabBits = Math.min(bitsFor(Math.min(usualSlabs, most)), sizes.slabBits.most);
  if (bitsFor(most) > slabBits) {
    throw new RangeError(
      `its trace has ${cells} cells, its longest block ${longest}, and a proof has ${most} slabs of 2^${sizes.slabBits.most}: ` +
        "prove a shorter run",
    );
  }
  const length = 2 ** slabBits;
  const placed = new Map<Block, PlacedBlock>();
  const place = (block: Block, at: number): void => {
    const slab = Math.floor(at / length);
    placed.set(block, { block, height: heights[block.chip]!, slab, start: at % length });
  };
  let next = 0;
  for (const block of order) {
    place(block, next);
    next += lengthOf(block);
  }
  place(shortest, next + lengthOf(shortest));
  const blocks = traceBlocks.map((block) => placed.get(block)!);
  return {
    slabBits,
    slabs: Math.ceil(end / length),
    blocks,
    parts: blocks.flatMap((block) => partsOf(block, slabBits)),
    mask: { slab: Math.floor(next / length), start: next % length },
    tailCells: tailCellsOf(slabBits),
    programBlocks: placedProgram,
  };
}

function partsOf(placed: PlacedBlock, slabBits: number): BlockPart[] {
  const height = Math.min(placed.height, slabBits - placed.block.bits);
  return Array.from({ length: 2 ** (placed.height - height) }, (_, i) => ({
    ...placed,
    height,
    slab: placed.slab + i,
    row: i * 2 ** height,
  }));
}

/** The instructions at the first cell, the image at the next multiple of its length (§3). */
export function layOutProgram(programBlocks: readonly Block[], heights: readonly number[]): PlacedBlock[] {
  const [program, image] = programBlocks as [Block, Block];
  const lengthOf = ({ chip, bits }: Block): number => 2 ** (bits + heights[chip]!);
  const at = (block: Block, start: number): PlacedBlock => ({
    block,
    height: heights[block.chip]!,
    slab: 0,
    start,
  });
  return [at(program, 0), at(image, Math.max(lengthOf(program), lengthOf(image)))];
}
