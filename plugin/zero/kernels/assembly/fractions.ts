/**
 * The bus argument's tree (docs/zero/protocol.md §5). A leaf's part of a layer is two vectors, numerators p and denominators q; the
 * children of cell x are 4x … 4x + 3. Where a leaf has nothing the fraction is 0/1.
 */
import { mulMany, mulTwo } from "./paired-product";
import { add, copy, ELEMENT, Fr, mul, setOne, sub } from "./prime-field";
import { constants, ONE_FR, pop, push, ZERO } from "./thread";

const CHILDREN: usize = 4;
const GROUP: usize = CHILDREN * ELEMENT;

/** dst = Σ_i p_i ∏_{l ≠ i} q_l + λ ∏ q_i, of four children; `t` has room for five elements. */
function combine(dst: usize, p: usize, q: usize, lambda: usize, t: usize): void {
  const u = t + ELEMENT;
  const v = u + ELEMENT;
  const w = v + ELEMENT;
  const x = w + ELEMENT;
  mulTwo<Fr>(t, p, q + ELEMENT, u, p + ELEMENT, q);
  add<Fr>(t, t, u);
  mulTwo<Fr>(v, p + 2 * ELEMENT, q + 3 * ELEMENT, w, p + 3 * ELEMENT, q + 2 * ELEMENT);
  add<Fr>(v, v, w);
  mulTwo<Fr>(u, q, q + ELEMENT, w, q + 2 * ELEMENT, q + 3 * ELEMENT);
  mulTwo<Fr>(t, t, w, x, w, lambda);
  add<Fr>(v, v, x);
  mul<Fr>(v, v, u);
  add<Fr>(dst, t, v);
}

/**
 * A round's samples at X = 1, 2, 3 and the coefficient of X⁴, four elements at `out`, summed over pairs [from, to) of leaves
 * [firstLeaf, endLeaf): Σ_ℓ factor_ℓ Σ_t eq_t (…). With `lonely`, a leaf has one group of children left, whose partner is 0/1.
 */
export function fractionRound(
  out: usize,
  p: usize,
  q: usize,
  leafElements: usize,
  firstLeaf: usize,
  endLeaf: usize,
  from: usize,
  to: usize,
  eq: usize,
  factors: usize,
  lambda: usize,
  lonely: bool,
): void {
  const room = push(2 * GROUP * 2 + 14 * ELEMENT + 2 * GROUP);
  const value = room; // eight elements: p, q
  const slope = value + 2 * GROUP;
  const partner = slope + 2 * GROUP;
  const sums = partner + 2 * GROUP;
  const total = sums + 4 * ELEMENT;
  const sample = total + 4 * ELEMENT;
  const t = sample + ELEMENT;
  for (let i: usize = 0; i < 4; i++) {
    copy(total + i * ELEMENT, constants() + ZERO);
    copy(partner + i * ELEMENT, constants() + ZERO);
    setOne<Fr>(partner + GROUP + i * ELEMENT);
  }
  for (let leaf = firstLeaf; leaf < endLeaf; leaf++) {
    for (let i: usize = 0; i < 4; i++) copy(sums + i * ELEMENT, constants() + ZERO);
    const leafP = p + leaf * leafElements * ELEMENT;
    const leafQ = q + leaf * leafElements * ELEMENT;
    for (let pair = from; pair < to; pair++) {
      const lowP = leafP + pair * 2 * GROUP;
      const lowQ = leafQ + pair * 2 * GROUP;
      const highP = lonely ? partner : lowP + GROUP;
      const highQ = lonely ? partner + GROUP : lowQ + GROUP;
      const weight = eq + pair * ELEMENT;
      for (let at: usize = 0; at < GROUP; at += ELEMENT) {
        sub<Fr>(slope + at, highP + at, lowP + at);
        sub<Fr>(slope + GROUP + at, highQ + at, lowQ + at);
      }
      combine(sample, highP, highQ, lambda, t);
      mul<Fr>(sample, sample, weight);
      add<Fr>(sums, sums, sample);
      for (let at: usize = 0; at < GROUP; at += ELEMENT) {
        add<Fr>(value + at, highP + at, slope + at);
        add<Fr>(value + GROUP + at, highQ + at, slope + GROUP + at);
      }
      combine(sample, value, value + GROUP, lambda, t);
      mul<Fr>(sample, sample, weight);
      add<Fr>(sums + ELEMENT, sums + ELEMENT, sample);
      for (let at: usize = 0; at < 2 * GROUP; at += ELEMENT) add<Fr>(value + at, value + at, slope + at);
      combine(sample, value, value + GROUP, lambda, t);
      mul<Fr>(sample, sample, weight);
      add<Fr>(sums + 2 * ELEMENT, sums + 2 * ELEMENT, sample);
      combine(sample, slope, slope + GROUP, lambda, t);
      mul<Fr>(sample, sample, weight);
      add<Fr>(sums + 3 * ELEMENT, sums + 3 * ELEMENT, sample);
    }
    for (let i: usize = 0; i < 4; i++) {
      mul<Fr>(sample, sums + i * ELEMENT, factors + leaf * ELEMENT);
      add<Fr>(total + i * ELEMENT, total + i * ELEMENT, sample);
    }
  }
  for (let i: usize = 0; i < 4; i++) copy(out + i * ELEMENT, total + i * ELEMENT);
  pop(2 * GROUP * 2 + 14 * ELEMENT + 2 * GROUP);
}

/** Binds the lowest variable of the children, for p and q alike: group t of `dst` from groups 2t and 2t + 1 of `src`. */
export function foldChildren(dst: usize, src: usize, from: usize, to: usize, c: usize): void {
  const slopes = push(GROUP);
  for (let group = from; group < to; group++) {
    const low = src + group * 2 * GROUP;
    const into = dst + group * GROUP;
    for (let at: usize = 0; at < GROUP; at += ELEMENT) sub<Fr>(slopes + at, low + GROUP + at, low + at);
    mulMany<Fr>(slopes, slopes, c, 0, CHILDREN);
    for (let at: usize = 0; at < GROUP; at += ELEMENT) add<Fr>(into + at, low + at, slopes + at);
  }
  pop(GROUP);
}

/** The same in place where the upper partner is 0/1: p·(1 − c), and 1 + (1 − c)(q − 1), of elements [from, to). */
export function foldLonely(p: usize, q: usize, from: usize, to: usize, oneLess: usize): void {
  const one = constants() + ONE_FR;
  for (let i = from; i < to; i++) {
    const atP = p + i * ELEMENT;
    const atQ = q + i * ELEMENT;
    sub<Fr>(atQ, atQ, one);
    mulTwo<Fr>(atP, atP, oneLess, atQ, atQ, oneLess);
    add<Fr>(atQ, atQ, one);
  }
}

/**
 * One layer up: each group of four becomes one fraction. Leaf ℓ of [firstLeaf, endLeaf) has `groups` groups, one after the other,
 * and its fractions go to `dst` from ℓ·dstElements on; what is left of those is filled with 0/1. Groups [from, to) only.
 */
export function mergeFractions(
  dstP: usize,
  dstQ: usize,
  srcP: usize,
  srcQ: usize,
  firstLeaf: usize,
  endLeaf: usize,
  groups: usize,
  dstElements: usize,
  from: usize,
  to: usize,
): void {
  const t = push(4 * ELEMENT);
  const u = t + ELEMENT;
  const v = u + ELEMENT;
  const w = v + ELEMENT;
  for (let leaf = firstLeaf; leaf < endLeaf; leaf++) {
    const intoP = dstP + leaf * dstElements * ELEMENT;
    const intoQ = dstQ + leaf * dstElements * ELEMENT;
    for (let group = from; group < to; group++) {
      const p = srcP + (leaf * groups + group) * GROUP;
      const q = srcQ + (leaf * groups + group) * GROUP;
      mulTwo<Fr>(t, p, q + ELEMENT, u, p + ELEMENT, q);
      add<Fr>(t, t, u);
      mulTwo<Fr>(v, p + 2 * ELEMENT, q + 3 * ELEMENT, w, p + 3 * ELEMENT, q + 2 * ELEMENT);
      add<Fr>(v, v, w);
      mulTwo<Fr>(u, q, q + ELEMENT, w, q + 2 * ELEMENT, q + 3 * ELEMENT);
      mulTwo<Fr>(t, t, w, v, v, u);
      add<Fr>(intoP + group * ELEMENT, t, v);
      mul<Fr>(intoQ + group * ELEMENT, u, w);
    }
    if (to != groups) continue;
    for (let i = groups; i < dstElements; i++) {
      copy(intoP + i * ELEMENT, constants() + ZERO);
      setOne<Fr>(intoQ + i * ELEMENT);
    }
  }
  pop(4 * ELEMENT);
}

/**
 * eq(point, ·) times `scale`, for every number of leading coordinates: 2^k values for the first k of them, from element 2^k − 1 of
 * `dst` on.
 */
export function eqTables(dst: usize, point: usize, bits: usize, scale: usize): void {
  copy(dst, scale);
  let length: usize = 1;
  let table = dst;
  for (let k: usize = 0; k < bits; k++) {
    const next = table + length * ELEMENT;
    const high = next + length * ELEMENT;
    mulMany<Fr>(high, table, point + k * ELEMENT, 0, length);
    for (let at: usize = 0; at < length * ELEMENT; at += ELEMENT) sub<Fr>(next + at, table + at, high + at);
    table = next;
    length *= 2;
  }
}

/**
 * A round of Σ a·b: the value at 0 and the coefficient of X², two elements at `out`, over pairs [from, to). Both vectors' elements are
 * a_{2t}, a_{2t+1}.
 */
export function productRound(out: usize, a: usize, b: usize, from: usize, to: usize): void {
  const t = push(4 * ELEMENT);
  const u = t + ELEMENT;
  const atZero = u + ELEMENT;
  const leading = atZero + ELEMENT;
  copy(atZero, constants() + ZERO);
  copy(leading, constants() + ZERO);
  for (let at = from * 2 * ELEMENT; at < to * 2 * ELEMENT; at += 2 * ELEMENT) {
    sub<Fr>(t, a + at + ELEMENT, a + at);
    sub<Fr>(u, b + at + ELEMENT, b + at);
    mulTwo<Fr>(t, t, u, u, a + at, b + at);
    add<Fr>(leading, leading, t);
    add<Fr>(atZero, atZero, u);
  }
  copy(out, atZero);
  copy(out + ELEMENT, leading);
  pop(4 * ELEMENT);
}
