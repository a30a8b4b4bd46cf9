/**
 * Arithmetic of the two prime fields of BN254: `Fr`, the field of proofs, and `Fq`, that of coordinates.
 *
 * In memory an element is 32 bytes: x·R mod p, little-endian, always below p, with R = 2^261. A product works on nine limbs of 29
 * bits: the products of two limbs have 58 bits, so a column of eighteen fits 64 bits and no carry is taken before the column is
 * done (Montgomery's product scanning). Sums and differences work on the four words as they are. Two products that do not depend on each
 * other are twice as fast in paired-product.ts.
 *
 * Functions are generic in the field, and each instance has its own constants: `idof` is known when the module is compiled.
 */
import { constants, ONE_FQ, ONE_FR, pop, push, R_SQUARED_FQ, R_SQUARED_FR, UNIT, ZERO } from "./thread";

export class Fr {}
export class Fq {}

/** Bytes of an element. */
export const ELEMENT: usize = 32;

const MASK: u64 = (1 << 29) - 1;

// The limbs of both moduli, lowest first.
function p0<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x10000001 : 0x187cfd47;
}
function p1<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x1f0fac9f : 0x10460b6;
}
function p2<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0xe5c2450 : 0x1c72a34f;
}
function p3<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x7d090f3 : 0x2d522d0;
}
function p4<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x1585d283 : 0x1585d978;
}
function p5<F>(): u64 {
  return 0x2db40c0;
}
function p6<F>(): u64 {
  return 0xa6e141;
}
function p7<F>(): u64 {
  return 0xe5c2634;
}
function p8<F>(): u64 {
  return 0x30644e;
}
// The limbs of 2^−29 mod p.
function n0<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x18f05361 : 0x17789a9f;
}
function n1<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x12bb1fe : 0x5ffc3dc;
}
function n2<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0xf5d8135 : 0xd6bde42;
}
function n3<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x1e6275f6 : 0x1cf152e3;
}
function n4<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x7e7a880 : 0x18eb055f;
}
function n5<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x10c6bf1f : 0xed815e2;
}
function n6<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x11f74a6c : 0x16626d2;
}
function n7<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x6fdaecb : 0xb8bab0f;
}
function n8<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0x183227 : 0x6d7c4;
}
/** −1/p mod 2^29. */
function negativeInverse<F>(): u64 {
  return idof<F>() == idof<Fr>() ? 0xfffffff : 0x4866389;
}

function reduction<F>(t: u64): u64 {
  // Of Fr the inverse is 2^28 − 1, a shift and a difference.
  if (idof<F>() == idof<Fr>()) return ((t << 28) - t) & MASK;
  return (t * negativeInverse<F>()) & MASK;
}

// The modulus as four words.
function word0<F>(): u64 {
  return p0<F>() | (p1<F>() << 29) | (p2<F>() << 58);
}
function word1<F>(): u64 {
  return (p2<F>() >> 6) | (p3<F>() << 23) | (p4<F>() << 52);
}
function word2<F>(): u64 {
  return (p4<F>() >> 12) | (p5<F>() << 17) | (p6<F>() << 46);
}
function word3<F>(): u64 {
  return (p6<F>() >> 18) | (p7<F>() << 11) | (p8<F>() << 40);
}

/** Word i of the modulus, lowest first. */
export function modulusWord<F>(i: usize): u64 {
  if (i == 0) return word0<F>();
  if (i == 1) return word1<F>();
  return i == 2 ? word2<F>() : word3<F>();
}

/**
 * dst = a·b/R. Limbs i and j of a column are multiplied as (a_i + a_j)(b_i + b_j) − a_i·b_i − a_j·b_j (Karatsuba), which takes 45 products
 * instead of 81; s_k is Σ_{i ≤ k} a_i·b_i.
 *
 * Each of the lowest seven limbs is replaced by its product with 2^−29 mod p, one limb up, which takes neither −1/p nor the product
 * that Montgomery's reduction makes vanish. As its result is below p only after two more limbs are off, these go Montgomery's way.
 */
export function mul<F>(dst: usize, a: usize, b: usize): void {
  let w0 = load<u64>(a);
  let w1 = load<u64>(a, 8);
  let w2 = load<u64>(a, 16);
  let w3 = load<u64>(a, 24);
  const a0 = w0 & MASK;
  const a1 = (w0 >> 29) & MASK;
  const a2 = ((w0 >> 58) | (w1 << 6)) & MASK;
  const a3 = (w1 >> 23) & MASK;
  const a4 = ((w1 >> 52) | (w2 << 12)) & MASK;
  const a5 = (w2 >> 17) & MASK;
  const a6 = ((w2 >> 46) | (w3 << 18)) & MASK;
  const a7 = (w3 >> 11) & MASK;
  const a8 = w3 >> 40;
  w0 = load<u64>(b);
  w1 = load<u64>(b, 8);
  w2 = load<u64>(b, 16);
  w3 = load<u64>(b, 24);
  const b0 = w0 & MASK;
  const b1 = (w0 >> 29) & MASK;
  const b2 = ((w0 >> 58) | (w1 << 6)) & MASK;
  const b3 = (w1 >> 23) & MASK;
  const b4 = ((w1 >> 52) | (w2 << 12)) & MASK;
  const b5 = (w2 >> 17) & MASK;
  const b6 = ((w2 >> 46) | (w3 << 18)) & MASK;
  const b7 = (w3 >> 11) & MASK;
  const b8 = w3 >> 40;
  const s0 = a0 * b0;
  const s1 = s0 + a1 * b1;
  const s2 = s1 + a2 * b2;
  const s3 = s2 + a3 * b3;
  const s4 = s3 + a4 * b4;
  const s5 = s4 + a5 * b5;
  const s6 = s5 + a6 * b6;
  const s7 = s6 + a7 * b7;
  const s8 = s7 + a8 * b8;
  let t = s0;
  const q0 = t & MASK;
  t >>= 29;
  t += (a0 + a1) * (b0 + b1) + q0 * n0<F>();
  t -= s1;
  const q1 = t & MASK;
  t >>= 29;
  t += (a0 + a2) * (b0 + b2) + q0 * n1<F>() + q1 * n0<F>();
  t += ((s1 - s0) << 1) - s2;
  const q2 = t & MASK;
  t >>= 29;
  t += (a0 + a3) * (b0 + b3) + (a1 + a2) * (b1 + b2) + q0 * n2<F>() + q1 * n1<F>() + q2 * n0<F>();
  t -= s3;
  const q3 = t & MASK;
  t >>= 29;
  t +=
    (a0 + a4) * (b0 + b4) + (a1 + a3) * (b1 + b3) + q0 * n3<F>() + q1 * n2<F>() + q2 * n1<F>() + q3 * n0<F>();
  t += ((s2 - s1) << 1) - s4;
  const q4 = t & MASK;
  t >>= 29;
  t +=
    (a0 + a5) * (b0 + b5) +
    (a1 + a4) * (b1 + b4) +
    (a2 + a3) * (b2 + b3) +
    q0 * n4<F>() +
    q1 * n3<F>() +
    q2 * n2<F>() +
    q3 * n1<F>() +
    q4 * n0<F>();
  t -= s5;
  const q5 = t & MASK;
  t >>= 29;
  t +=
    (a0 + a6) * (b0 + b6) +
    (a1 + a5) * (b1 + b5) +
    (a2 + a4) * (b2 + b4) +
    q0 * n5<F>() +
    q1 * n4<F>() +
    q2 * n3<F>() +
    q3 * n2<F>() +
    q4 * n1<F>() +
    q5 * n0<F>();
  t += ((s3 - s2) << 1) - s6;
  const q6 = t & MASK;
  t >>= 29;
  t +=
    (a0 + a7) * (b0 + b7) +
    (a1 + a6) * (b1 + b6) +
    (a2 + a5) * (b2 + b5) +
    (a3 + a4) * (b3 + b4) +
    q0 * n6<F>() +
    q1 * n5<F>() +
    q2 * n4<F>() +
    q3 * n3<F>() +
    q4 * n2<F>() +
    q5 * n1<F>() +
    q6 * n0<F>();
  t -= s7;
  const q7 = reduction<F>(t);
  t = (t + q7 * p0<F>()) >> 29;
  t +=
    (a0 + a8) * (b0 + b8) +
    (a1 + a7) * (b1 + b7) +
    (a2 + a6) * (b2 + b6) +
    (a3 + a5) * (b3 + b5) +
    q0 * n7<F>() +
    q1 * n6<F>() +
    q2 * n5<F>() +
    q3 * n4<F>() +
    q4 * n3<F>() +
    q5 * n2<F>() +
    q6 * n1<F>() +
    q7 * p1<F>();
  t += ((s4 - s3) << 1) - s8;
  const q8 = reduction<F>(t);
  t = (t + q8 * p0<F>()) >> 29;
  t +=
    (a1 + a8) * (b1 + b8) +
    (a2 + a7) * (b2 + b7) +
    (a3 + a6) * (b3 + b6) +
    (a4 + a5) * (b4 + b5) +
    q0 * n8<F>() +
    q1 * n7<F>() +
    q2 * n6<F>() +
    q3 * n5<F>() +
    q4 * n4<F>() +
    q5 * n3<F>() +
    q6 * n2<F>() +
    q7 * p2<F>() +
    q8 * p1<F>();
  t -= s8 - s0;
  const r0 = t & MASK;
  t >>= 29;
  t +=
    (a2 + a8) * (b2 + b8) +
    (a3 + a7) * (b3 + b7) +
    (a4 + a6) * (b4 + b6) +
    q1 * n8<F>() +
    q2 * n7<F>() +
    q3 * n6<F>() +
    q4 * n5<F>() +
    q5 * n4<F>() +
    q6 * n3<F>() +
    q7 * p3<F>() +
    q8 * p2<F>();
  t += ((s5 - s4) << 1) - (s8 - s1);
  const r1 = t & MASK;
  t >>= 29;
  t +=
    (a3 + a8) * (b3 + b8) +
    (a4 + a7) * (b4 + b7) +
    (a5 + a6) * (b5 + b6) +
    q2 * n8<F>() +
    q3 * n7<F>() +
    q4 * n6<F>() +
    q5 * n5<F>() +
    q6 * n4<F>() +
    q7 * p4<F>() +
    q8 * p3<F>();
  t -= s8 - s2;
  const r2 = t & MASK;
  t >>= 29;
  t +=
    (a4 + a8) * (b4 + b8) +
    (a5 + a7) * (b5 + b7) +
    q3 * n8<F>() +
    q4 * n7<F>() +
    q5 * n6<F>() +
    q6 * n5<F>() +
    q7 * p5<F>() +
    q8 * p4<F>();
  t += ((s6 - s5) << 1) - (s8 - s3);
  const r3 = t & MASK;
  t >>= 29;
  t +=
    (a5 + a8) * (b5 + b8) +
    (a6 + a7) * (b6 + b7) +
    q4 * n8<F>() +
    q5 * n7<F>() +
    q6 * n6<F>() +
    q7 * p6<F>() +
    q8 * p5<F>();
  t -= s8 - s4;
  const r4 = t & MASK;
  t >>= 29;
  t += (a6 + a8) * (b6 + b8) + q5 * n8<F>() + q6 * n7<F>() + q7 * p7<F>() + q8 * p6<F>();
  t += ((s7 - s6) << 1) - (s8 - s5);
  const r5 = t & MASK;
  t >>= 29;
  t += (a7 + a8) * (b7 + b8) + q6 * n8<F>() + q7 * p8<F>() + q8 * p7<F>();
  t -= s8 - s6;
  const r6 = t & MASK;
  t >>= 29;
  t += q8 * p8<F>();
  t += s8 - s7;
  const r7 = t & MASK;
  t >>= 29;
  w0 = r0 | (r1 << 29) | (r2 << 58);
  w1 = (r2 >> 6) | (r3 << 23) | (r4 << 52);
  w2 = (r4 >> 12) | (r5 << 17) | (r6 << 46);
  w3 = (r6 >> 18) | (r7 << 11) | (t << 40);
  storeReduced<F>(dst, w0, w1, w2, w3);
}
/** dst = a²/R: 45 products of limbs instead of 81. */
export function square<F>(dst: usize, a: usize): void {
  let w0 = load<u64>(a);
  let w1 = load<u64>(a, 8);
  let w2 = load<u64>(a, 16);
  let w3 = load<u64>(a, 24);
  const a0 = w0 & MASK;
  const a1 = (w0 >> 29) & MASK;
  const a2 = ((w0 >> 58) | (w1 << 6)) & MASK;
  const a3 = (w1 >> 23) & MASK;
  const a4 = ((w1 >> 52) | (w2 << 12)) & MASK;
  const a5 = (w2 >> 17) & MASK;
  const a6 = ((w2 >> 46) | (w3 << 18)) & MASK;
  const a7 = (w3 >> 11) & MASK;
  const a8 = w3 >> 40;
  const d0 = a0 << 1;
  const d1 = a1 << 1;
  const d2 = a2 << 1;
  const d3 = a3 << 1;
  const d4 = a4 << 1;
  const d5 = a5 << 1;
  const d6 = a6 << 1;
  const d7 = a7 << 1;
  let t: u64 = a0 * a0;
  const m0 = reduction<F>(t);
  t = (t + m0 * p0<F>()) >> 29;
  t += d0 * a1 + m0 * p1<F>();
  const m1 = reduction<F>(t);
  t = (t + m1 * p0<F>()) >> 29;
  t += d0 * a2 + a1 * a1 + m0 * p2<F>() + m1 * p1<F>();
  const m2 = reduction<F>(t);
  t = (t + m2 * p0<F>()) >> 29;
  t += d0 * a3 + d1 * a2 + m0 * p3<F>() + m1 * p2<F>() + m2 * p1<F>();
  const m3 = reduction<F>(t);
  t = (t + m3 * p0<F>()) >> 29;
  t += d0 * a4 + d1 * a3 + a2 * a2 + m0 * p4<F>() + m1 * p3<F>() + m2 * p2<F>() + m3 * p1<F>();
  const m4 = reduction<F>(t);
  t = (t + m4 * p0<F>()) >> 29;
  t += d0 * a5 + d1 * a4 + d2 * a3 + m0 * p5<F>() + m1 * p4<F>() + m2 * p3<F>() + m3 * p2<F>() + m4 * p1<F>();
  const m5 = reduction<F>(t);
  t = (t + m5 * p0<F>()) >> 29;
  t +=
    d0 * a6 +
    d1 * a5 +
    d2 * a4 +
    a3 * a3 +
    m0 * p6<F>() +
    m1 * p5<F>() +
    m2 * p4<F>() +
    m3 * p3<F>() +
    m4 * p2<F>() +
    m5 * p1<F>();
  const m6 = reduction<F>(t);
  t = (t + m6 * p0<F>()) >> 29;
  t +=
    d0 * a7 +
    d1 * a6 +
    d2 * a5 +
    d3 * a4 +
    m0 * p7<F>() +
    m1 * p6<F>() +
    m2 * p5<F>() +
    m3 * p4<F>() +
    m4 * p3<F>() +
    m5 * p2<F>() +
    m6 * p1<F>();
  const m7 = reduction<F>(t);
  t = (t + m7 * p0<F>()) >> 29;
  t +=
    d0 * a8 +
    d1 * a7 +
    d2 * a6 +
    d3 * a5 +
    a4 * a4 +
    m0 * p8<F>() +
    m1 * p7<F>() +
    m2 * p6<F>() +
    m3 * p5<F>() +
    m4 * p4<F>() +
    m5 * p3<F>() +
    m6 * p2<F>() +
    m7 * p1<F>();
  const m8 = reduction<F>(t);
  t = (t + m8 * p0<F>()) >> 29;
  t +=
    d1 * a8 +
    d2 * a7 +
    d3 * a6 +
    d4 * a5 +
    m1 * p8<F>() +
    m2 * p7<F>() +
    m3 * p6<F>() +
    m4 * p5<F>() +
    m5 * p4<F>() +
    m6 * p3<F>() +
    m7 * p2<F>() +
    m8 * p1<F>();
  const r0 = t & MASK;
  t >>= 29;
  t +=
    d2 * a8 +
    d3 * a7 +
    d4 * a6 +
    a5 * a5 +
    m2 * p8<F>() +
    m3 * p7<F>() +
    m4 * p6<F>() +
    m5 * p5<F>() +
    m6 * p4<F>() +
    m7 * p3<F>() +
    m8 * p2<F>();
  const r1 = t & MASK;
  t >>= 29;
  t +=
    d3 * a8 +
    d4 * a7 +
    d5 * a6 +
    m3 * p8<F>() +
    m4 * p7<F>() +
    m5 * p6<F>() +
    m6 * p5<F>() +
    m7 * p4<F>() +
    m8 * p3<F>();
  const r2 = t & MASK;
  t >>= 29;
  t += d4 * a8 + d5 * a7 + a6 * a6 + m4 * p8<F>() + m5 * p7<F>() + m6 * p6<F>() + m7 * p5<F>() + m8 * p4<F>();
  const r3 = t & MASK;
  t >>= 29;
  t += d5 * a8 + d6 * a7 + m5 * p8<F>() + m6 * p7<F>() + m7 * p6<F>() + m8 * p5<F>();
  const r4 = t & MASK;
  t >>= 29;
  t += d6 * a8 + a7 * a7 + m6 * p8<F>() + m7 * p7<F>() + m8 * p6<F>();
  const r5 = t & MASK;
  t >>= 29;
  t += d7 * a8 + m7 * p8<F>() + m8 * p7<F>();
  const r6 = t & MASK;
  t >>= 29;
  t += a8 * a8 + m8 * p8<F>();
  const r7 = t & MASK;
  t >>= 29;
  w0 = r0 | (r1 << 29) | (r2 << 58);
  w1 = (r2 >> 6) | (r3 << 23) | (r4 << 52);
  w2 = (r4 >> 12) | (r5 << 17) | (r6 << 46);
  w3 = (r6 >> 18) | (r7 << 11) | (t << 40);
  storeReduced<F>(dst, w0, w1, w2, w3);
}

/**
 * Stores a value below 2p, less p where it is not below p. A product a·b/R of elements is below 1.01·p, so the top word tells
 * nearly always, and the branch is predicted.
 */
function storeReduced<F>(dst: usize, w0: u64, w1: u64, w2: u64, w3: u64): void {
  if (w3 < word3<F>()) {
    store<u64>(dst, w0);
    store<u64>(dst, w1, 8);
    store<u64>(dst, w2, 16);
    store<u64>(dst, w3, 24);
  } else {
    subtractModulus<F>(dst, w0, w1, w2, w3);
  }
}

/** The same without a branch, for values as likely above as below. */
export function subtractModulus<F>(dst: usize, w0: u64, w1: u64, w2: u64, w3: u64): void {
  const d0 = w0 - word0<F>();
  let borrow: u64 = u64(w0 < word0<F>());
  const e1 = w1 - word1<F>();
  const d1 = e1 - borrow;
  borrow = u64(w1 < word1<F>()) | (u64(e1 == 0) & borrow);
  const e2 = w2 - word2<F>();
  const d2 = e2 - borrow;
  borrow = u64(w2 < word2<F>()) | (u64(e2 == 0) & borrow);
  const e3 = w3 - word3<F>();
  const d3 = e3 - borrow;
  borrow = u64(w3 < word3<F>()) | (u64(e3 == 0) & borrow);
  const below = borrow != 0;
  store<u64>(dst, select<u64>(w0, d0, below));
  store<u64>(dst, select<u64>(w1, d1, below), 8);
  store<u64>(dst, select<u64>(w2, d2, below), 16);
  store<u64>(dst, select<u64>(w3, d3, below), 24);
}

/** dst = a + b. */
export function add<F>(dst: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const w0 = a0 + load<u64>(b);
  let carry = u64(w0 < a0);
  const s1 = a1 + load<u64>(b, 8);
  const w1 = s1 + carry;
  carry = u64(s1 < a1) | u64(w1 < s1);
  const s2 = a2 + load<u64>(b, 16);
  const w2 = s2 + carry;
  carry = u64(s2 < a2) | u64(w2 < s2);
  const w3 = load<u64>(a, 24) + load<u64>(b, 24) + carry;
  subtractModulus<F>(dst, w0, w1, w2, w3);
}

/** dst = a − b. */
export function sub<F>(dst: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a);
  const a1 = load<u64>(a, 8);
  const a2 = load<u64>(a, 16);
  const a3 = load<u64>(a, 24);
  const b0 = load<u64>(b);
  const b1 = load<u64>(b, 8);
  const b2 = load<u64>(b, 16);
  const b3 = load<u64>(b, 24);
  const d0 = a0 - b0;
  let borrow = u64(a0 < b0);
  const e1 = a1 - b1;
  const d1 = e1 - borrow;
  borrow = u64(a1 < b1) | (u64(e1 == 0) & borrow);
  const e2 = a2 - b2;
  const d2 = e2 - borrow;
  borrow = u64(a2 < b2) | (u64(e2 == 0) & borrow);
  const e3 = a3 - b3;
  const d3 = e3 - borrow;
  borrow = u64(a3 < b3) | (u64(e3 == 0) & borrow);
  // Adds p where the difference was negative.
  const mask = -borrow;
  const w0 = d0 + (word0<F>() & mask);
  let carry = u64(w0 < d0);
  const s1 = d1 + (word1<F>() & mask);
  const w1 = s1 + carry;
  carry = u64(s1 < d1) | u64(w1 < s1);
  const s2 = d2 + (word2<F>() & mask);
  const w2 = s2 + carry;
  carry = u64(s2 < d2) | u64(w2 < s2);
  store<u64>(dst, w0);
  store<u64>(dst, w1, 8);
  store<u64>(dst, w2, 16);
  store<u64>(dst, d3 + (word3<F>() & mask) + carry, 24);
}

/** dst = −a. */
export function negate<F>(dst: usize, a: usize): void {
  const zero = constants() + ZERO;
  sub<F>(dst, zero, a);
}

/** dst = 2a. */
export function double<F>(dst: usize, a: usize): void {
  add<F>(dst, a, a);
}

export function copy(dst: usize, a: usize): void {
  v128.store(dst, v128.load(a));
  v128.store(dst, v128.load(a, 16), 16);
}

export function isZero(a: usize): bool {
  return (load<u64>(a) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) == 0;
}

export function equal(a: usize, b: usize): bool {
  return (
    ((load<u64>(a) ^ load<u64>(b)) |
      (load<u64>(a, 8) ^ load<u64>(b, 8)) |
      (load<u64>(a, 16) ^ load<u64>(b, 16)) |
      (load<u64>(a, 24) ^ load<u64>(b, 24))) ==
    0
  );
}

/** Sets dst to 1. */
export function setOne<F>(dst: usize): void {
  copy(dst, constants() + one<F>());
}

/** dst = 1/a by Fermat's theorem; 0 of 0. */
export function inverse<F>(dst: usize, a: usize): void {
  const base = push(2 * ELEMENT);
  const power = base + ELEMENT;
  copy(base, a);
  copy(power, a);
  // The exponent is p − 2, of 254 bits; the lowest word of p is above 2.
  for (let bit: i32 = 252; bit >= 0; bit--) {
    square<F>(power, power);
    if (exponentBit<F>(bit)) mul<F>(power, power, base);
  }
  copy(dst, power);
  pop(2 * ELEMENT);
}

function exponentBit<F>(bit: i32): bool {
  const shift = u64(bit & 63);
  if (bit < 64) return (((word0<F>() - 2) >> shift) & 1) != 0;
  if (bit < 128) return ((word1<F>() >> shift) & 1) != 0;
  if (bit < 192) return ((word2<F>() >> shift) & 1) != 0;
  return ((word3<F>() >> shift) & 1) != 0;
}

/** dst = x·R, of a number below p. */
export function toMontgomery<F>(dst: usize, a: usize): void {
  mul<F>(dst, a, constants() + rSquared<F>());
}

/** dst = a/R: the number an element stands for. */
export function fromMontgomery<F>(dst: usize, a: usize): void {
  mul<F>(dst, a, constants() + UNIT);
}

function one<F>(): usize {
  return idof<F>() == idof<Fr>() ? ONE_FR : ONE_FQ;
}
function rSquared<F>(): usize {
  return idof<F>() == idof<Fr>() ? R_SQUARED_FR : R_SQUARED_FQ;
}
