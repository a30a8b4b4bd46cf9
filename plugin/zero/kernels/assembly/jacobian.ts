/**
 * Points in Jacobian coordinates on y² = x³ + b: X, Y, Z stand for (X/Z², Y/Z³), Z = 0 for infinity. Formulas: Explicit-Formulas
 * Database, short Weierstrass curves with a = 0: madd-2007-bl, add-2007-bl, dbl-2009-l. Results may go where operands are.
 */
import { isInfinity } from "./affine";
import {
  coordinateAdd,
  coordinateBytes,
  coordinateCopy,
  coordinateIsZero,
  coordinateMul,
  coordinateSetOne,
  coordinateSetZero,
  coordinateSquare,
  coordinateSub,
} from "./coordinate";
import { pop, push } from "./thread";

/** Bytes of a point. */
export function jacobianBytes<C>(): usize {
  return 3 * coordinateBytes<C>();
}

export function jacobianSetInfinity<C>(dst: usize): void {
  const size = coordinateBytes<C>();
  coordinateSetOne<C>(dst);
  coordinateSetOne<C>(dst + size);
  coordinateSetZero<C>(dst + 2 * size);
}

function jacobianCopy<C>(dst: usize, a: usize): void {
  const size = coordinateBytes<C>();
  coordinateCopy<C>(dst, a);
  coordinateCopy<C>(dst + size, a + size);
  coordinateCopy<C>(dst + 2 * size, a + 2 * size);
}

/** dst = 2a. */
function jacobianDouble<C>(dst: usize, a: usize): void {
  const size = coordinateBytes<C>();
  const A = push(5 * size);
  const B = A + size;
  const yyyy = B + size;
  const D = yyyy + size;
  const F = D + size;
  coordinateSquare<C>(A, a);
  coordinateSquare<C>(B, a + size);
  coordinateSquare<C>(yyyy, B);
  // D = 2((X + B)² − A − B²)
  coordinateAdd<C>(D, a, B);
  coordinateSquare<C>(D, D);
  coordinateSub<C>(D, D, A);
  coordinateSub<C>(D, D, yyyy);
  coordinateAdd<C>(D, D, D);
  // E = 3A, in A's place; F = E²
  coordinateAdd<C>(F, A, A);
  coordinateAdd<C>(A, A, F);
  coordinateSquare<C>(F, A);
  // Z = 2YZ, before Y is overwritten
  coordinateMul<C>(B, a + size, a + 2 * size);
  coordinateAdd<C>(dst + 2 * size, B, B);
  coordinateSub<C>(dst, F, D);
  coordinateSub<C>(dst, dst, D);
  coordinateSub<C>(D, D, dst);
  coordinateMul<C>(D, D, A);
  coordinateAdd<C>(yyyy, yyyy, yyyy);
  coordinateAdd<C>(yyyy, yyyy, yyyy);
  coordinateAdd<C>(yyyy, yyyy, yyyy);
  coordinateSub<C>(dst + size, D, yyyy);
  pop(5 * size);
}

/** dst = a + b for an affine point b. */
export function jacobianAddAffine<C>(dst: usize, a: usize, b: usize): void {
  const size = coordinateBytes<C>();
  if (isInfinity<C>(b)) {
    if (dst != a) jacobianCopy<C>(dst, a);
    return;
  }
  if (coordinateIsZero<C>(a + 2 * size)) {
    coordinateCopy<C>(dst, b);
    coordinateCopy<C>(dst + size, b + size);
    coordinateSetOne<C>(dst + 2 * size);
    return;
  }
  // U₂ = x·ZZ, S₂ = y·Z³: the other two of the general sum are X and Y.
  const u = push(3 * size);
  const s = u + size;
  const zz = s + size;
  coordinateSquare<C>(zz, a + 2 * size);
  coordinateMul<C>(u, b, zz);
  coordinateMul<C>(s, b + size, zz);
  coordinateMul<C>(s, s, a + 2 * size);
  coordinateSub<C>(u, u, a);
  coordinateSub<C>(s, s, a + size);
  if (coordinateIsZero<C>(u)) {
    if (coordinateIsZero<C>(s)) jacobianDouble<C>(dst, a);
    else jacobianSetInfinity<C>(dst);
  } else {
    finishSum<C>(dst, a, a + size, u, s, zz, a + 2 * size, 0);
  }
  pop(3 * size);
}

/** dst = a + b. */
export function jacobianAdd<C>(dst: usize, a: usize, b: usize): void {
  const size = coordinateBytes<C>();
  if (coordinateIsZero<C>(b + 2 * size)) {
    if (dst != a) jacobianCopy<C>(dst, a);
    return;
  }
  if (coordinateIsZero<C>(a + 2 * size)) {
    jacobianCopy<C>(dst, b);
    return;
  }
  const zzA = push(6 * size);
  const zzB = zzA + size;
  const uA = zzB + size;
  const sA = uA + size;
  const u = sA + size;
  const s = u + size;
  coordinateSquare<C>(zzA, a + 2 * size);
  coordinateSquare<C>(zzB, b + 2 * size);
  coordinateMul<C>(uA, a, zzB);
  coordinateMul<C>(u, b, zzA);
  coordinateMul<C>(sA, a + size, b + 2 * size);
  coordinateMul<C>(sA, sA, zzB);
  coordinateMul<C>(s, b + size, a + 2 * size);
  coordinateMul<C>(s, s, zzA);
  coordinateSub<C>(u, u, uA);
  coordinateSub<C>(s, s, sA);
  if (coordinateIsZero<C>(u)) {
    if (coordinateIsZero<C>(s)) jacobianDouble<C>(dst, a);
    else jacobianSetInfinity<C>(dst);
  } else {
    finishSum<C>(dst, uA, sA, u, s, zzA, a + 2 * size, b + 2 * size);
  }
  pop(6 * size);
}

/**
 * With H = U₂ − U₁ and R = S₂ − S₁: X = R² − H³ − 2U₁H², Y = R(U₁H² − X) − S₁H³, Z = Z₁Z₂H. `zB` is 0 where Z₂ = 1. `scratch` is
 * written over.
 */
function finishSum<C>(
  dst: usize,
  u1: usize,
  s1: usize,
  h: usize,
  r: usize,
  scratch: usize,
  zA: usize,
  zB: usize,
): void {
  const size = coordinateBytes<C>();
  const hhh = push(3 * size);
  const v = hhh + size;
  const x = v + size;
  coordinateSquare<C>(scratch, h);
  coordinateMul<C>(hhh, scratch, h);
  coordinateMul<C>(v, u1, scratch);
  coordinateSquare<C>(x, r);
  coordinateSub<C>(x, x, hhh);
  coordinateSub<C>(x, x, v);
  coordinateSub<C>(x, x, v);
  coordinateSub<C>(v, v, x);
  coordinateMul<C>(v, v, r);
  coordinateMul<C>(hhh, hhh, s1);
  coordinateSub<C>(v, v, hhh);
  if (zB == 0) {
    coordinateMul<C>(dst + 2 * size, zA, h);
  } else {
    coordinateMul<C>(scratch, zA, zB);
    coordinateMul<C>(dst + 2 * size, scratch, h);
  }
  coordinateCopy<C>(dst, x);
  coordinateCopy<C>(dst + size, v);
  pop(3 * size);
}
