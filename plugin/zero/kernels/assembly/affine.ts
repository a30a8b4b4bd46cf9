/**
 * Sums of affine points on y² = x³ + b, many at a time: the slopes' denominators share one inversion (Montgomery's trick), so that a sum
 * takes five products and a square. A point is x, y; zeros stand for infinity, which is no solution of either curve's equation.
 */
import {
  coordinateAdd,
  coordinateBytes,
  coordinateCopy,
  coordinateEqual,
  coordinateInverse,
  coordinateIsZero,
  coordinateMul,
  coordinateMulTwo,
  coordinateNegate,
  coordinateSetOne,
  coordinateSetZero,
  coordinateSquare,
  coordinateSub,
} from "./coordinate";
import { pop, push } from "./thread";

/** Sums that share an inversion: it costs about as much as 400 products. */
export const QUEUE: usize = 1024;

/** Of a sum in the queue: pointers to both points and to where the sum goes, 0 for the second point to copy the first; its kind. */
const ENTRY: usize = 16;

// Kinds of sums.
/** Of two points with different x. */
const CHORD: u32 = 0;
/** Of a point and itself. */
const TANGENT: u32 = 1;
const LEFT: u32 = 2;
const RIGHT: u32 = 3;
const INFINITY: u32 = 4;

/** Bytes of an affine point. */
export function pointBytes<C>(): usize {
  return 2 * coordinateBytes<C>();
}

/** Bytes of a queue: entries, denominators, their products, and room for two points an entry. */
export function queueBytes<C>(): usize {
  return QUEUE * (ENTRY + 2 * coordinateBytes<C>() + 2 * pointBytes<C>());
}

export function isInfinity<C>(point: usize): bool {
  return coordinateIsZero<C>(point) && coordinateIsZero<C>(point + coordinateBytes<C>());
}

export function copyPoint<C>(dst: usize, point: usize): void {
  coordinateCopy<C>(dst, point);
  coordinateCopy<C>(dst + coordinateBytes<C>(), point + coordinateBytes<C>());
}

export function enqueue(queue: usize, i: usize, left: usize, right: usize, dst: usize): void {
  const entry = queue + i * ENTRY;
  store<u32>(entry, <u32>left);
  store<u32>(entry, <u32>right, 4);
  store<u32>(entry, <u32>dst, 8);
}

/** −point, in the queue's room for point `side` (0 or 1) of entry i. */
export function negatedInQueue<C>(queue: usize, i: usize, side: usize, point: usize): usize {
  const room = queue + QUEUE * (ENTRY + 2 * coordinateBytes<C>()) + (2 * i + side) * pointBytes<C>();
  coordinateCopy<C>(room, point);
  coordinateNegate<C>(room + coordinateBytes<C>(), point + coordinateBytes<C>());
  return room;
}

/**
 * Does the first `count` sums of the queue, in their order: a sum may go where this or an earlier sum has its points. What an entry reads
 * must not be what another one writes before it.
 *
 * Entries of even and of odd number are two chains of products, so that two products can be computed at once.
 */
export function addQueued<C>(queue: usize, count: usize): void {
  if (count == 0) return;
  const size = coordinateBytes<C>();
  const denominators = queue + QUEUE * ENTRY;
  const products = denominators + QUEUE * size;
  const running = push(4 * size);
  const inverse = running + 2 * size;
  coordinateSetOne<C>(running);
  coordinateSetOne<C>(running + size);
  // From the last to the first, so that the second pass can go from the first to the last.
  for (let i = (count - 1) & ~1; ; i -= 2) {
    const denominator = denominators + i * size;
    const product = products + i * size;
    const first = prepareSum<C>(queue + i * ENTRY, denominator);
    const second = i + 1 < count && prepareSum<C>(queue + (i + 1) * ENTRY, denominator + size);
    if (first) coordinateCopy<C>(product, running);
    if (second) coordinateCopy<C>(product + size, running + size);
    multiplyChains<C>(running, denominator, first, second);
    if (i == 0) break;
  }
  // One inversion for both chains: 1/a = b/ab.
  coordinateMul<C>(inverse, running, running + size);
  coordinateInverse<C>(inverse, inverse);
  coordinateMulTwo<C>(inverse + size, inverse, running, running, inverse, running + size);
  coordinateCopy<C>(running + size, inverse + size);
  for (let i: usize = 0; i < count; i += 2) {
    const denominator = denominators + i * size;
    const product = products + i * size;
    const entry = queue + i * ENTRY;
    const first = load<u32>(entry, 12) <= TANGENT;
    const second = i + 1 < count && load<u32>(entry + ENTRY, 12) <= TANGENT;
    if (first && second) {
      coordinateMulTwo<C>(inverse, running, product, inverse + size, running + size, product + size);
    } else if (first) {
      coordinateMul<C>(inverse, running, product);
    } else if (second) {
      coordinateMul<C>(inverse + size, running + size, product + size);
    }
    multiplyChains<C>(running, denominator, first, second);
    if (first && second) {
      addTwo<C>(entry, inverse);
    } else {
      addOne<C>(entry, inverse);
      if (i + 1 < count) addOne<C>(entry + ENTRY, inverse + size);
    }
  }
  pop(4 * size);
}

/** The chains that have a denominator here are multiplied by it. */
function multiplyChains<C>(running: usize, denominator: usize, first: bool, second: bool): void {
  const size = coordinateBytes<C>();
  if (first && second) {
    coordinateMulTwo<C>(running, running, denominator, running + size, running + size, denominator + size);
  } else if (first) {
    coordinateMul<C>(running, running, denominator);
  } else if (second) {
    coordinateMul<C>(running + size, running + size, denominator + size);
  }
}

/** Finds the kind of a sum, and what its slope is divided by. @returns whether it has a slope */
function prepareSum<C>(entry: usize, denominator: usize): bool {
  const left = <usize>load<u32>(entry);
  const right = <usize>load<u32>(entry, 4);
  const kind = right == 0 ? LEFT : kindOf<C>(left, right, denominator);
  store<u32>(entry, kind, 12);
  return kind <= TANGENT;
}

function kindOf<C>(left: usize, right: usize, denominator: usize): u32 {
  if (isInfinity<C>(right)) return LEFT;
  if (isInfinity<C>(left)) return RIGHT;
  coordinateSub<C>(denominator, right, left);
  if (!coordinateIsZero<C>(denominator)) return CHORD;
  const y = coordinateBytes<C>();
  if (!coordinateEqual<C>(left + y, right + y)) return INFINITY;
  // No point of either group has y = 0: their orders are odd.
  coordinateAdd<C>(denominator, left + y, left + y);
  return TANGENT;
}

/** The sum of an entry, the slope's denominator being inverted where there is one. */
function addOne<C>(entry: usize, inverse: usize): void {
  const size = coordinateBytes<C>();
  const left = <usize>load<u32>(entry);
  const right = <usize>load<u32>(entry, 4);
  const dst = <usize>load<u32>(entry, 8);
  const kind = load<u32>(entry, 12);
  if (kind == LEFT) {
    if (dst != left) copyPoint<C>(dst, left);
    return;
  }
  if (kind == RIGHT) {
    copyPoint<C>(dst, right);
    return;
  }
  if (kind == INFINITY) {
    coordinateSetZero<C>(dst);
    coordinateSetZero<C>(dst + size);
    return;
  }
  const slope = push(3 * size);
  const x = slope + size;
  const y = x + size;
  setNumerator<C>(slope, left, right, kind, x);
  coordinateMul<C>(slope, slope, inverse);
  coordinateSquare<C>(x, slope);
  coordinateSub<C>(x, x, left);
  coordinateSub<C>(x, x, right);
  coordinateSub<C>(y, left, x);
  coordinateMul<C>(y, y, slope);
  coordinateSub<C>(dst + size, y, left + size);
  coordinateCopy<C>(dst, x);
  pop(3 * size);
}

/** The same of two entries with slopes, one behind the other. */
function addTwo<C>(entry: usize, inverses: usize): void {
  const size = coordinateBytes<C>();
  const left0 = <usize>load<u32>(entry);
  const right0 = <usize>load<u32>(entry, 4);
  const dst0 = <usize>load<u32>(entry, 8);
  const left1 = <usize>load<u32>(entry + ENTRY);
  const right1 = <usize>load<u32>(entry + ENTRY, 4);
  const dst1 = <usize>load<u32>(entry + ENTRY, 8);
  const slope0 = push(6 * size);
  const slope1 = slope0 + size;
  const x0 = slope1 + size;
  const x1 = x0 + size;
  const y0 = x1 + size;
  const y1 = y0 + size;
  setNumerator<C>(slope0, left0, right0, load<u32>(entry, 12), x0);
  setNumerator<C>(slope1, left1, right1, load<u32>(entry + ENTRY, 12), x1);
  coordinateMulTwo<C>(slope0, slope0, inverses, slope1, slope1, inverses + size);
  coordinateMulTwo<C>(x0, slope0, slope0, x1, slope1, slope1);
  coordinateSub<C>(x0, x0, left0);
  coordinateSub<C>(x0, x0, right0);
  coordinateSub<C>(x1, x1, left1);
  coordinateSub<C>(x1, x1, right1);
  coordinateSub<C>(y0, left0, x0);
  coordinateSub<C>(y1, left1, x1);
  coordinateMulTwo<C>(y0, y0, slope0, y1, y1, slope1);
  coordinateSub<C>(y0, y0, left0 + size);
  // All is read before anything is written: the second sum may go where the first has its points.
  coordinateSub<C>(dst1 + size, y1, left1 + size);
  coordinateCopy<C>(dst1, x1);
  coordinateCopy<C>(dst0 + size, y0);
  coordinateCopy<C>(dst0, x0);
  pop(6 * size);
}

/** dst = what the slope is, times its denominator: y₂ − y₁, or 3x² of a tangent. */
function setNumerator<C>(dst: usize, left: usize, right: usize, kind: u32, scratch: usize): void {
  const size = coordinateBytes<C>();
  if (kind == CHORD) {
    coordinateSub<C>(dst, right + size, left + size);
  } else {
    coordinateSquare<C>(scratch, left);
    coordinateAdd<C>(dst, scratch, scratch);
    coordinateAdd<C>(dst, dst, scratch);
  }
}
