/** The tree of fractions and its layers (docs/zero/protocol.md §5), on the whole cube. */
import type { Chip } from "../../../../../plugin/zero/air/chip.ts";
import { residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import type { Children, LayerMessages } from "../../../../../plugin/zero/proof/messages.ts";
import { leafLayer, type Sizes } from "../../../../../plugin/zero/proof/sizes.ts";
import type { Parameters, Trace } from "../../../../../plugin/zero/trace/trace.ts";
import { leavesAtRow, sumOf, valuesOf, type BusChallenges, type Fraction } from "./rows.ts";
import { sumcheck } from "./sumcheck.ts";

/** The leaf layer: leaf number in the high bits, row in the low ones, 0/1 where there is nothing. */
export function leafFractions(
  chips: readonly Chip[],
  trace: Trace,
  parameters: Parameters,
  challenges: BusChallenges,
  sizes: Sizes,
): Fraction[] {
  const cells: Fraction[] = new Array<Fraction>(2 ** (sizes.rowBits + sizes.leafBits)).fill({ p: 0n, q: 1n });
  let first = 0;
  chips.forEach((chip, c) => {
    const table = trace[c]!;
    let leaves = 0;
    for (let row = 0; row < 2 ** table.height; row++) {
      const { fractions } = valuesOf(chip, leavesAtRow(table, row, parameters), challenges);
      leaves = fractions.length;
      fractions.forEach((fraction, l) => {
        cells[(first + l) * 2 ** sizes.rowBits + row] = fraction;
      });
    }
    first += leaves;
  });
  return cells;
}

/** The layer above: cell x has children 4x … 4x + 3. */
export function layerAbove(cells: readonly Fraction[]): Fraction[] {
  return Array.from({ length: cells.length / 4 }, (_, x) => cells.slice(4 * x, 4 * x + 4).reduce(sumOf));
}

export interface BusTranscript {
  /** Absorbs the root's or a layer's eight values; gives μ₁, μ₂ and λ (θ after the last). */
  children(values: Children<bigint>): readonly [mu1: bigint, mu2: bigint, last: bigint];
  round(coefficients: readonly bigint[]): bigint;
}

export interface BusMessages {
  readonly root: Children<bigint>;
  readonly layers: LayerMessages<bigint>[];
  /** Where the leaf layer's claims are: 20 row coordinates, then 8 of the leaf's number. */
  readonly point: bigint[];
  readonly theta: bigint;
}

export function proveBuses(
  leaves: readonly Fraction[],
  transcript: BusTranscript,
  sizes: Sizes,
): BusMessages {
  const tree = [[...leaves]];
  while (tree[0]!.length > 1) tree.unshift(layerAbove(tree[0]!));
  const root = childrenOf(tree[1]!);
  let [mu1, mu2, last] = transcript.children(root);
  let point = [mu1, mu2];
  const layers: LayerMessages<bigint>[] = [];
  for (let j = 1; j < leafLayer(sizes); j++) {
    const below = tree[j + 1]!;
    const child = (i: number): Fraction[] => below.filter((_, index) => index % 4 === i);
    const lambda = last;
    const {
      rounds,
      point: bound,
      values,
    } = sumcheck({
      tables: [0, 1, 2, 3]
        .map((i) => child(i).map(({ p }) => p))
        .concat([0, 1, 2, 3].map((i) => child(i).map(({ q }) => q))),
      summand: (values) => {
        const { p, q } = [0, 1, 2, 3].map((i) => ({ p: values[i]!, q: values[4 + i]! })).reduce(sumOf);
        return residue(p + lambda * q);
      },
      degree: 4,
      weight: point,
      challenge: (coefficients) => transcript.round(coefficients),
    });
    const children = { p: values.slice(0, 4), q: values.slice(4) };
    [mu1, mu2, last] = transcript.children(children);
    layers.push({ rounds, ...children });
    point = [mu1, mu2, ...bound];
  }
  return { root, layers, point, theta: last };
}

function childrenOf(cells: readonly Fraction[]): Children<bigint> {
  return { p: cells.map(({ p }) => p), q: cells.map(({ q }) => q) };
}
