/**
 * Multiscalar products Σ scalar_i·point_i in the groups of BN254, by windows of the scalars (Pippenger's buckets): the kernels compute the
 * sum of one window at a time (`assembly/multiscalar.ts`), and what is left is a few doublings and sums.
 */
import { bn254 } from "@noble/curves/bn254.js";

import { Jobs } from "./jobs.ts";
import type { Kernels } from "./kernels.ts";
import { ELEMENT } from "./layout.ts";
import { affineBytes, readJacobian, type Group, type Point } from "./points.ts";

/** Sums that share an inversion: `QUEUE` of `assembly/affine.ts`. */
const queueLength = 1024;

/** Bytes of a queue of sums: `queueBytes` of `assembly/affine.ts`. */
export function queueBytes(group: Group): number {
  return queueLength * (16 + affineBytes[group] + 2 * affineBytes[group]);
}

/** Some of a product's terms. */
export interface Terms {
  /** Affine points in the kernels' memory, coordinates in Montgomery form; zeros for infinity. */
  readonly points: number;
  /** Numbers of points, 32 bits each, one a scalar; when left out, scalar i belongs to point i. */
  readonly indices?: number;
  /** Unsigned integers, little-endian, not in Montgomery form. */
  readonly scalars: number;
  /** Bytes of each: 1, 2, 4 or 8, or 32 for numbers below r. */
  readonly width: number;
  readonly count: number;
}

/** How scalars are cut into digits: windows of so many bits, the last one of what is left. */
interface Cut {
  readonly bits: number;
  readonly scalarBits: number;
  /** Whether digits of all windows but the last are signed. */
  readonly signed: boolean;
}

/** Terms that one job works on: the room of a thread grows with them, and what is sorted should stay near. */
const mostTerms = 2 ** 19;
/** Fewer are not worth a job of their own. */
const leastTerms = 2 ** 12;
const mostBits = 16;
/** Cost of a bucket, in sums of points: two sums in Jacobian coordinates against one with a shared inversion. */
const bucketCost = 4;

/** Σ scalar·point over all terms of all lists. */
export function multiscalar<G extends Group>(kernels: Kernels, group: G, lists: readonly Terms[]): Point<G> {
  const mark = kernels.mark();
  try {
    const jobs = new Jobs(kernels);
    const pieces = lists.flatMap((terms) => piecesOf(terms, kernels.threads));
    const stride = Math.max(64, ...pieces.map((piece) => roomBytes(group, piece)));
    const room = kernels.alloc(stride * kernels.threads);
    const jacobian = (affineBytes[group] * 3) / 2;
    const job = group === "g1" ? "windowSumG1" : "windowSumG2";
    const sums = pieces.map((piece) => {
      const out = kernels.alloc(jacobian);
      const { terms, cut, window, from, to } = piece;
      const { points, indices = 0, scalars, width } = terms;
      const isLast = window === windowsOf(cut) - 1;
      const offset = cut.signed ? offsetOf(kernels, cut) : 0;
      const half = cut.signed && !isLast ? 2 ** (cut.bits - 1) : 0;
      // What the offset carries into the last window can take one bit more.
      const mask = 2 ** (isLast ? lastBits(cut) + 1 : cut.bits) - 1;
      const which = [indices, scalars, width, from, to, window * cut.bits, mask, offset, half];
      jobs.add(job, (to - from) * 6, out, points, room, stride, ...which, bucketsOf(cut, window));
      return { out, weight: window * cut.bits };
    });
    jobs.run();
    return weightedSum(kernels, group, sums);
  } finally {
    kernels.release(mark);
  }
}

/** A window of a part of the terms. */
interface Piece {
  readonly terms: Terms;
  readonly cut: Cut;
  readonly window: number;
  readonly from: number;
  readonly to: number;
}

function piecesOf(terms: Terms, threads: number): Piece[] {
  const { width, count } = terms;
  if (count === 0) return [];
  const cut = cutOf(width, Math.min(count, mostTerms));
  const windows = windowsOf(cut);
  // With fewer windows than two a thread, the last one alone would keep the others waiting.
  const parts = Math.max(
    Math.ceil(count / mostTerms),
    Math.min(Math.ceil((2 * threads) / windows), Math.ceil(count / leastTerms)),
  );
  return Array.from({ length: windows * parts }, (_, i) => {
    const part = Math.floor(i / windows);
    return {
      ...{ terms, cut, window: i % windows },
      from: Math.floor((count * part) / parts),
      to: Math.floor((count * (part + 1)) / parts),
    };
  });
}

/** The cut that takes the fewest sums. */
function cutOf(width: number, count: number): Cut {
  const scalarBits = width === ELEMENT ? 254 : 8 * width;
  let best: Cut | undefined;
  let least = Infinity;
  for (const signed of [false, true]) {
    for (let bits = 2; bits <= mostBits; bits++) {
      const cut = { bits, scalarBits, signed };
      let cost = 0;
      for (let window = 0; window < windowsOf(cut); window++) {
        cost += count + bucketCost * bucketsOf(cut, window);
      }
      if (cost < least) [best, least] = [cut, cost];
    }
  }
  return best!;
}

function windowsOf({ bits, scalarBits }: Cut): number {
  return Math.ceil(scalarBits / bits);
}

function lastBits(cut: Cut): number {
  return cut.scalarBits - cut.bits * (windowsOf(cut) - 1);
}

/** The largest digit of a window, without its sign. */
function bucketsOf(cut: Cut, window: number): number {
  // With the carry of an offset it can be a power of two.
  if (window === windowsOf(cut) - 1) return 2 ** lastBits(cut) - (cut.signed ? 0 : 1);
  return cut.signed ? 2 ** (cut.bits - 1) : 2 ** cut.bits - 1;
}

/** As `windowSum` of the kernels divides it. */
function roomBytes(group: Group, { cut, window, from, to }: Piece): number {
  const buckets = bucketsOf(cut, window);
  const terms = to - from;
  const points = Math.ceil(terms / 2) + Math.min(buckets, terms);
  const bytes = queueBytes(group) + 4 * (buckets + 1 + terms) + 64 + points * affineBytes[group];
  return Math.ceil(bytes / 64) * 64;
}

/** 2^{bits − 1} in each window but the last. */
function offsetOf(kernels: Kernels, cut: Cut): number {
  const { bits } = cut;
  let offset = 0n;
  for (let window = 0; window < windowsOf(cut) - 1; window++)
    offset += 1n << BigInt(window * bits + bits - 1);
  const pointer = kernels.alloc(ELEMENT);
  const words = new BigUint64Array(kernels.memory.buffer, pointer, 4);
  for (let i = 0; i < 4; i++) words[i] = offset >> BigInt(64 * i);
  return pointer;
}

/** Σ 2^weight·sum. @param sums pointers to Jacobian points */
function weightedSum<G extends Group>(
  kernels: Kernels,
  group: G,
  sums: readonly { readonly out: number; readonly weight: number }[],
): Point<G> {
  // One type of points for both groups: their operations are the same.
  const zero = (group === "g1" ? bn254.G1.Point.ZERO : bn254.G2.Point.ZERO) as Point<"g1">;
  const byWeight = new Map<number, Point<"g1">>();
  for (const { out, weight } of sums) {
    const point = readJacobian(kernels, group, out) as Point<"g1">;
    byWeight.set(weight, (byWeight.get(weight) ?? zero).add(point));
  }
  let total = zero;
  for (let bit = Math.max(0, ...byWeight.keys()); bit >= 0; bit--) {
    total = total.double();
    const sum = byWeight.get(bit);
    if (sum !== undefined) total = total.add(sum);
  }
  return total as Point<G>;
}
