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
  coordinateNegate,
  coordinateSetOne,
  coordinateSetZero,
  coordinateSquare,
  coordinateSub,
} from "./coordinate";
import { pop, push } from "./thread";

/** Sums that share an inversion: it costs about as much as 400 products. */
export const QUEUE: usize = 1024;

/** Of a sum in the queue: pointers to both points and to where the sum goes, 0 for the second point to copy the first. */
const ENTRY: usize = 12;

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
 */
export function addQueued<C>(queue: usize, count: usize): void {
  if (count == 0) return;
  const size = coordinateBytes<C>();
  const denominators = queue + QUEUE * ENTRY;
  const products = denominators + QUEUE * size;
  const running = push(size);
  coordinateSetOne<C>(running);
  // From the last to the first, so that the second pass can go from the first to the last.
  for (let i = count; i-- > 0;) {
    const entry = queue + i * ENTRY;
    const right = <usize>load<u32>(entry, 4);
    if (right == 0) continue;
    const denominator = denominators + i * size;
    setDenominator<C>(denominator, <usize>load<u32>(entry), right);
    coordinateCopy<C>(products + i * size, running);
    coordinateMul<C>(running, running, denominator);
  }
  coordinateInverse<C>(running, running);
  const inverse = push(size);
  for (let i: usize = 0; i < count; i++) {
    const entry = queue + i * ENTRY;
    const left = <usize>load<u32>(entry);
    const right = <usize>load<u32>(entry, 4);
    const dst = <usize>load<u32>(entry, 8);
    if (right == 0) {
      if (dst != left) copyPoint<C>(dst, left);
      continue;
    }
    coordinateMul<C>(inverse, running, products + i * size);
    coordinateMul<C>(running, running, denominators + i * size);
    addWithInverse<C>(dst, left, right, inverse);
  }
  pop(2 * size);
}

/** What the slope of a sum is divided by; 1 for a sum without one. */
function setDenominator<C>(dst: usize, left: usize, right: usize): void {
  coordinateSub<C>(dst, right, left);
  if (coordinateIsZero<C>(dst)) {
    const y = coordinateBytes<C>();
    if (coordinateEqual<C>(left + y, right + y)) coordinateAdd<C>(dst, left + y, left + y);
    // Infinity twice, or a point and its negative.
    if (coordinateIsZero<C>(dst)) coordinateSetOne<C>(dst);
  } else if (isInfinity<C>(left) || isInfinity<C>(right)) {
    coordinateSetOne<C>(dst);
  }
}

/** dst = left + right, the slope's denominator being inverted. */
function addWithInverse<C>(dst: usize, left: usize, right: usize, inverse: usize): void {
  const size = coordinateBytes<C>();
  if (isInfinity<C>(left)) {
    copyPoint<C>(dst, right);
    return;
  }
  if (isInfinity<C>(right)) {
    copyPoint<C>(dst, left);
    return;
  }
  const slope = push(3 * size);
  const x = slope + size;
  const y = x + size;
  if (coordinateEqual<C>(left, right)) {
    if (!coordinateEqual<C>(left + size, right + size)) {
      coordinateSetZero<C>(dst);
      coordinateSetZero<C>(dst + size);
      pop(3 * size);
      return;
    }
    // The tangent, 3x²/2y. No point of either group has y = 0: their orders are odd.
    coordinateSquare<C>(x, left);
    coordinateAdd<C>(slope, x, x);
    coordinateAdd<C>(slope, slope, x);
  } else {
    coordinateSub<C>(slope, right + size, left + size);
  }
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
