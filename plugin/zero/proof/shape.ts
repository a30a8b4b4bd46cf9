/** What is the same in every proof: chips, sizes, and where a chip's columns go (docs/zero/protocol.md §3). */
import { columnBits, leavesOf, type Chip } from "../air/chip.ts";
import { stackedBits, type Sizes } from "./sizes.ts";

/** Columns of a chip that are committed together, one behind the other in each row. */
export interface Block {
  /** Number of the chip. */
  readonly chip: number;
  /** Number of the block's first column in the chip, and how many they are. */
  readonly first: number;
  readonly count: number;
  /** k: log₂ of the columns, padded, which only preprocessed ones need. Cell i·2^k + j is column j of row i. */
  readonly bits: number;
}

/** Where a column is: in which block, and its number there. */
export interface ColumnPlace {
  readonly block: Block;
  readonly column: number;
}

export interface Shape {
  readonly chips: readonly Chip[];
  readonly sizes: Sizes;
  /** By chip: the most row bits that it may have. */
  readonly mostRowBits: readonly number[];
  /** In the order of the chips: their columns without the preprocessed ones, cut in their order into powers of two. */
  readonly traceBlocks: readonly Block[];
  /** The preprocessed columns: of the program, then of the image. */
  readonly programBlocks: readonly Block[];
  /** The columns that §9 is about, and the number of their chip. */
  readonly io: { readonly chip: number; readonly input: ColumnPlace; readonly journal: ColumnPlace };
}

/** Names that §9 finds its columns by. */
export const ioNames = { chip: "io", input: "in", journal: "journal" } as const;

/**
 * @throws RangeError for chips that do not fit the sizes, or without the columns of §9
 */
export function shapeOf(chips: readonly Chip[], sizes: Sizes): Shape {
  const leaves = chips.reduce((count, chip) => count + leavesOf(chip).length, 0);
  require(leaves <= 2 ** sizes.leafBits, `${leaves} leaves do not fit ${sizes.leafBits} bits`);
  require((sizes.rowBits + sizes.leafBits) % 2 === 0, "the sum of row and leaf bits is odd");

  const mostRowBits = chips.map((chip) => mostHeight(chip, sizes));
  const traceBlocks: Block[] = [];
  const programBlocks: Block[] = [];
  chips.forEach(({ name, columns }, chip) => {
    const most = mostRowBits[chip]!;
    require(most <= sizes.rowBits, `chip ${name} of 2^${most} rows is too tall`);
    const preprocessed = columns.filter((column) => column.preprocessed).length;
    require(columns
      .slice(0, preprocessed)
      .every((column) => column.preprocessed), `chip ${name} has preprocessed columns behind others`);
    require(columns.length > preprocessed, `chip ${name} has no column of the trace`);
    const blockOf = (first: number, count: number): Block => ({
      chip,
      first,
      count,
      bits: columnBits(count),
    });
    const widest = 2 ** sizes.columnBits;
    // Powers of two of columns need no padding.
    for (let first = preprocessed; first < columns.length; first += traceBlocks.at(-1)!.count) {
      const left = columns.length - first;
      const block = blockOf(first, Math.min(widest, 2 ** Math.floor(Math.log2(left))));
      // The slabs' slots are half of the stacked vector.
      require(block.bits + most < stackedBits(sizes), `chip ${name} does not fit all slabs`);
      traceBlocks.push(block);
    }
    if (preprocessed > 0) {
      const block = blockOf(0, preprocessed);
      require(preprocessed <= widest, `chip ${name} has ${preprocessed} preprocessed columns`);
      // Two blocks of at most half of a slab fit it, one behind the other.
      require(block.bits + most < sizes.slabBits.most, `chip ${name} does not fit half of a slab`);
      programBlocks.push(block);
    }
  });
  const heights = programBlocks.map(({ chip }) => chips[chip]!.height).join();
  require(heights === "program,image", `preprocessed columns belong to chips of height ${heights}`);

  const chip = chips.findIndex(({ name }) => name === ioNames.chip);
  require(chip >= 0, `no chip ${ioNames.chip}`);
  const placeOf = (name: string): ColumnPlace => {
    const index = chips[chip]!.columns.findIndex((column) => column.name === name);
    const block = traceBlocks.find(
      (block) => block.chip === chip && index >= block.first && index < block.first + block.count,
    );
    require(block !== undefined, `no column ${name} in chip ${ioNames.chip}`);
    return { block, column: index - block.first };
  };
  const io = { chip, input: placeOf(ioNames.input), journal: placeOf(ioNames.journal) };
  return { chips, sizes, mostRowBits, traceBlocks, programBlocks, io };
}

function mostHeight({ name, height }: Chip, sizes: Sizes): number {
  if (typeof height === "number") return height;
  if (height === "program") return sizes.programBits;
  if (height === "image") return sizes.imageBits;
  return name === ioNames.chip ? sizes.ioBits : sizes.rowBits;
}

function require(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new RangeError(`these chips make no proof: ${otherwise}`);
}
