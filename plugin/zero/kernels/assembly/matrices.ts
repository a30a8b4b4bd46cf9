/** The products of Groth16's sparse matrices A and B with a witness. */
import { add, copy, ELEMENT, Fr, mul } from "./prime-field";
import { constants, pop, push, thread, ZERO } from "./thread";

/** Bytes of a coefficient, as .zkey files have them: its matrix (0 or 1), row and variable, four bytes each, and its value. */
const COEFFICIENT: usize = 44;
const VALUE: usize = 12;

/**
 * a_i = Σ value·witness_variable / R over the coefficients of row i of A, and b_i of B, for rows i in [start, end). Coefficients are
 * in any order: each thread reads all, and takes those of its rows.
 *
 * out_thread = 1 if all coefficients lie within `rows` and `variables`, else 0, and then a and b are not whole.
 */
export function matrixProducts(
  start: usize,
  end: usize,
  out: usize,
  a: usize,
  b: usize,
  rows: u32,
  coefficients: usize,
  count: usize,
  witness: usize,
  variables: u32,
): void {
  const product = push(ELEMENT);
  for (let i = start; i < end; i++) {
    copy(a + i * ELEMENT, constants() + ZERO);
    copy(b + i * ELEMENT, constants() + ZERO);
  }
  let inside = true;
  for (let at = coefficients, stop = coefficients + count * COEFFICIENT; at < stop; at += COEFFICIENT) {
    const matrix = load<u32>(at);
    const row = load<u32>(at, 4);
    const variable = load<u32>(at, 8);
    if (matrix > 1 || row >= rows || variable >= variables) {
      inside = false;
      break;
    }
    if (<usize>row < start || <usize>row >= end) continue;
    const into = (matrix == 0 ? a : b) + <usize>row * ELEMENT;
    mul<Fr>(product, at + VALUE, witness + <usize>variable * ELEMENT);
    add<Fr>(into, into, product);
  }
  store<u8>(out + thread(), inside ? 1 : 0);
  pop(ELEMENT);
}
