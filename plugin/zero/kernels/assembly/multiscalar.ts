/**
 * Σ scalar_i·point_i by buckets (Pippenger): a window of c bits of every scalar is a digit, the points with the same digit are summed, and
 * the sums are weighted with their digits. Points are sorted by digit and summed pairwise in levels, so that every level is a long list of
 * independent affine sums.
 *
 * With 2^{c−1} in each window but the last added to the scalars first, a digit less 2^{c−1} is a signed one: half the buckets, as the
 * negative of a point is free.
 */
import { addQueued, enqueue, isInfinity, negatedInQueue, pointBytes, QUEUE, queueBytes } from "./affine";
import { integerAt } from "./integers";
import { jacobianAdd, jacobianAddAffine, jacobianBytes, jacobianSetInfinity } from "./jacobian";
import { pop, push, thread } from "./thread";

/** Which points and scalars, and which window of the scalars. `../multiscalar.ts` writes it into a job. */
@unmanaged
class Window {
  /** Number of each scalar's point, or 0 where scalar i belongs to point i. */
  indices!: u32;
  scalars!: u32;
  /** Bytes of a scalar: 1, 2, 4, 8 or 32. */
  width!: u32;
  /** The terms are those from `from` to `to`. */
  from!: u32;
  to!: u32;
  /** The window's first bit. */
  bit!: u32;
  mask!: u32;
  /** Four words that are added to each scalar, or 0 for none; and what is then subtracted from the digit. */
  offset!: u32;
  half!: u32;
  /** The largest digit, without its sign. */
  buckets!: u32;
}

/**
 * The digit of scalar i: the number of its bucket, from 0, twice, and 1 more where the point is negative; −1 for the digit 0.
 */
function digitOf(window: Window, i: usize): i32 {
  let w0: u64, w1: u64, w2: u64, w3: u64;
  if (window.width == 32) {
    const at = <usize>window.scalars + i * 32;
    w0 = load<u64>(at);
    w1 = load<u64>(at, 8);
    w2 = load<u64>(at, 16);
    w3 = load<u64>(at, 24);
  } else {
    w0 = integerAt(window.scalars, window.width, i);
    w1 = 0;
    w2 = 0;
    w3 = 0;
  }
  const offset = <usize>window.offset;
  if (offset != 0) {
    w0 += load<u64>(offset);
    let carry = u64(w0 < load<u64>(offset));
    const t1 = w1 + load<u64>(offset, 8);
    w1 = t1 + carry;
    carry = u64(t1 < load<u64>(offset, 8)) | u64(w1 < t1);
    const t2 = w2 + load<u64>(offset, 16);
    w2 = t2 + carry;
    carry = u64(t2 < load<u64>(offset, 16)) | u64(w2 < t2);
    w3 += load<u64>(offset, 24) + carry;
  }
  const word = window.bit >> 6;
  const shift = <u64>(window.bit & 63);
  let low = w3;
  let high: u64 = 0;
  if (word == 0) {
    low = w0;
    high = w1;
  } else if (word == 1) {
    low = w1;
    high = w2;
  } else if (word == 2) {
    low = w2;
    high = w3;
  }
  let value = low >> shift;
  if (shift != 0) value |= high << (64 - shift);
  const digit = <i32>((<u32>value) & window.mask) - <i32>window.half;
  if (digit == 0) return -1;
  return digit > 0 ? (digit - 1) << 1 : ((-digit - 1) << 1) | 1;
}

/**
 * out = Σ digit_i·point_i, a Jacobian point.
 *
 * Room of this thread at room + thread·stride: a queue; a counter a bucket and one more; an entry a scalar; half as many points as
 * scalars and one a bucket.
 */
export function windowSum<C>(out: usize, points: usize, window: usize, room: usize, stride: usize): void {
  const which = changetype<Window>(window);
  const buckets = <usize>which.buckets;
  const queue = room + thread() * stride;
  const ends = queue + queueBytes<C>();
  const entries = ends + (buckets + 1) * 4;
  const sums = (entries + <usize>(which.to - which.from) * 4 + 63) & ~(<usize>63);
  sortByBucket<C>(points, which, ends, entries, buckets);
  sumBuckets<C>(points, which, queue, ends, entries, sums, buckets);
  weigh<C>(out, ends, sums, buckets);
}

/**
 * Writes the scalars' entries in the order of their buckets, but for points at infinity, an entry being the scalar's number, twice, and the sign; `ends` gets, for each
 * bucket, the end of its entries.
 */
function sortByBucket<C>(points: usize, window: Window, ends: usize, entries: usize, buckets: usize): void {
  memory.fill(ends, 0, (buckets + 1) * 4);
  for (let i = window.from; i < window.to; i++) {
    const digit = digitOf(window, i);
    if (digit < 0 || isInfinity<C>(pointAt<C>(points, window, i))) continue;
    const at = ends + (<usize>(digit >> 1) + 1) * 4;
    store<u32>(at, load<u32>(at) + 1);
  }
  for (let bucket: usize = 1; bucket <= buckets; bucket++) {
    const at = ends + bucket * 4;
    store<u32>(at, load<u32>(at) + load<u32>(at - 4));
  }
  // Each bucket's start moves to its end, which is the next one's start.
  for (let i = window.from; i < window.to; i++) {
    const digit = digitOf(window, i);
    if (digit < 0 || isInfinity<C>(pointAt<C>(points, window, i))) continue;
    const at = ends + <usize>(digit >> 1) * 4;
    const place = load<u32>(at);
    store<u32>(at, place + 1);
    store<u32>(entries + <usize>place * 4, (i << 1) | (digit & 1));
  }
}

/** Leaves at most one point a bucket, at `sums`, one after the other, and in `ends` where each bucket's ends. */
function sumBuckets<C>(
  points: usize,
  window: Window,
  queue: usize,
  ends: usize,
  entries: usize,
  sums: usize,
  buckets: usize,
): void {
  let longest = sumPairs<C>(points, window, queue, ends, entries, sums, buckets);
  while (longest > 1) longest = sumPairs<C>(points, window, queue, ends, 0, sums, buckets);
}

/**
 * A level: of each bucket, the first and the second point are summed, the third and the fourth, and so on; a last one alone is kept.
 *
 * @param entries the points of the first level, 0 for those at `sums`
 * @returns the most points that a bucket has now
 */
function sumPairs<C>(
  points: usize,
  window: Window,
  queue: usize,
  ends: usize,
  entries: usize,
  sums: usize,
  buckets: usize,
): usize {
  const size = pointBytes<C>();
  let queued: usize = 0;
  let begin: usize = 0;
  let next: usize = 0;
  let longest: usize = 0;
  for (let bucket: usize = 0; bucket < buckets; bucket++) {
    const end = <usize>load<u32>(ends + bucket * 4);
    const first = next;
    for (let i = begin; i < end; i += 2) {
      const single = i + 1 == end;
      let left = sums + i * size;
      let right: usize = single ? 0 : left + size;
      if (entries != 0) {
        left = pointOf<C>(points, window, queue, queued, 0, entries + i * 4);
        if (!single) right = pointOf<C>(points, window, queue, queued, 1, entries + (i + 1) * 4);
      }
      enqueue(queue, queued, left, right, sums + next * size);
      next++;
      queued++;
      if (queued == QUEUE) {
        addQueued<C>(queue, queued);
        queued = 0;
      }
    }
    begin = end;
    longest = max(longest, next - first);
    store<u32>(ends + bucket * 4, <u32>next);
  }
  addQueued<C>(queue, queued);
  return longest;
}

function pointOf<C>(
  points: usize,
  window: Window,
  queue: usize,
  queued: usize,
  side: usize,
  entry: usize,
): usize {
  const value = load<u32>(entry);
  const point = pointAt<C>(points, window, value >> 1);
  return (value & 1) == 0 ? point : negatedInQueue<C>(queue, queued, side, point);
}

/** The point of scalar i. */
function pointAt<C>(points: usize, window: Window, i: usize): usize {
  const number = window.indices == 0 ? i : <usize>load<u32>(<usize>window.indices + i * 4);
  return points + number * pointBytes<C>();
}

/** out = Σ (bucket + 1)·sum: with running sums from the last bucket on, each bucket's sum is counted once a step. */
function weigh<C>(out: usize, ends: usize, sums: usize, buckets: usize): void {
  const size = pointBytes<C>();
  const running = push(jacobianBytes<C>());
  jacobianSetInfinity<C>(running);
  jacobianSetInfinity<C>(out);
  for (let bucket = buckets; bucket-- > 0;) {
    const end = <usize>load<u32>(ends + bucket * 4);
    let begin: usize = 0;
    if (bucket > 0) begin = load<u32>(ends + (bucket - 1) * 4);
    if (begin < end) jacobianAddAffine<C>(running, running, sums + begin * size);
    jacobianAdd<C>(out, out, running);
  }
  pop(jacobianBytes<C>());
}
