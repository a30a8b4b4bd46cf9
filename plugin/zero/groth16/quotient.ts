/**
 * The quotient H = (A·B − C) / (X^n − 1) of Groth16 (ePrint 2016/260), where A, B and C are the polynomials whose values on the
 * domain of n rows are the products of the matrices with the witness.
 *
 * A·B − C has degree below 2n and is 0 on the domain, so its values on the odd coset, the other half of the domain of 2n points,
 * tell all of it. The H points of a .zkey file are the Lagrange polynomials of those points: these values are their scalars, and
 * nothing is divided.
 */
import type { Kernels } from "../kernels/kernels.ts";
import { ELEMENT } from "../kernels/layout.ts";
import type { Zkey } from "../keys/zkey-sections.ts";
import { Domain } from "./domain.ts";
import { loadCoefficients } from "./proving-key.ts";

/** Values of (A·B − C)(g·ω^i) for each row i, g² = ω: numbers, not in Montgomery form, in new room. */
export function oddCosetValues(kernels: Kernels, zkey: Zkey, witness: number): number {
  const bits = Math.log2(zkey.domainSize);
  if (!Number.isInteger(bits)) {
    throw new Error(`${zkey.path} has ${zkey.domainSize} rows, which is no power of two`);
  }
  const n = zkey.domainSize;
  const values = kernels.vector(n);
  const mark = kernels.mark();
  const a = kernels.vector(3 * n);
  const [b, c] = [a + n * ELEMENT, a + 2 * n * ELEMENT];
  multiplyMatrices(kernels, zkey, witness, { a, b });
  // A satisfying witness has A∘B = C, and no other one has a proof.
  kernels.mul(c, a, b, n);
  const domain = new Domain(kernels, bits);
  domain.interpolate(a, 3);
  domain.shift(a, 3);
  domain.evaluate(a, 3);
  kernels.mul(a, a, b, n);
  kernels.sub(a, a, c, n);
  kernels.parallel("vectorFromMontgomery", n, values, a);
  kernels.release(mark);
  return values;
}

/**
 * a = A·witness and b = B·witness, by rows.
 *
 * @param witness numbers, not in Montgomery form
 * @throws Error for a key with coefficients outside of its matrices
 */
export function multiplyMatrices(
  kernels: Kernels,
  zkey: Zkey,
  witness: number,
  { a, b }: { readonly a: number; readonly b: number },
): void {
  const { variables, domainSize: rows, path } = zkey;
  const mark = kernels.mark();
  // Values come as v·2^512 and lose 2^261 in a product: with w·2^10 it is v·w·2^261.
  const scaled = kernels.vector(variables);
  kernels.scale(scaled, witness, kernels.element(2n ** 10n), variables);
  const { pointer, count } = loadCoefficients(kernels, zkey);
  const inside = kernels.alloc(kernels.threads);
  kernels.parallel("matrixProducts", rows, inside, a, b, rows, pointer, count, scaled, variables);
  const isInside = kernels.bytes(inside, kernels.threads).every((flag) => flag === 1);
  kernels.release(mark);
  if (!isInside) {
    throw new Error(`${path} has coefficients outside of its ${rows} rows and ${variables} variables`);
  }
}
