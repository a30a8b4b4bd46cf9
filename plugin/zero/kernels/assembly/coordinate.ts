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
  const real = push(3 * ELEMENT);
  const imaginary = real + ELEMENT;
  const cross = imaginary + ELEMENT;
  // (a₀ + a₁)(b₀ + b₁) − a₀b₀ − a₁b₁ = a₀b₁ + a₁b₀
  add<Fq>(real, a, a + ELEMENT);
  add<Fq>(imaginary, b, b + ELEMENT);
  mul<Fq>(cross, real, imaginary);
  mul<Fq>(real, a, b);
  mul<Fq>(imaginary, a + ELEMENT, b + ELEMENT);
  sub<Fq>(cross, cross, real);
  sub<Fq>(dst + ELEMENT, cross, imaginary);
  sub<Fq>(dst, real, imaginary);
  pop(3 * ELEMENT);
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
  mul<Fq>(product, a, a + ELEMENT);
  mul<Fq>(dst, sum, difference);
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
