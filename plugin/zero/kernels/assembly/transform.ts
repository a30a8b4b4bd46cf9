/**
 * Layers of number-theoretic transforms over 2^k elements (radix 2, in place), of one vector or several one after the other. A layer pairs elements `half` apart: butterfly b is
 * the (b mod half)-th of block ⌊b / half⌋, blocks being 2·half elements long. Butterflies of a layer are independent.
 *
 * Butterflies of a block are done in pairs, whose products are two at a time. All twiddle factors come from one table of g^i for i < 2^k, g of order 2^{k+1}: ω = g² has order 2^k, and ω^{−j} = −g^{2^k − 2j}.
 */
import { mulTwo } from "./paired-product";
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
  const product = push(2 * ELEMENT);
  for (let b = start; b < end;) {
    const j = b & (half - 1);
    const low = vector + (2 * b - j) * ELEMENT;
    const high = low + half * ELEMENT;
    const root = powers + j * stride * ELEMENT;
    const isPair = j != 0 && j + 1 < half && b + 1 < end;
    if (j == 0) copy(product, high);
    else if (!isPair) mul<Fr>(product, high, root);
    else mulTwo<Fr>(product, high, root, product + ELEMENT, high + ELEMENT, root + stride * ELEMENT);
    sub<Fr>(high, low, product);
    add<Fr>(low, low, product);
    b++;
    if (!isPair) continue;
    sub<Fr>(high + ELEMENT, low + ELEMENT, product + ELEMENT);
    add<Fr>(low + ELEMENT, low + ELEMENT, product + ELEMENT);
    b++;
  }
  pop(2 * ELEMENT);
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
  const difference = push(2 * ELEMENT);
  for (let b = start; b < end;) {
    const j = b & (half - 1);
    const low = vector + (2 * b - j) * ELEMENT;
    const high = low + half * ELEMENT;
    if (j == 0) {
      sub<Fr>(difference, low, high);
      add<Fr>(low, low, high);
      copy(high, difference);
      b++;
      continue;
    }
    const root = powers + (size - j * stride) * ELEMENT;
    sub<Fr>(difference, high, low);
    add<Fr>(low, low, high);
    if (j + 1 < half && b + 1 < end) {
      sub<Fr>(difference + ELEMENT, high + ELEMENT, low + ELEMENT);
      add<Fr>(low + ELEMENT, low + ELEMENT, high + ELEMENT);
      mulTwo<Fr>(high, difference, root, high + ELEMENT, difference + ELEMENT, root - stride * ELEMENT);
      b += 2;
    } else {
      mul<Fr>(high, difference, root);
      b++;
    }
  }
  pop(2 * ELEMENT);
}

/** vector_i ·= g^{reverse(i mod 2^k)}: f(X) becomes f(g·X), coefficients in bit-reversed order. `bits` is k. */
export function shiftReversed(start: usize, end: usize, vector: usize, powers: usize, bits: u32): void {
  const mask: u32 = (1 << bits) - 1;
  let i = start;
  for (; i + 1 < end; i += 2) {
    const at = vector + i * ELEMENT;
    const next = powers + reverse((<u32>(i + 1)) & mask, bits) * ELEMENT;
    mulTwo<Fr>(at, at, powers + reverse((<u32>i) & mask, bits) * ELEMENT, at + ELEMENT, at + ELEMENT, next);
  }
  if (i == end) return;
  const at = vector + i * ELEMENT;
  mul<Fr>(at, at, powers + reverse((<u32>i) & mask, bits) * ELEMENT);
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
