/** Header, constants and positions inside of the circuit (docs/zero/protocol.md §3, §10): every bit of them has a meaning or is 0. */
import type { Parameter } from "../air/expression.ts";
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import { Choice } from "./choice.ts";
import {
  constantsBits,
  declaringChips,
  logarithmBits,
  slabCountBits,
  type ProgramConstants,
} from "./header.ts";
import type { Block, Shape } from "./shape.ts";
import { mostSlabs, stackedBits } from "./sizes.ts";

/** What a proof says about sizes, every range enforced. */
export interface Decoded<E> {
  /** M */
  readonly slabs: Choice<E>;
  /** N */
  readonly slabBits: Choice<E>;
  /** h_c of every chip. */
  readonly heights: readonly Choice<E>[];
  readonly parameters: Readonly<Record<Parameter, E>>;
  /** By bit of the stacked vector below the slot, whether the image begins at that power of two. */
  readonly imageStart: readonly E[];
}

/** @param header one word, and @param constants one word, as `packHeader` and `packConstants` make them */
export function decode<E>(arithmetic: Arithmetic<E>, shape: Shape, header: E, constants: E): Decoded<E> {
  const { chips, sizes } = shape;
  const declaring = declaringChips(chips);
  const headerBits = slabCountBits + logarithmBits * (1 + declaring.length);
  const bits = [...arithmetic.bits(header, headerBits, "header")];
  const slabs = Choice.ofBits(
    arithmetic,
    bits.splice(0, slabCountBits),
    [1, mostSlabs(sizes)],
    "number of slabs",
  );
  const { least, most } = sizes.slabBits;
  const slabBits = Choice.ofBits(arithmetic, bits.splice(0, logarithmBits), [least, most], "slab length");

  const words = fieldsOf(arithmetic.bits(constants, sumOf(constantsBits), "constants"));
  const heights = chips.map(({ name, height }, chip) => {
    if (typeof height === "number") return Choice.fixed(arithmetic, height);
    const logarithm =
      height === "declared"
        ? bits.splice(0, logarithmBits)
        : height === "program"
          ? words.programHeight
          : words.imageHeight;
    return Choice.ofBits(arithmetic, logarithm, [0, shape.mostRowBits[chip]!], `height of ${name}`);
  });

  const imageStart = startOfImage(arithmetic, shape, heights, slabBits);
  const integer = (name: keyof ProgramConstants): E => integerOf(arithmetic, words[name]);
  const imageFirst = integer("imageFirst");
  const imageRows = heights[shape.programBlocks[1]!.chip]!.map((height) => 1n << BigInt(height));
  return {
    slabs,
    slabBits,
    heights,
    imageStart,
    parameters: {
      imageFirst,
      imageEnd: arithmetic.add(imageFirst, imageRows),
      firstPages: integer("firstPages"),
      mostPages: integer("mostPages"),
    },
  };
}

/**
 * The image lies behind the instructions at the next multiple of its length. Both blocks have a power of two of cells, and
 * the instructions begin at 0: so that is the length of the longer one. A slab that ends before the image does would make an image of
 * zeros of it, so N is checked here.
 */
function startOfImage<E>(
  arithmetic: Arithmetic<E>,
  { programBlocks, sizes }: Shape,
  heights: readonly Choice<E>[],
  slabBits: Choice<E>,
): E[] {
  const atMost = (block: Block, cellBits: number): E =>
    arithmetic.sub(arithmetic.constant(1n), heights[block.chip]!.exceeds(cellBits - block.bits));
  const [program, image] = programBlocks as [Block, Block];
  const bothAtMost = Array.from({ length: sizes.slabBits.most }, (_, k) =>
    arithmetic.mul(atMost(program, k), atMost(image, k)),
  );
  const { least, most } = sizes.slabBits;
  const fits = Array.from({ length: most - least + 1 }, (_, i) =>
    arithmetic.mul(slabBits.is(least + i), bothAtMost[least + i - 1]!),
  );
  arithmetic.assertEqual(arithmetic.sum(fits), arithmetic.constant(1n), "the program fits a slab");
  return bothAtMost.map((holds, k) => (k === 0 ? holds : arithmetic.sub(holds, bothAtMost[k - 1]!)));
}

/**
 * Bits of the stacked vector at which trace blocks begin, one list for each block. The highest bit, of the slots that are not for the
 * trace, is left out: it is 0.
 *
 * @returns for each block the bits from `block.bits` on
 */
export function decodePositions<E>(arithmetic: Arithmetic<E>, shape: Shape, positions: readonly E[]): E[][] {
  return shape.traceBlocks.map((block, i) => {
    const name = shape.chips[block.chip]!.name;
    return arithmetic.bits(
      positions[i]!,
      positionBits(shape, block),
      `position of ${name} from column ${block.first} on`,
    );
  });
}

/** Bits of a block's position. */
function positionBits({ sizes }: Shape, { bits }: Block): number {
  return stackedBits(sizes) - 1 - bits;
}

/** Positions, many to a word, each with as many bits as `decodePositions` allows it: what the transcript absorbs. */
export function packPositions<E>(arithmetic: Arithmetic<E>, shape: Shape, positions: readonly E[]): E[] {
  const words: E[][] = [];
  let shift = Infinity;
  shape.traceBlocks.forEach((block, i) => {
    const length = positionBits(shape, block);
    if (shift + length > wordBits) {
      words.push([]);
      shift = 0;
    }
    words.at(-1)!.push(arithmetic.scale(positions[i]!, 1n << BigInt(shift)));
    shift += length;
  });
  return words.map((terms) => arithmetic.sum(terms));
}

/** Bits of a word that is surely below r. */
const wordBits = 253;

function sumOf(widths: Readonly<Record<string, number>>): number {
  return Object.values(widths).reduce((sum, width) => sum + width, 0);
}

function fieldsOf<E>(bits: readonly E[]): Record<keyof ProgramConstants, E[]> {
  let start = 0;
  const next = (width: number): E[] => bits.slice(start, (start += width));
  return {
    programHeight: next(constantsBits.programHeight),
    imageHeight: next(constantsBits.imageHeight),
    imageFirst: next(constantsBits.imageFirst),
    firstPages: next(constantsBits.firstPages),
    mostPages: next(constantsBits.mostPages),
  };
}

function integerOf<E>(arithmetic: Arithmetic<E>, bits: readonly E[]): E {
  return arithmetic.sum(bits.map((bit, i) => arithmetic.scale(bit, 1n << BigInt(i))));
}
