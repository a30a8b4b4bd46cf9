/** Lagrange polynomials of the domains that Groth16 works over: powers of a 2^k-th root of unity. */
import { inverseOf, r, residue } from "../field/scalar-field.ts";

/** r − 1 = 2^28 · odd */
const twoAdicity = 28;

/** ω of order 2^bits, the one that snarkjs uses: a power of 5, the least number that is no square mod r. */
export function rootOfUnity(bits: number): bigint {
  if (!Number.isInteger(bits) || bits < 0 || bits > twoAdicity) {
    throw new RangeError(`the field has no root of unity of order 2^${bits}`);
  }
  return power(5n, (r - 1n) >> BigInt(bits));
}

export function power(base: bigint, exponent: bigint): bigint {
  let [result, square] = [1n, residue(base)];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % r;
    square = (square * square) % r;
  }
  return result;
}

/**
 * L_i(τ) = ω^i (τ^n − 1) / (n (τ − ω^i)) for i < n = 2^bits.
 *
 * @throws RangeError if τ is in the domain
 */
export function lagrangeAt(tau: bigint, bits: number): bigint[] {
  const size = 2 ** bits;
  const root = rootOfUnity(bits);
  const roots: bigint[] = [1n];
  for (let i = 1; i < size; i++) roots.push((roots[i - 1]! * root) % r);
  const vanishing = residue(power(tau, BigInt(size)) - 1n);
  if (vanishing === 0n) throw new RangeError(`${tau} is a root of unity`);
  const scale = (vanishing * inverseOf(BigInt(size))) % r;
  const inverses = inversesOf(roots.map((element) => residue(tau - element)));
  return roots.map((element, i) => (((element * inverses[i]!) % r) * scale) % r);
}

/** Montgomery's trick: one inversion for all. */
function inversesOf(values: readonly bigint[]): bigint[] {
  const prefixes: bigint[] = [1n];
  for (const [i, value] of values.entries()) prefixes.push((prefixes[i]! * value) % r);
  const inverses = new Array<bigint>(values.length);
  let rest = inverseOf(prefixes[values.length]!);
  for (let i = values.length - 1; i >= 0; i--) {
    inverses[i] = (rest * prefixes[i]!) % r;
    rest = (rest * values[i]!) % r;
  }
  return inverses;
}
