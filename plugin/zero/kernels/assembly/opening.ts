/** Loops of the opening argument (docs/zero/protocol.md §8) over polynomials, lowest coefficient first. */
import { dot, mulTwo } from "./paired-product";
import { add, copy, ELEMENT, Fr, mul } from "./prime-field";
import { constants, pop, push, ZERO } from "./thread";

/** q_{i−1} = f_i + a·q_i: the quotient by X − a, n − 1 coefficients, over f if need be; the remainder goes to `remainder`. */
export function divideByLinear(q: usize, remainder: usize, f: usize, n: usize, a: usize): void {
  const running = push(2 * ELEMENT);
  const next = running + ELEMENT;
  copy(running, constants() + ZERO);
  for (let i = n; i > 0; i--) {
    const at = (i - 1) * ELEMENT;
    mul<Fr>(next, running, a);
    add<Fr>(next, next, f + at);
    if (i < n) copy(q + at, running);
    copy(running, next);
  }
  copy(remainder, running);
  pop(2 * ELEMENT);
}

/**
 * The division by X^b − a, residue by residue: q_{t−1} = f_t + a·q_t for rows of b coefficients, of which this does columns [from, to).
 * `g`, the remainder, gets f_0 + a·q_0. q has rows − 1 rows, at least one.
 */
export function divideByBinomial(
  q: usize,
  g: usize,
  f: usize,
  rows: usize,
  b: usize,
  from: usize,
  to: usize,
  a: usize,
): void {
  const products = push(2 * ELEMENT);
  const last = (rows - 1) * b;
  for (let i = from; i < to; i++) {
    copy(q + (last - b + i) * ELEMENT, f + (last + i) * ELEMENT);
  }
  for (let t = rows - 1; t > 0; t--) {
    const above = q + (t - 1) * b * ELEMENT;
    const into = t == 1 ? g : q + (t - 2) * b * ELEMENT;
    const own = f + (t - 1) * b * ELEMENT;
    let at = from * ELEMENT;
    for (const stop = to * ELEMENT; at + ELEMENT < stop; at += 2 * ELEMENT) {
      mulTwo<Fr>(products, above + at, a, products + ELEMENT, above + at + ELEMENT, a);
      add<Fr>(into + at, own + at, products);
      add<Fr>(into + at + ELEMENT, own + at + ELEMENT, products + ELEMENT);
    }
    if (at < to * ELEMENT) {
      mul<Fr>(products, above + at, a);
      add<Fr>(into + at, own + at, products);
    }
  }
  pop(2 * ELEMENT);
}

/** dst_t = Σ_i e_i·f_{i + b·t} for t in [from, to). */
export function rowDots(dst: usize, f: usize, e: usize, b: usize, from: usize, to: usize): void {
  for (let t = from; t < to; t++) dot<Fr>(dst + t * ELEMENT, f + t * b * ELEMENT, e, b);
}

/**
 * dst_k += coefficient k + 1 of a(X)e(1/X) + a(1/X)e(X), for k in [from, to); a and e have n and m coefficients.
 */
export function correlate(dst: usize, a: usize, n: usize, e: usize, m: usize, from: usize, to: usize): void {
  const sum = push(ELEMENT);
  for (let k = from; k < to; k++) {
    const shift = k + 1;
    const into = dst + k * ELEMENT;
    if (n > shift) {
      dot<Fr>(sum, a + shift * ELEMENT, e, min(n - shift, m));
      add<Fr>(into, into, sum);
    }
    if (m > shift) {
      dot<Fr>(sum, a, e + shift * ELEMENT, min(n, m - shift));
      add<Fr>(into, into, sum);
    }
  }
  pop(ELEMENT);
}
