/**
 * Coordinates of points: elements of Fq in G1, of Fq2 = Fq[i]/(i² + 1) in G2, real part first. Functions are generic in the field, as
 * those of prime-field.ts.
 */
import {
  add,
  copy,
  ELEMENT,
  equal,
  Fq,
  inverse,
  isZero,
  mul,
  negate,
  setOne,
  square,
  sub,
} from "./prime-field";
import { mulTwo } from "./paired-product";
import { constants, pop, push, ZERO } from "./thread";

export class Fq2 {}

/** Bytes of a coordinate. */
export function coordinateBytes<C>(): usize {
  return idof<C>() == idof<Fq2>() ? 2 * ELEMENT : ELEMENT;
}

export function coordinateCopy<C>(dst: usize, a: usize): void {
  copy(dst, a);
  if (idof<C>() == idof<Fq2>()) copy(dst + ELEMENT, a + ELEMENT);
}

export function coordinateSetZero<C>(dst: usize): void {
  copy(dst, constants() + ZERO);
  if (idof<C>() == idof<Fq2>()) copy(dst + ELEMENT, constants() + ZERO);
}

export function coordinateSetOne<C>(dst: usize): void {
  setOne<Fq>(dst);
  if (idof<C>() == idof<Fq2>()) copy(dst + ELEMENT, constants() + ZERO);
}

export function coordinateIsZero<C>(a: usize): bool {
  if (idof<C>() == idof<Fq2>()) return isZero(a) && isZero(a + ELEMENT);
  return isZero(a);
}

export function coordinateEqual<C>(a: usize, b: usize): bool {
  if (idof<C>() == idof<Fq2>()) return equal(a, b) && equal(a + ELEMENT, b + ELEMENT);
  return equal(a, b);
}

/** dst = a + b. */
export function coordinateAdd<C>(dst: usize, a: usize, b: usize): void {
  add<Fq>(dst, a, b);
  if (idof<C>() == idof<Fq2>()) add<Fq>(dst + ELEMENT, a + ELEMENT, b + ELEMENT);
}

/** dst = a − b. */
export function coordinateSub<C>(dst: usize, a: usize, b: usize): void {
  sub<Fq>(dst, a, b);
  if (idof<C>() == idof<Fq2>()) sub<Fq>(dst + ELEMENT, a + ELEMENT, b + ELEMENT);
}

/** dst = −a. */
export function coordinateNegate<C>(dst: usize, a: usize): void {
  negate<Fq>(dst, a);
  if (idof<C>() == idof<Fq2>()) negate<Fq>(dst + ELEMENT, a + ELEMENT);
}

/** dst = a·b: in Fq2 three products (Karatsuba). */
export function coordinateMul<C>(dst: usize, a: usize, b: usize): void {
  if (idof<C>() != idof<Fq2>()) {
    mul<Fq>(dst, a, b);
    return;
  }
  const real = push(4 * ELEMENT);
  const imaginary = real + ELEMENT;
  const cross = imaginary + ELEMENT;
  const sum = cross + ELEMENT;
  add<Fq>(cross, a, a + ELEMENT);
  add<Fq>(sum, b, b + ELEMENT);
  mulTwo<Fq>(real, a, b, imaginary, a + ELEMENT, b + ELEMENT);
  mul<Fq>(cross, cross, sum);
  finishKaratsuba(dst, real, imaginary, cross);
  pop(4 * ELEMENT);
}

/** dst = a₀b₀ − a₁b₁ + ((a₀ + a₁)(b₀ + b₁) − a₀b₀ − a₁b₁)i from the three products, of which the last is written over. */
function finishKaratsuba(dst: usize, real: usize, imaginary: usize, cross: usize): void {
  sub<Fq>(cross, cross, real);
  sub<Fq>(dst + ELEMENT, cross, imaginary);
  sub<Fq>(dst, real, imaginary);
}

/** Two products at once, for little more than one takes. The first result must not replace a factor of the second product. */
export function coordinateMulTwo<C>(
  dst0: usize,
  a0: usize,
  b0: usize,
  dst1: usize,
  a1: usize,
  b1: usize,
): void {
  if (idof<C>() != idof<Fq2>()) {
    mulTwo<Fq>(dst0, a0, b0, dst1, a1, b1);
    return;
  }
  const real0 = push(8 * ELEMENT);
  const imaginary0 = real0 + ELEMENT;
  const real1 = imaginary0 + ELEMENT;
  const imaginary1 = real1 + ELEMENT;
  const cross0 = imaginary1 + ELEMENT;
  const sum0 = cross0 + ELEMENT;
  const cross1 = sum0 + ELEMENT;
  const sum1 = cross1 + ELEMENT;
  add<Fq>(cross0, a0, a0 + ELEMENT);
  add<Fq>(sum0, b0, b0 + ELEMENT);
  add<Fq>(cross1, a1, a1 + ELEMENT);
  add<Fq>(sum1, b1, b1 + ELEMENT);
  mulTwo<Fq>(real0, a0, b0, real1, a1, b1);
  mulTwo<Fq>(imaginary0, a0 + ELEMENT, b0 + ELEMENT, imaginary1, a1 + ELEMENT, b1 + ELEMENT);
  mulTwo<Fq>(cross0, cross0, sum0, cross1, cross1, sum1);
  finishKaratsuba(dst0, real0, imaginary0, cross0);
  finishKaratsuba(dst1, real1, imaginary1, cross1);
  pop(8 * ELEMENT);
}

/** dst = a²: in Fq2 two products, (a₀ + a₁)(a₀ − a₁) and 2a₀a₁. */
export function coordinateSquare<C>(dst: usize, a: usize): void {
  if (idof<C>() != idof<Fq2>()) {
    square<Fq>(dst, a);
    return;
  }
  const sum = push(3 * ELEMENT);
  const difference = sum + ELEMENT;
  const product = difference + ELEMENT;
  add<Fq>(sum, a, a + ELEMENT);
  sub<Fq>(difference, a, a + ELEMENT);
  mulTwo<Fq>(product, a, a + ELEMENT, sum, sum, difference);
  copy(dst, sum);
  add<Fq>(dst + ELEMENT, product, product);
  pop(3 * ELEMENT);
}

/** dst = 1/a; 0 of 0. In Fq2, (a₀ − a₁i)/(a₀² + a₁²). */
export function coordinateInverse<C>(dst: usize, a: usize): void {
  if (idof<C>() != idof<Fq2>()) {
    inverse<Fq>(dst, a);
    return;
  }
  const norm = push(2 * ELEMENT);
  const other = norm + ELEMENT;
  square<Fq>(norm, a);
  square<Fq>(other, a + ELEMENT);
  add<Fq>(norm, norm, other);
  inverse<Fq>(norm, norm);
  mul<Fq>(dst, a, norm);
  mul<Fq>(other, a + ELEMENT, norm);
  negate<Fq>(dst + ELEMENT, other);
  pop(2 * ELEMENT);
}
