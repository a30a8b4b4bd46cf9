/** Operations on vectors over Fr. A range [start, end) is this thread's part; offsets count elements of 32 bytes. */
import { add, copy, ELEMENT, Fq, Fr, inverse, isZero, mul, setOne, sub, toMontgomery } from "./prime-field";
import { addScaled, dot, mulMany, mulTwo } from "./paired-product";
import { constants, pop, push, R_SQUARED_FQ, R_SQUARED_FR, thread, UNIT, ZERO } from "./thread";

/** dst_i = a_i + b_i. */
export function vectorAdd(start: usize, end: usize, dst: usize, a: usize, b: usize): void {
  for (let at = start * ELEMENT, stop = end * ELEMENT; at < stop; at += ELEMENT)
    add<Fr>(dst + at, a + at, b + at);
}

/** dst_i = a_i − b_i. */
export function vectorSub(start: usize, end: usize, dst: usize, a: usize, b: usize): void {
  for (let at = start * ELEMENT, stop = end * ELEMENT; at < stop; at += ELEMENT)
    sub<Fr>(dst + at, a + at, b + at);
}

/** dst_i = a_i·b_i. */
export function vectorMul(start: usize, end: usize, dst: usize, a: usize, b: usize): void {
  const at = start * ELEMENT;
  mulMany<Fr>(dst + at, a + at, b + at, ELEMENT, end - start);
}

/** dst_i = a_i·scalar. */
export function vectorScale(start: usize, end: usize, dst: usize, a: usize, scalar: usize): void {
  const at = start * ELEMENT;
  mulMany<Fr>(dst + at, a + at, scalar, 0, end - start);
}

/** dst_i += a_i·scalar. */
export function vectorAddScaled(start: usize, end: usize, dst: usize, a: usize, scalar: usize): void {
  addScaled<Fr>(dst + start * ELEMENT, a + start * ELEMENT, scalar, end - start);
}

/** dst_i = a_{2i} + c·(a_{2i+1} − a_{2i}): binds the lowest variable of a multilinear extension. */
export function vectorFold(start: usize, end: usize, dst: usize, a: usize, c: usize): void {
  const first = push(2 * ELEMENT);
  const second = first + ELEMENT;
  let i = start;
  for (; i + 1 < end; i += 2) {
    const even = a + i * (2 * ELEMENT);
    const next = even + 2 * ELEMENT;
    sub<Fr>(first, even + ELEMENT, even);
    sub<Fr>(second, next + ELEMENT, next);
    mulTwo<Fr>(first, first, c, second, second, c);
    add<Fr>(dst + i * ELEMENT, even, first);
    add<Fr>(dst + (i + 1) * ELEMENT, next, second);
  }
  if (i < end) {
    const even = a + i * (2 * ELEMENT);
    sub<Fr>(first, even + ELEMENT, even);
    mul<Fr>(first, first, c);
    add<Fr>(dst + i * ELEMENT, even, first);
  }
  pop(2 * ELEMENT);
}

/** out_thread = Σ a_i·b_i over this thread's range. */
export function vectorDot(start: usize, end: usize, out: usize, a: usize, b: usize): void {
  dot<Fr>(out + thread() * ELEMENT, a + start * ELEMENT, b + start * ELEMENT, end - start);
}

/** out_thread = Σ a_i over this thread's range. */
export function vectorSum(start: usize, end: usize, out: usize, a: usize): void {
  const sum = push(ELEMENT);
  copy(sum, constants() + ZERO);
  for (let at = start * ELEMENT, stop = end * ELEMENT; at < stop; at += ELEMENT) add<Fr>(sum, sum, a + at);
  copy(out + thread() * ELEMENT, sum);
  pop(ELEMENT);
}

/** dst_i = a for all i. */
export function vectorFill(start: usize, end: usize, dst: usize, a: usize): void {
  for (let i = start; i < end; i++) copy(dst + i * ELEMENT, a);
}

/** dst_i = the unsigned integer of `width` bytes (1, 2, 4 or 8) at i. */
export function vectorFromIntegers(start: usize, end: usize, dst: usize, src: usize, width: usize): void {
  const number = push(ELEMENT);
  copy(number, constants() + ZERO);
  for (let i = start; i < end; i++) {
    const at = src + i * width;
    let value: u64;
    if (width == 1) value = load<u8>(at);
    else if (width == 2) value = load<u16>(at);
    else if (width == 4) value = load<u32>(at);
    else value = load<u64>(at);
    const to = dst + i * ELEMENT;
    if (value == 0) {
      copy(to, constants() + ZERO);
    } else {
      store<u64>(number, value);
      toMontgomery<Fr>(to, number);
    }
  }
  pop(ELEMENT);
}

/** Numbers below r to Montgomery form. */
export function vectorToMontgomery(start: usize, end: usize, dst: usize, a: usize): void {
  const at = start * ELEMENT;
  mulMany<Fr>(dst + at, a + at, constants() + R_SQUARED_FR, 0, end - start);
}

/** Montgomery form to numbers below r. */
export function vectorFromMontgomery(start: usize, end: usize, dst: usize, a: usize): void {
  const at = start * ELEMENT;
  mulMany<Fr>(dst + at, a + at, constants() + UNIT, 0, end - start);
}

/** The same for coordinates, over Fq. */
export function coordinatesToMontgomery(start: usize, end: usize, dst: usize, a: usize): void {
  const at = start * ELEMENT;
  mulMany<Fq>(dst + at, a + at, constants() + R_SQUARED_FQ, 0, end - start);
}

/** dst_i = a_i·b_i over Fq. */
export function coordinatesMul(start: usize, end: usize, dst: usize, a: usize, b: usize): void {
  const at = start * ELEMENT;
  mulMany<Fq>(dst + at, a + at, b + at, ELEMENT, end - start);
}

/** dst_i = a_i·scalar over Fq: a change of R is such a product. */
export function coordinatesScale(start: usize, end: usize, dst: usize, a: usize, scalar: usize): void {
  const at = start * ELEMENT;
  mulMany<Fq>(dst + at, a + at, scalar, 0, end - start);
}

/** dst_i = 1/a_i, and 0 where a_i is 0 (Montgomery's trick: three products an element). dst and a must not overlap. */
export function vectorInverse(start: usize, end: usize, dst: usize, a: usize): void {
  if (start >= end) return;
  const running = push(2 * ELEMENT);
  const next = running + ELEMENT;
  setOne<Fr>(running);
  for (let at = start * ELEMENT, stop = end * ELEMENT; at < stop; at += ELEMENT) {
    copy(dst + at, running);
    if (!isZero(a + at)) mul<Fr>(running, running, a + at);
  }
  inverse<Fr>(running, running);
  for (let i = end; i > start; i--) {
    const at = (i - 1) * ELEMENT;
    if (isZero(a + at)) {
      copy(dst + at, constants() + ZERO);
    } else {
      mul<Fr>(next, running, a + at);
      mul<Fr>(dst + at, dst + at, running);
      copy(running, next);
    }
  }
  pop(2 * ELEMENT);
}
