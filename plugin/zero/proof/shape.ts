/** What is the same in every proof: chips, sizes, and where a chip's columns go (docs/zero/protocol.md §3). */
import { columnBits, leavesOf, type Chip } from "../chips/chip.ts";
import { stackedBits, type Sizes } from "./sizes.ts";

/** The columns of a chip that are committed together. */
export interface Block {
  /** Number of the chip. */
  readonly chip: number;
  /** Number of the block's first column in the chip, and how many they are. */
  readonly first: number;
  readonly count: number;
  /** k_c: log₂ of the columns, padded. Cell i·2^k + j is column j of row i. */
  readonly bits: number;
  /** The most row bits that the block may have. */
  readonly mostRowBits: number;
}

export interface Shape {
  readonly chips: readonly Chip[];
  readonly sizes: Sizes;
  /** In the order of the chips: their columns without the preprocessed ones. */
  readonly traceBlocks: readonly Block[];
  /** The preprocessed columns: of the program, then of the image. */
  readonly programBlocks: readonly Block[];
  /** The columns that §9 is about. */
  readonly io: { readonly block: Block; readonly input: number; readonly journal: number };
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

  const traceBlocks: Block[] = [];
  const programBlocks: Block[] = [];
  chips.forEach((chip, number) => {
    const preprocessed = chip.columns.filter((column) => column.preprocessed).length;
    require(chip.columns
      .slice(0, preprocessed)
      .every((column) => column.preprocessed), `chip ${chip.name} has preprocessed columns behind others`);
    const most = mostHeight(chip, sizes);
    const blockOf = (first: number, count: number, space: number): Block => {
      const bits = columnBits(count);
      require(bits <= sizes.columnBits, `chip ${chip.name} has ${count} columns`);
      return { chip: number, first, count, bits, mostRowBits: Math.min(most, space - bits) };
    };
    const committed = chip.columns.length - preprocessed;
    require(committed > 0, `chip ${chip.name} has no column of the trace`);
    // The slabs' slots are half of the stacked vector.
    traceBlocks.push(blockOf(preprocessed, committed, stackedBits(sizes) - 1));
    if (preprocessed > 0) {
      // Two blocks of at most half of a slab fit it, one behind the other.
      const block = blockOf(0, preprocessed, sizes.slabBits.most - 1);
      require(block.mostRowBits === most, `chip ${chip.name} does not fit half of a slab`);
      programBlocks.push(block);
    }
    const tallest = traceBlocks.at(-1)!.mostRowBits;
    require(tallest <= sizes.rowBits &&
      (typeof chip.height !== "number" ||
        tallest === chip.height), `chip ${chip.name} of 2^${tallest} rows is too tall`);
  });
  const heights = programBlocks.map(({ chip }) => chips[chip]!.height).join();
  require(heights === "program,image", `preprocessed columns belong to chips of height ${heights}`);

  const number = chips.findIndex(({ name }) => name === ioNames.chip);
  require(number >= 0, `no chip ${ioNames.chip}`);
  const block = traceBlocks[number]!;
  const columnOf = (name: string): number => {
    const column = chips[number]!.columns.findIndex((column) => column.name === name);
    require(column >= block.first, `no column ${name} in chip ${ioNames.chip}`);
    return column - block.first;
  };
  const io = { block, input: columnOf(ioNames.input), journal: columnOf(ioNames.journal) };
  return { chips, sizes, traceBlocks, programBlocks, io };
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
