/**
 * Two products at a time, one in each lane of a vector: 64-bit floats, of which fused multiplications give both halves of a product of
 * 51 by 51 bits exactly (N. Emmart, F. Zheng, C. Weems, "Faster Modular Exponentiation Using Double Precision Floating Point
 * Arithmetic on the GPU", ARITH 2018).
 *
 * The lowest bits of h = fma(a, b, 2^103) are the upper half, rounded to nearest; fma(a, b, 2^103 + 1.5·2^52 − h) is the lower half, in
 * [−2^50, 2^50], and 1.5·2^52. The halves are summed as integers, exponents and all: each column of limbs starts with a number that
 * takes these away again, and that keeps the sum from being negative.
 *
 * The product T = a·b has ten limbs of 51 bits. Of the lowest four each is replaced by t_i·(2^{−51(4−i)} mod p) at the fifth. Then
 * Montgomery's reduction takes off 51 bits and 6 more, for the R = 2^261 of prime-field.ts. What is left is below
 * (0.4 p + 4 p + p)/2^6 + p < 1.1 p.
 *
 * `relaxed_madd` rounds once on processors that can, and twice on others. `prepare` finds out, and there products are those of
 * prime-field.ts.
 */
import { add, copy, ELEMENT, Fq, Fr, fromMontgomery, modulusWord, mul, subtractModulus } from "./prime-field";
import { constants, pop, push, ZERO } from "./thread";

const MASK: u64 = (1 << 51) - 1;

// Floats as they are in memory.
const TWO_52: u64 = 0x4330000000000000;
/** 1.5·2^52. */
const MIDDLE: u64 = 0x4338000000000000;
const TWO_103: u64 = 0x4660000000000000;
/** 2^103 + 1.5·2^52. */
const BOTH: u64 = 0x4660000000000003;

// Offsets into the table of a field, whose entries have eight bytes.
/** The limbs of 2^{−204}, 2^{−153}, 2^{−102} and 2^{−51} mod p, as floats. */
const POWERS: usize = 0;
/** Those of p. */
const MODULUS: usize = 20 * 8;
/** −1/p mod 2^51, as a float. */
const NEGATIVE_INVERSE: usize = 25 * 8;
/** What the ten columns start with. */
const STARTS: usize = 26 * 8;
/** The numbers above, which the compiler would otherwise load in three instructions wherever they are used. */
const CONSTANTS: usize = 36 * 8;
const TABLE: usize = 40 * 8;

/** Bytes that `prepare` fills. */
export const TABLES: usize = 2 * TABLE;

let tables: usize = 0;
let fused: bool = false;

/** Fills the tables at `room`. Called once on every thread. */
export function prepare(room: usize): void {
  tables = room;
  fillTable<Fr>(room);
  fillTable<Fq>(room + TABLE);
  allowFused(0, 1);
}

/** Whether this thread uses fused multiplications from now on: if `allowed` is not 0, as at first, and the processor has them. */
export function allowFused(_start: usize, allowed: usize): bool {
  // (2^27 + 1)² has 55 bits, of which rounding drops the lowest. The factor is read from memory so that no compiler computes this.
  const at = push(8);
  store<f64>(at, 134217729);
  const factor = v128.load_splat<u64>(at);
  const error = f64x2.relaxed_madd(factor, factor, f64x2.neg(f64x2.mul(factor, factor)));
  fused = allowed != 0 && f64x2.extract_lane(error, 0) == 1;
  pop(8);
  return fused;
}

function fillTable<F>(table: usize): void {
  const power = push(ELEMENT);
  for (let i: usize = 0; i < 4; i++) {
    // 2^{57 + 51 i}/R, where R = 2^261.
    const exponent = 57 + 51 * <i32>i;
    memory.fill(power, 0, ELEMENT);
    store<u64>(power + (exponent >> 6) * 8, (<u64>1) << (exponent & 63));
    fromMontgomery<F>(power, power);
    storeLimbs(table + POWERS + 40 * i, power);
  }
  for (let i: usize = 0; i < 4; i++) store<u64>(power + 8 * i, modulusWord<F>(i));
  storeLimbs(table + MODULUS, power);
  pop(ELEMENT);

  // Newton's iteration doubles the number of bits that are right, from 3.
  let inverse = modulusWord<F>(0);
  for (let i = 0; i < 5; i++) inverse *= 2 - modulusWord<F>(0) * inverse;
  store<f64>(table, <f64>(-inverse & MASK), NEGATIVE_INVERSE);

  const starts = table + STARTS;
  memory.fill(starts, 0, 80);
  for (let i: usize = 0; i < 5; i++) {
    for (let j: usize = 0; j < 5; j++) countProduct(starts, i + j);
    for (let j: usize = 0; j < 4; j++) countProduct(starts, 4 + i);
    countProduct(starts, 4 + i);
    countProduct(starts, 5 + i);
  }
  for (let at = starts; at < starts + 72; at += 8) {
    store<u64>(at, load<u64>(at) + (1 << 54));
    store<u64>(at, load<u64>(at, 8) - (1 << 3), 8);
  }

  const constants = table + CONSTANTS;
  store<u64>(constants, MASK);
  store<u64>(constants, TWO_52, 8);
  store<u64>(constants, TWO_103, 16);
  store<u64>(constants, BOTH, 24);
}

/** Takes the exponents of the halves of a product at column k off what that column and the next start with. */
function countProduct(starts: usize, k: usize): void {
  const at = starts + 8 * k;
  store<u64>(at, load<u64>(at) - MIDDLE);
  if (k < 9) store<u64>(at, load<u64>(at, 8) - TWO_103, 8);
}

/** Stores the five limbs of an element as floats. */
function storeLimbs(at: usize, a: usize): void {
  const w0 = load<u64>(a);
  const w1 = load<u64>(a, 8);
  const w2 = load<u64>(a, 16);
  const w3 = load<u64>(a, 24);
  store<f64>(at, <f64>(w0 & MASK));
  store<f64>(at, <f64>(((w0 >> 51) | (w1 << 13)) & MASK), 8);
  store<f64>(at, <f64>(((w1 >> 38) | (w2 << 26)) & MASK), 16);
  store<f64>(at, <f64>(((w2 >> 25) | (w3 << 39)) & MASK), 24);
  store<f64>(at, <f64>(w3 >> 12), 32);
}

/** Of integers below 2^51, floats. */
function float(limb: v128, two52: v128): v128 {
  return f64x2.sub(v128.or(limb, two52), two52);
}

/** The upper half of a product, and 2^103. */
function upper(a: v128, b: v128, two103: v128): v128 {
  return f64x2.relaxed_madd(a, b, two103);
}

/** The lower half of a product whose upper half is given, and 1.5·2^52. */
function lower(a: v128, b: v128, high: v128, both: v128): v128 {
  return f64x2.relaxed_madd(a, b, f64x2.sub(both, high));
}

function plus(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

/** dst_i = a_i·b_i/R for i = 0 and 1. The first result must not replace a factor of the second. */
export function mulTwo<F>(dst0: usize, a0: usize, b0: usize, dst1: usize, a1: usize, b1: usize): void {
  if (fused) {
    mulFused<F>(dst0, a0, b0, dst1, a1, b1);
  } else {
    mul<F>(dst0, a0, b0);
    mul<F>(dst1, a1, b1);
  }
}

/** dst_i = a_i·b_i/R for i < n; b_i lies i·step bytes behind b. dst may be a or b, but not overlap one otherwise. */
export function mulMany<F>(dst: usize, a: usize, b: usize, step: usize, n: usize): void {
  const end = a + n * ELEMENT;
  for (; a + ELEMENT < end; a += 2 * ELEMENT) {
    mulTwo<F>(dst, a, b, dst + ELEMENT, a + ELEMENT, b + step);
    dst += 2 * ELEMENT;
    b += 2 * step;
  }
  if (a < end) mul<F>(dst, a, b);
}

/** dst_i += a_i·b/R for i < n. */
export function addScaled<F>(dst: usize, a: usize, b: usize, n: usize): void {
  const products = push(2 * ELEMENT);
  const end = a + n * ELEMENT;
  for (; a + ELEMENT < end; a += 2 * ELEMENT) {
    mulTwo<F>(products, a, b, products + ELEMENT, a + ELEMENT, b);
    add<F>(dst, dst, products);
    add<F>(dst + ELEMENT, dst + ELEMENT, products + ELEMENT);
    dst += 2 * ELEMENT;
  }
  if (a < end) {
    mul<F>(products, a, b);
    add<F>(dst, dst, products);
  }
  pop(2 * ELEMENT);
}

/** dst = Σ a_i·b_i/R over i < n. */
export function dot<F>(dst: usize, a: usize, b: usize, n: usize): void {
  const products = push(3 * ELEMENT);
  const sum = products + 2 * ELEMENT;
  copy(sum, constants() + ZERO);
  const end = a + n * ELEMENT;
  for (; a + ELEMENT < end; a += 2 * ELEMENT) {
    mulTwo<F>(products, a, b, products + ELEMENT, a + ELEMENT, b + ELEMENT);
    add<F>(sum, sum, products);
    add<F>(sum, sum, products + ELEMENT);
    b += 2 * ELEMENT;
  }
  if (a < end) {
    mul<F>(products, a, b);
    add<F>(sum, sum, products);
  }
  copy(dst, sum);
  pop(3 * ELEMENT);
}

function mulFused<F>(
  dst0: usize,
  left0: usize,
  right0: usize,
  dst1: usize,
  left1: usize,
  right1: usize,
): void {
  const table = idof<F>() == idof<Fr>() ? tables : tables + TABLE;
  const mask = v128.load_splat<u64>(table, CONSTANTS);
  const two52 = v128.load_splat<u64>(table, CONSTANTS + 8);
  const two103 = v128.load_splat<u64>(table, CONSTANTS + 16);
  const both = v128.load_splat<u64>(table, CONSTANTS + 24);

  let x = v128.load(left0);
  let y = v128.load(left1);
  let w0 = v128.shuffle<u64>(x, y, 0, 2);
  let w1 = v128.shuffle<u64>(x, y, 1, 3);
  x = v128.load(left0, 16);
  y = v128.load(left1, 16);
  let w2 = v128.shuffle<u64>(x, y, 0, 2);
  let w3 = v128.shuffle<u64>(x, y, 1, 3);
  const a0 = float(v128.and(w0, mask), two52);
  const a1 = float(v128.and(v128.or(i64x2.shr_u(w0, 51), i64x2.shl(w1, 13)), mask), two52);
  const a2 = float(v128.and(v128.or(i64x2.shr_u(w1, 38), i64x2.shl(w2, 26)), mask), two52);
  const a3 = float(v128.and(v128.or(i64x2.shr_u(w2, 25), i64x2.shl(w3, 39)), mask), two52);
  const a4 = float(i64x2.shr_u(w3, 12), two52);
  x = v128.load(right0);
  y = v128.load(right1);
  w0 = v128.shuffle<u64>(x, y, 0, 2);
  w1 = v128.shuffle<u64>(x, y, 1, 3);
  x = v128.load(right0, 16);
  y = v128.load(right1, 16);
  w2 = v128.shuffle<u64>(x, y, 0, 2);
  w3 = v128.shuffle<u64>(x, y, 1, 3);
  const b0 = float(v128.and(w0, mask), two52);
  const b1 = float(v128.and(v128.or(i64x2.shr_u(w0, 51), i64x2.shl(w1, 13)), mask), two52);
  const b2 = float(v128.and(v128.or(i64x2.shr_u(w1, 38), i64x2.shl(w2, 26)), mask), two52);
  const b3 = float(v128.and(v128.or(i64x2.shr_u(w2, 25), i64x2.shl(w3, 39)), mask), two52);
  const b4 = float(i64x2.shr_u(w3, 12), two52);
  let t = v128.load_splat<u64>(table, STARTS);
  let next: v128;
  let h: v128;
  let carry: v128;

  next = v128.load_splat<u64>(table, STARTS + 8);
  h = upper(a0, b0, two103);
  t = plus(t, lower(a0, b0, h, both));
  next = plus(next, h);
  const q0 = float(v128.and(t, mask), two52);
  carry = i64x2.shr_u(t, 51);

  t = next;
  next = v128.load_splat<u64>(table, STARTS + 16);
  h = upper(a0, b1, two103);
  t = plus(t, lower(a0, b1, h, both));
  next = plus(next, h);
  h = upper(a1, b0, two103);
  t = plus(t, lower(a1, b0, h, both));
  next = plus(next, h);
  t = plus(t, carry);
  const q1 = float(v128.and(t, mask), two52);
  carry = i64x2.shr_u(t, 51);

  t = next;
  next = v128.load_splat<u64>(table, STARTS + 24);
  h = upper(a0, b2, two103);
  t = plus(t, lower(a0, b2, h, both));
  next = plus(next, h);
  h = upper(a1, b1, two103);
  t = plus(t, lower(a1, b1, h, both));
  next = plus(next, h);
  h = upper(a2, b0, two103);
  t = plus(t, lower(a2, b0, h, both));
  next = plus(next, h);
  t = plus(t, carry);
  const q2 = float(v128.and(t, mask), two52);
  carry = i64x2.shr_u(t, 51);

  t = next;
  next = v128.load_splat<u64>(table, STARTS + 32);
  h = upper(a0, b3, two103);
  t = plus(t, lower(a0, b3, h, both));
  next = plus(next, h);
  h = upper(a1, b2, two103);
  t = plus(t, lower(a1, b2, h, both));
  next = plus(next, h);
  h = upper(a2, b1, two103);
  t = plus(t, lower(a2, b1, h, both));
  next = plus(next, h);
  h = upper(a3, b0, two103);
  t = plus(t, lower(a3, b0, h, both));
  next = plus(next, h);
  t = plus(t, carry);
  const q3 = float(v128.and(t, mask), two52);
  carry = i64x2.shr_u(t, 51);

  t = next;
  next = v128.load_splat<u64>(table, STARTS + 40);
  h = upper(a0, b4, two103);
  t = plus(t, lower(a0, b4, h, both));
  next = plus(next, h);
  h = upper(a1, b3, two103);
  t = plus(t, lower(a1, b3, h, both));
  next = plus(next, h);
  h = upper(a2, b2, two103);
  t = plus(t, lower(a2, b2, h, both));
  next = plus(next, h);
  h = upper(a3, b1, two103);
  t = plus(t, lower(a3, b1, h, both));
  next = plus(next, h);
  h = upper(a4, b0, two103);
  t = plus(t, lower(a4, b0, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 0);
  h = upper(q0, x, two103);
  t = plus(t, lower(q0, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 40);
  h = upper(q1, x, two103);
  t = plus(t, lower(q1, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 80);
  h = upper(q2, x, two103);
  t = plus(t, lower(q2, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 120);
  h = upper(q3, x, two103);
  t = plus(t, lower(q3, x, h, both));
  next = plus(next, h);
  t = plus(t, carry);
  x = float(v128.and(t, mask), two52);
  y = v128.load_splat<u64>(table, NEGATIVE_INVERSE);
  const m = float(v128.and(lower(x, y, upper(x, y, two103), both), mask), two52);
  x = v128.load_splat<u64>(table, MODULUS + 0);
  h = upper(m, x, two103);
  t = plus(t, lower(m, x, h, both));
  next = plus(next, h);
  carry = i64x2.shr_u(t, 51);

  t = next;
  next = v128.load_splat<u64>(table, STARTS + 48);
  h = upper(a1, b4, two103);
  t = plus(t, lower(a1, b4, h, both));
  next = plus(next, h);
  h = upper(a2, b3, two103);
  t = plus(t, lower(a2, b3, h, both));
  next = plus(next, h);
  h = upper(a3, b2, two103);
  t = plus(t, lower(a3, b2, h, both));
  next = plus(next, h);
  h = upper(a4, b1, two103);
  t = plus(t, lower(a4, b1, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 8);
  h = upper(q0, x, two103);
  t = plus(t, lower(q0, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 48);
  h = upper(q1, x, two103);
  t = plus(t, lower(q1, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 88);
  h = upper(q2, x, two103);
  t = plus(t, lower(q2, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 128);
  h = upper(q3, x, two103);
  t = plus(t, lower(q3, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, MODULUS + 8);
  h = upper(m, x, two103);
  t = plus(t, lower(m, x, h, both));
  next = plus(next, h);
  t = plus(t, carry);
  // −1/p mod 2^6 is −1 of Fr, 9 of Fq.
  x = idof<F>() == idof<Fr>() ? i64x2.neg(t) : plus(t, i64x2.shl(t, 3));
  const s = float(v128.and(x, i64x2.splat(63)), two52);
  x = v128.load_splat<u64>(table, MODULUS + 0);
  h = upper(s, x, two103);
  t = plus(t, lower(s, x, h, both));
  next = plus(next, h);
  const r0 = v128.and(t, mask);
  carry = i64x2.shr_u(t, 51);

  t = next;
  next = v128.load_splat<u64>(table, STARTS + 56);
  h = upper(a2, b4, two103);
  t = plus(t, lower(a2, b4, h, both));
  next = plus(next, h);
  h = upper(a3, b3, two103);
  t = plus(t, lower(a3, b3, h, both));
  next = plus(next, h);
  h = upper(a4, b2, two103);
  t = plus(t, lower(a4, b2, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 16);
  h = upper(q0, x, two103);
  t = plus(t, lower(q0, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 56);
  h = upper(q1, x, two103);
  t = plus(t, lower(q1, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 96);
  h = upper(q2, x, two103);
  t = plus(t, lower(q2, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 136);
  h = upper(q3, x, two103);
  t = plus(t, lower(q3, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, MODULUS + 16);
  h = upper(m, x, two103);
  t = plus(t, lower(m, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, MODULUS + 8);
  h = upper(s, x, two103);
  t = plus(t, lower(s, x, h, both));
  next = plus(next, h);
  t = plus(t, carry);
  const r1 = v128.and(t, mask);
  carry = i64x2.shr_u(t, 51);

  t = next;
  next = v128.load_splat<u64>(table, STARTS + 64);
  h = upper(a3, b4, two103);
  t = plus(t, lower(a3, b4, h, both));
  next = plus(next, h);
  h = upper(a4, b3, two103);
  t = plus(t, lower(a4, b3, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 24);
  h = upper(q0, x, two103);
  t = plus(t, lower(q0, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 64);
  h = upper(q1, x, two103);
  t = plus(t, lower(q1, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 104);
  h = upper(q2, x, two103);
  t = plus(t, lower(q2, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 144);
  h = upper(q3, x, two103);
  t = plus(t, lower(q3, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, MODULUS + 24);
  h = upper(m, x, two103);
  t = plus(t, lower(m, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, MODULUS + 16);
  h = upper(s, x, two103);
  t = plus(t, lower(s, x, h, both));
  next = plus(next, h);
  t = plus(t, carry);
  const r2 = v128.and(t, mask);
  carry = i64x2.shr_u(t, 51);

  t = next;
  next = v128.load_splat<u64>(table, STARTS + 72);
  h = upper(a4, b4, two103);
  t = plus(t, lower(a4, b4, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 32);
  h = upper(q0, x, two103);
  t = plus(t, lower(q0, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 72);
  h = upper(q1, x, two103);
  t = plus(t, lower(q1, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 112);
  h = upper(q2, x, two103);
  t = plus(t, lower(q2, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, POWERS + 152);
  h = upper(q3, x, two103);
  t = plus(t, lower(q3, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, MODULUS + 32);
  h = upper(m, x, two103);
  t = plus(t, lower(m, x, h, both));
  next = plus(next, h);
  x = v128.load_splat<u64>(table, MODULUS + 24);
  h = upper(s, x, two103);
  t = plus(t, lower(s, x, h, both));
  next = plus(next, h);
  t = plus(t, carry);
  const r3 = v128.and(t, mask);
  carry = i64x2.shr_u(t, 51);

  t = next;
  // The last upper half.
  x = v128.load_splat<u64>(table, MODULUS + 32);
  h = upper(s, x, two103);
  t = plus(t, lower(s, x, h, both));
  // This limb has more than 51 bits. Its upper half brings no exponent along, which the shift drops.
  const r4 = plus(plus(t, i64x2.shl(h, 51)), carry);

  w0 = v128.or(i64x2.shr_u(r0, 6), i64x2.shl(r1, 45));
  w1 = v128.or(i64x2.shr_u(r1, 19), i64x2.shl(r2, 32));
  w2 = v128.or(i64x2.shr_u(r2, 32), i64x2.shl(r3, 19));
  w3 = v128.or(i64x2.shr_u(r3, 45), i64x2.shl(r4, 6));
  v128.store(dst0, v128.shuffle<u64>(w0, w1, 0, 2));
  v128.store(dst0, v128.shuffle<u64>(w2, w3, 0, 2), 16);
  v128.store(dst1, v128.shuffle<u64>(w0, w1, 1, 3));
  v128.store(dst1, v128.shuffle<u64>(w2, w3, 1, 3), 16);
  // Rarely: most products are well below p.
  if (v128.any_true(i64x2.ge_s(w3, i64x2.splat(modulusWord<F>(3))))) {
    reduce<F>(dst0);
    reduce<F>(dst1);
  }
}

/** Takes p off a value below 2p that is not below p. */
function reduce<F>(at: usize): void {
  subtractModulus<F>(at, load<u64>(at), load<u64>(at, 8), load<u64>(at, 16), load<u64>(at, 24));
}
