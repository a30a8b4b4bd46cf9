/**
 * Claims about the chips' columns become one claim about the stacked vector of all slabs (docs/zero/protocol.md §7).
 *
 * A block of 2^{k + h} cells at a multiple of its length is the part of the stacked vector whose highest coordinates are the bits of its
 * position. Which coordinates are the row's and which the position's depends on h: coordinate k + j is the j-th of the row for j < h and
 * a bit of the position from there on. Bits of a position below that are not read, so every block is aligned.
 */
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import type { Choice } from "./choice.ts";
import type { Decoded } from "./decode.ts";
import type { FieldTranscript } from "./field-transcript.ts";
import type { FieldMessages } from "./messages.ts";
import {
  eqFactor,
  eqWeightsOfPrefixes,
  innerProduct,
  oneMinus,
  prefixProducts,
  productOf,
  suffixProducts,
} from "./multilinear.ts";
import type { Block, ColumnPlace, Shape } from "./shape.ts";
import type { StreamClaims } from "./stream-claims.ts";
import { plainSumcheck } from "./sumcheck.ts";

/** What §7 is about, besides its own messages. */
export interface StackingClaims<E> {
  /** z */
  readonly z: readonly E[];
  /** By chip: all columns at z. */
  readonly columns: readonly (readonly E[])[];
  readonly streams: StreamClaims<E>;
  /** By trace block: bits of the stacked vector at which it begins, from the block's column bits on. */
  readonly positions: readonly (readonly E[])[];
  readonly decoded: Pick<Decoded<E>, "heights" | "imageStart" | "slabBits">;
}

/** A claim e_i about a block: its value where the columns are folded by u, or taken alone, and the rows are at a point. */
interface BlockClaim<E> {
  readonly value: E;
  readonly block: Block;
  /** Number of the column that is taken alone, in the block; undefined for all of them at u. */
  readonly column: number | undefined;
  readonly height: Choice<E>;
  readonly rows: readonly E[];
  /** From bit `block.bits` of the stacked vector to the highest. */
  readonly position: readonly E[];
}

/** Challenges drawn with the columns: u and η. */
export function columnChallengeCount({ sizes }: Shape): number {
  return sizes.columnBits + 1;
}

/**
 * @param challenges u, then η
 * @returns y, and σ, which depends on everything up to d'
 */
export function verifyStacking<E>(
  arithmetic: Arithmetic<E>,
  transcript: FieldTranscript<E>,
  shape: Shape,
  claims: StackingClaims<E>,
  challenges: readonly E[],
  { stacking, evaluation }: Pick<FieldMessages<E>, "stacking" | "evaluation">,
): { y: E[]; sigma: E } {
  const [u, eta] = [challenges.slice(0, -1), challenges.at(-1)!];
  const all = blockClaims(arithmetic, shape, claims, u);
  const etaPowers = prefixProducts(arithmetic, new Array<E>(all.length - 1).fill(eta));
  const values = all.map(({ value }) => value);
  const sum = innerProduct(arithmetic, etaPowers, values);
  const { claim, point: y } = plainSumcheck(arithmetic, transcript, stacking, sum);
  transcript.absorb([evaluation]);
  const sigma = transcript.digest();

  const weight = innerProduct(arithmetic, etaPowers, weightsAt(arithmetic, all, u, y));
  const d = arithmetic.mul(evaluation, emptyRest(arithmetic, shape, claims.decoded.slabBits, y));
  arithmetic.assertEqual(claim, arithmetic.mul(d, weight), "the stacked vector at y");
  return { y, sigma };
}

/** The trace blocks, then the program's and the image's, then the input and the journal. */
function blockClaims<E>(
  arithmetic: Arithmetic<E>,
  { traceBlocks, programBlocks, io, sizes }: Shape,
  { z, columns, streams, positions, decoded }: StackingClaims<E>,
  u: readonly E[],
): BlockClaim<E>[] {
  const columnWeights = eqWeightsOfPrefixes(arithmetic, u);
  const [zero, one] = [arithmetic.constant(0n), arithmetic.constant(1n)];
  const atZ = (block: Block, position: readonly E[]): BlockClaim<E> => {
    const { chip, first, count, bits } = block;
    const weights = columnWeights[bits]!.slice(0, count);
    const own = columns[chip]!.slice(first, first + count);
    const value = innerProduct(arithmetic, weights, own);
    return { value, block, column: undefined, height: decoded.heights[chip]!, rows: z, position };
  };
  const positionOf = (number: number): E[] => [...positions[number]!, zero];
  // The program's slot is the first of the upper half.
  const slot = [...new Array<E>(sizes.slotBits - 1).fill(zero), one];
  const starts = [decoded.imageStart.map(() => zero), decoded.imageStart];
  const stream = ({ block, column }: ColumnPlace, value: E): BlockClaim<E> => {
    const position = positionOf(traceBlocks.indexOf(block));
    return { value, block, column, height: decoded.heights[block.chip]!, rows: streams.point, position };
  };
  return [
    ...traceBlocks.map((block, i) => atZ(block, positionOf(i))),
    ...programBlocks.map((block, i) => atZ(block, [...starts[i]!.slice(block.bits), ...slot])),
    stream(io.input, streams.input),
    stream(io.journal, streams.journal),
  ];
}

/** eq(b_i, y_hi)·eq(a_i, y_lo) of every claim. */
function weightsAt<E>(
  arithmetic: Arithmetic<E>,
  claims: readonly BlockClaim<E>[],
  u: readonly E[],
  y: readonly E[],
): E[] {
  const complements = y.map((coordinate) => oneMinus(arithmetic, coordinate));
  const columnFactors = u.map((coordinate, k) => eqFactor(arithmetic, coordinate, y[k]!));
  const folded = prefixProducts(arithmetic, columnFactors);
  return claims.map(({ block, column, height, rows, position }) => {
    const columnWeight =
      column === undefined
        ? folded[block.bits]!
        : productOf(
            arithmetic,
            complements.slice(0, block.bits).map((complement, k) => ((column >> k) & 1 ? y[k]! : complement)),
          );
    const factors = position.map((bit, j) => {
      const coordinate =
        j < height.most
          ? arithmetic.add(bit, arithmetic.mul(height.exceeds(j), arithmetic.sub(rows[j]!, bit)))
          : bit;
      // eq(coordinate, y_k) = 1 − y_k + coordinate·(y_k − (1 − y_k))
      const k = block.bits + j;
      const difference = arithmetic.sub(y[k]!, complements[k]!);
      return arithmetic.add(complements[k]!, arithmetic.mul(coordinate, difference));
    });
    return productOf(arithmetic, [columnWeight, ...factors]);
  });
}

/** ∏_{k ≥ N} (1 − y_k) over a slab's variables: what a slab shorter than the longest is zero beyond. */
function emptyRest<E>(arithmetic: Arithmetic<E>, { sizes }: Shape, slabBits: Choice<E>, y: readonly E[]): E {
  const inSlab = y.slice(0, sizes.slabBits.most);
  const complements = inSlab.map((coordinate) => oneMinus(arithmetic, coordinate));
  return slabBits.select(suffixProducts(arithmetic, complements));
}
