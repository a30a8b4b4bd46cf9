/**
 * The bus argument (docs/zero/protocol.md §5): a tree of fractions over 2^28 leaf cells, of which only the rows that exist are in memory.
 *
 * A leaf of a chip with 2^h rows is 0/1 from row 2^h on. Layers merge the lowest row bits first, so its part of layer j has 2^h/4^(14 − j)
 * cells, one in the end, and 0/1 behind them, which is what adding nothing looks like. In a sumcheck a variable beyond a leaf's cells pairs
 * its last group of children with 0/1; the sum over everything that is 0/1 is λ times the weight that is left.
 */
import { residue } from "../field/scalar-field.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Children, LayerMessages } from "../proof/messages.ts";
import { leafLayer, type Sizes } from "../proof/sizes.ts";
import { Jobs } from "../kernels/jobs.ts";
import { interpolateChildren, nextClaim, padProduct, roundCoefficients } from "./round-polynomial.ts";

export interface BusTranscript {
  /** Absorbs the root's or a layer's eight values; gives μ₁, μ₂ and λ (θ after the last). */
  children(values: Children<bigint>): readonly [mu1: bigint, mu2: bigint, last: bigint];
  /** Absorbs a round's coefficients; gives the challenge. */
  round(coefficients: readonly bigint[]): bigint;
}

export interface BusMessages {
  readonly root: Children<bigint>;
  readonly layers: LayerMessages<bigint>[];
  /** Where the leaf layer's claims are: row coordinates, then those of the leaf's number. */
  readonly point: bigint[];
  readonly theta: bigint;
  /** P and Q of the leaf layer at the point. */
  readonly claims: { readonly p: bigint; readonly q: bigint };
}

/** Leaves of one chip in one layer: leaf ℓ's cells are elements ℓ·cells … of p and q, at least four of them. */
export interface LeafVectors {
  readonly p: number;
  readonly q: number;
  /** Number of the chip's first leaf among all. */
  readonly firstLeaf: number;
  readonly leaves: number;
  readonly cells: number;
}

/** A layer: parts by chip while rows are left, and one part, all 2^I leaves of it as if they were one, from then on. */
type Layer = readonly LeafVectors[];

const element = 32;
/** Products of a pair of groups in a round, about. */
const pairCost = 48;

export class BusArgument {
  readonly #jobs: Jobs;
  readonly #kernels: Kernels;
  readonly #sizes: Sizes;
  /** Layers from 1 to the leaves; the first entry is not used. */
  readonly #tree: Layer[];

  /** Builds the tree. @param leaves the leaf layer, which is used up */
  constructor(jobs: Jobs, leaves: Layer, sizes: Sizes) {
    if (sizes.leafBits % 2 !== 0) throw new RangeError(`${sizes.leafBits} leaf bits are not an even number`);
    this.#jobs = jobs;
    this.#kernels = jobs.kernels;
    this.#sizes = sizes;
    const tree: Layer[] = [];
    const last = leafLayer(sizes);
    tree[last] = leaves;
    for (let j = last; j > 1; j--) tree[j - 1] = this.#layerAbove(tree[j]!, j);
    this.#tree = tree;
  }

  prove(transcript: BusTranscript): BusMessages {
    const [top] = this.#tree[1]!;
    const root = { p: this.#kernels.toBigints(top!.p, 4), q: this.#kernels.toBigints(top!.q, 4) };
    let [mu1, mu2, last] = transcript.children(root);
    let point = [mu1, mu2];
    let claims = claimsOf(root, mu1, mu2);
    const layers: LayerMessages<bigint>[] = [];
    for (let j = 1; j < leafLayer(this.#sizes); j++) {
      const mark = this.#kernels.mark();
      const sumcheck = new LayerSumcheck(this.#jobs, this.#tree[j + 1]!, point, last, this.#sizes, j);
      const { rounds, bound, children } = sumcheck.prove(residue(claims.p + last * claims.q), transcript);
      this.#kernels.release(mark);
      [mu1, mu2, last] = transcript.children(children);
      layers.push({ rounds, ...children });
      claims = claimsOf(children, mu1, mu2);
      point = [mu1, mu2, ...bound];
    }
    return { root, layers, point, theta: last, claims };
  }

  #layerAbove(below: Layer, j: number): Layer {
    const { leafBits } = this.#sizes;
    const kernels = this.#kernels;
    // Row bits of the layer above.
    const rowBits = 2 * (j - 1) - leafBits;
    if (rowBits > 0) {
      const above = below.map((part) => {
        const cells = Math.max(4, part.cells / 4);
        return {
          ...part,
          p: kernels.vector(part.leaves * cells),
          q: kernels.vector(part.leaves * cells),
          cells,
        };
      });
      below.forEach((part, i) => this.#merge(part, above[i]!.p, above[i]!.q, above[i]!.cells));
      this.#jobs.run();
      return above;
    }
    const cells = 4 ** (j - 1);
    const whole = emptyFractions(kernels, cells);
    for (const part of below) {
      // With no row bits left a leaf is one cell; above, there are no leaves any more.
      const at = rowBits === 0 ? part.firstLeaf * element : 0;
      this.#merge(part, whole.p + at, whole.q + at, rowBits === 0 ? 1 : cells);
    }
    this.#jobs.run();
    return [{ ...whole, firstLeaf: 0, leaves: 1, cells }];
  }

  #merge({ p, q, leaves, cells }: LeafVectors, intoP: number, intoQ: number, intoCells: number): void {
    const groups = cells / 4;
    for (const [from, to] of Jobs.parts(groups, Math.ceil(256 / leaves))) {
      const cost = leaves * (to - from) * 9;
      this.#jobs.add("mergeFractions", cost, intoP, intoQ, p, q, 0, leaves, groups, intoCells, from, to);
    }
  }
}

/** One layer's sumcheck over the children in the layer below. */
class LayerSumcheck {
  readonly #jobs: Jobs;
  readonly #kernels: Kernels;
  readonly #point: readonly bigint[];
  readonly #lambda: bigint;
  readonly #lambdaAt: number;
  readonly #pointAt: number;
  readonly #rowRounds: number;
  readonly #leafBits: number;
  /** Where each part is in a buffer, in elements. */
  readonly #places: readonly number[];
  #parts: LeafVectors[];

  constructor(
    jobs: Jobs,
    children: Layer,
    point: readonly bigint[],
    lambda: bigint,
    { leafBits }: Sizes,
    j: number,
  ) {
    this.#jobs = jobs;
    this.#kernels = jobs.kernels;
    this.#point = point;
    this.#lambda = lambda;
    this.#lambdaAt = this.#kernels.element(lambda);
    this.#pointAt = this.#kernels.fromBigints(point);
    this.#rowRounds = Math.max(0, 2 * j - leafBits);
    this.#leafBits = leafBits;
    this.#parts = [...children];
    let place = 0;
    this.#places = children.map(({ leaves, cells }) => (place += leaves * cells) - leaves * cells);
  }

  prove(
    claim: bigint,
    transcript: BusTranscript,
  ): { rounds: bigint[][]; bound: bigint[]; children: Children<bigint> } {
    const kernels = this.#kernels;
    const rounds: bigint[][] = [];
    const bound: bigint[] = [];
    const one = kernels.element(1n);
    const leafPoint = this.#point.slice(this.#rowRounds);
    // eq of the leaf's number; while rows are bound, there are parts by leaf
    const byLeaf = this.#eqTables(this.#rowRounds, leafPoint.length);
    const leafFactors = byLeaf(leafPoint.length);
    const leafWeights = this.#rowRounds > 0 ? kernels.toBigints(leafFactors, 2 ** leafPoint.length) : [];
    const buffers = this.#buffers();
    for (let k = 0; k < this.#point.length; k++) {
      if (k === this.#rowRounds) this.#joinLeaves();
      const mark = kernels.mark();
      const rows = k < this.#rowRounds;
      const end = rows ? this.#rowRounds : this.#point.length;
      const samples = this.#samples(
        k,
        end,
        (part) => (rows ? leafFactors + part.firstLeaf * element : one),
        (part) => (rows ? sum(leafWeights.slice(part.firstLeaf, part.firstLeaf + part.leaves)) : 1n),
      );
      kernels.release(mark);
      const [s1, s2, s3, c4] = samples;
      const coefficients = roundCoefficients(claim, this.#point[k]!, [s1, s2, s3], [c4]);
      rounds.push(coefficients);
      const challenge = transcript.round(coefficients);
      bound.push(challenge);
      claim = nextClaim(claim, this.#point[k]!, coefficients, challenge);
      this.#fold(challenge, buffers[k % 2]!);
    }
    if (this.#rowRounds === this.#point.length) this.#joinLeaves();
    const [only] = this.#parts;
    return {
      rounds,
      bound,
      children: { p: kernels.toBigints(only!.p, 4), q: kernels.toBigints(only!.q, 4) },
    };
  }

  /** Values at 1, 2, 3 and the coefficient of X⁴ of round k, in which variables up to `end` are rows'. */
  #samples(
    k: number,
    end: number,
    factors: (part: LeafVectors) => number,
    weight: (part: LeafVectors) => bigint,
  ): [bigint, bigint, bigint, bigint] {
    const pairBits = (part: LeafVectors): number => Math.max(0, Math.log2(part.cells) - 3);
    const most = Math.max(0, ...this.#parts.map(pairBits));
    const eq = this.#eqTables(k + 1, most);
    const work = this.#parts.reduce((total, part) => total + part.leaves * 2 ** pairBits(part), 0);
    const jobs: { readonly part: LeafVectors; readonly from: number; readonly to: number }[] = [];
    for (const part of this.#parts) {
      const least = Math.ceil(Math.max(128, work / 64) / part.leaves);
      for (const [from, to] of Jobs.parts(2 ** pairBits(part), least, 64)) jobs.push({ part, from, to });
    }
    const out = this.#kernels.vector(4 * jobs.length);
    jobs.forEach(({ part, from, to }, i) => {
      const { p, q, cells, leaves } = part;
      const cost = pairCost * leaves * (to - from);
      const range = [0, leaves, from, to] as const;
      const lonely = cells === 4 ? 1 : 0;
      this.#jobs.add(
        ...(["fractionRound", cost, out + 4 * element * i, p, q, cells, ...range] as const),
        ...[eq(pairBits(part)), factors(part), this.#lambdaAt, lonely],
      );
    });
    this.#jobs.run();
    const values = this.#kernels.toBigints(out, 4 * jobs.length);
    const total: [bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n];
    let left = 1n;
    const pads = new Map(
      this.#parts.map((part) => [part, padProduct(this.#point.slice(k + 1 + pairBits(part), end))]),
    );
    for (const [part, pad] of pads) left -= pad * weight(part);
    jobs.forEach(({ part }, i) => {
      for (let x = 0; x < 4; x++) total[x]! += pads.get(part)! * values[4 * i + x]!;
    });
    const padding = residue(left) * this.#lambda;
    return [
      residue(total[0] + padding),
      residue(total[1] + padding),
      residue(total[2] + padding),
      residue(total[3]),
    ];
  }

  #fold(challenge: bigint, buffer: number): void {
    const c = this.#kernels.element(challenge);
    const oneLess = this.#kernels.element(residue(1n - challenge));
    this.#parts = this.#parts.map((part, i) => {
      const { p, q, leaves, cells } = part;
      if (cells === 4) {
        for (const [from, to] of Jobs.parts(leaves * 4, 256)) {
          this.#jobs.add("foldLonely", 2 * (to - from), p, q, from, to, oneLess);
        }
        return part;
      }
      const groups = (leaves * cells) / 8;
      // Every part has a place of its own, so that one that is left alone with its last group stays where it is.
      const intoP = buffer + this.#places[i]! * element;
      const intoQ = intoP + 4 * groups * element;
      for (const [from, to] of Jobs.parts(groups, 128)) {
        this.#jobs.add("foldChildren", 4 * (to - from), intoP, p, from, to, c);
        this.#jobs.add("foldChildren", 4 * (to - from), intoQ, q, from, to, c);
      }
      return { ...part, p: intoP, q: intoQ, cells: cells / 2 };
    });
    this.#jobs.run();
  }

  /** With the rows bound, every leaf has one group of children: all groups one after the other, by leaf, become one part. */
  #joinLeaves(): void {
    if (this.#rowRounds === 0 && this.#parts.length === 1 && this.#parts[0]!.leaves === 1) return;
    const kernels = this.#kernels;
    const cells = 4 * 2 ** this.#leafBits;
    const whole = emptyFractions(kernels, cells);
    for (const { p, q, firstLeaf, leaves } of this.#parts) {
      const bytes = leaves * 4 * element;
      const at = firstLeaf * 4 * element;
      kernels.bytes(whole.p + at, bytes).set(kernels.bytes(p, bytes));
      kernels.bytes(whole.q + at, bytes).set(kernels.bytes(q, bytes));
    }
    this.#parts = [{ ...whole, firstLeaf: 0, leaves: 1, cells }];
  }

  /** Room for what two rounds after each other leave: half, and a quarter, of the cells. */
  #buffers(): [number, number] {
    const cells = this.#parts.reduce((total, part) => total + part.leaves * Math.max(4, part.cells), 0);
    const whole = 4 * 2 ** this.#leafBits;
    return [this.#kernels.vector(cells + whole), this.#kernels.vector(cells + whole)];
  }

  /** eq of `bits` coordinates from `first` on; tables for fewer of them too. */
  #eqTables(first: number, bits: number): (bits: number) => number {
    const at = this.#kernels.vector(2 ** (bits + 1));
    const one = this.#kernels.element(1n);
    this.#jobs.add("eqTables", 2 ** (bits + 1), at, this.#pointAt + first * element, bits, one);
    this.#jobs.run();
    return (some) => at + (2 ** some - 1) * element;
  }
}

function emptyFractions(kernels: Kernels, cells: number): { p: number; q: number } {
  const [p, q] = [kernels.vector(cells), kernels.vector(cells)];
  kernels.fill(p, kernels.element(0n), cells);
  kernels.fill(q, kernels.element(1n), cells);
  return { p, q };
}

function claimsOf({ p, q }: Children<bigint>, mu1: bigint, mu2: bigint): { p: bigint; q: bigint } {
  return { p: interpolateChildren(p, mu1, mu2), q: interpolateChildren(q, mu1, mu2) };
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}
