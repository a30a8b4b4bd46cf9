/**
 * Layers of number-theoretic transforms over 2^k elements (radix 2, in place), of one vector or several one after the other. A layer pairs elements `half` apart: butterfly b is
 * the (b mod half)-th of block ⌊b / half⌋, blocks being 2·half elements long. Butterflies of a layer are independent.
 *
 * All twiddle factors come from one table of g^i for i < 2^k, g of order 2^{k+1}: ω = g² has order 2^k, and ω^{−j} = −g^{2^k − 2j}.
 */
import { add, copy, ELEMENT, Fr, mul, setOne, square, sub } from "./prime-field";
import { pop, push } from "./thread";

/**
 * Decimation in time, of a transform from coefficients in bit-reversed order to values: (u, v) becomes (u + ω_j v, u − ω_j v) with
 * ω_j = g^{j·stride}.
 */
export function evaluateLayer(
  start: usize,
  end: usize,
  vector: usize,
  powers: usize,
  half: usize,
  stride: usize,
): void {
  const product = push(ELEMENT);
  for (let b = start; b < end; b++) {
    const j = b & (half - 1);
    const low = vector + (2 * b - j) * ELEMENT;
    const high = low + half * ELEMENT;
    if (j == 0) copy(product, high);
    else mul<Fr>(product, high, powers + j * stride * ELEMENT);
    sub<Fr>(high, low, product);
    add<Fr>(low, low, product);
  }
  pop(ELEMENT);
}

/**
 * Decimation in frequency, of the inverse: (u, v) becomes (u + v, (u − v) / ω_j). `size` is 2^k.
 */
export function interpolateLayer(
  start: usize,
  end: usize,
  vector: usize,
  powers: usize,
  half: usize,
  stride: usize,
  size: usize,
): void {
  const difference = push(ELEMENT);
  for (let b = start; b < end; b++) {
    const j = b & (half - 1);
    const low = vector + (2 * b - j) * ELEMENT;
    const high = low + half * ELEMENT;
    if (j == 0) {
      sub<Fr>(difference, low, high);
      add<Fr>(low, low, high);
      copy(high, difference);
    } else {
      sub<Fr>(difference, high, low);
      add<Fr>(low, low, high);
      mul<Fr>(high, difference, powers + (size - j * stride) * ELEMENT);
    }
  }
  pop(ELEMENT);
}

/** vector_i ·= g^{reverse(i mod 2^k)}: f(X) becomes f(g·X), coefficients in bit-reversed order. `bits` is k. */
export function shiftReversed(start: usize, end: usize, vector: usize, powers: usize, bits: u32): void {
  const mask: u32 = (1 << bits) - 1;
  for (let i = start; i < end; i++) {
    const at = vector + i * ELEMENT;
    mul<Fr>(at, at, powers + reverse((<u32>i) & mask, bits) * ELEMENT);
  }
}

/** The lowest `bits` bits of i, 1 to 31 of them, in opposite order. */
function reverse(i: u32, bits: u32): usize {
  let x = i;
  x = ((x >> 1) & 0x55555555) | ((x & 0x55555555) << 1);
  x = ((x >> 2) & 0x33333333) | ((x & 0x33333333) << 2);
  x = ((x >> 4) & 0x0f0f0f0f) | ((x & 0x0f0f0f0f) << 4);
  return <usize>(bswap<u32>(x) >> (32 - bits));
}

/** dst_i = base^i. */
export function vectorPowers(start: usize, end: usize, dst: usize, base: usize): void {
  if (start >= end) return;
  const power = push(ELEMENT);
  setOne<Fr>(power);
  for (let bit = 31 - <i32>clz<u32>((<u32>start) | 1); bit >= 0; bit--) {
    square<Fr>(power, power);
    if ((start >> bit) & 1) mul<Fr>(power, power, base);
  }
  for (let i = start; i < end; i++) {
    copy(dst + i * ELEMENT, power);
    mul<Fr>(power, power, base);
  }
  pop(ELEMENT);
}
