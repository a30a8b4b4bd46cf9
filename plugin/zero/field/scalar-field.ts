/** The field that Nexus Zero computes in: integers mod r, the order of BN254's groups (EIP-197). */

/** r, a prime of 254 bits; r − 1 is divisible by 2^28. */
export const r = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

/** @returns the residue of any integer, in [0, r) */
export function residue(value: bigint): bigint {
  const remainder = value % r;
  return remainder < 0n ? remainder + r : remainder;
}

/**
 * By Euclid's extended algorithm; takes time that depends on the value, which is no secret here.
 *
 * @param value in [1, r)
 * @throws RangeError outside of that, 0 having no inverse
 */
export function inverseOf(value: bigint): bigint {
  if (value <= 0n || value >= r) throw new RangeError(`${value} has no inverse: it is not in [1, r)`);
  let [a, b, x, y] = [r, value, 0n, 1n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  return x < 0n ? x + r : x;
}
