/** Arithmetic over bigints in [0, r): runs the verifier, which throws a `ZeroProofError` at the first thing that does not hold. */
import { checkBitCount, type Arithmetic } from "./arithmetic.ts";
import { inverseOf, r, residue } from "../field/scalar-field.ts";
import { ZeroProofError } from "./zero-proof-error.ts";

export const plain: Arithmetic<bigint> = {
  constant: residue,

  add(a, b) {
    const sum = a + b;
    return sum >= r ? sum - r : sum;
  },

  sub(a, b) {
    return a >= b ? a - b : a - b + r;
  },

  scale(a, factor) {
    return residue(a * factor);
  },

  sum(terms) {
    let sum = 0n;
    for (const term of terms) sum += term;
    return sum % r;
  },

  mul(a, b) {
    return (a * b) % r;
  },

  inverse(a, what) {
    if (a === 0n) throw new ZeroProofError(what, "zero has no inverse");
    return inverseOf(a);
  },

  assertEqual(a, b, what) {
    if (a !== b) throw new ZeroProofError(what, `${a} is not ${b}`);
  },

  bits(a, count, what) {
    checkBitCount(count);
    if (a >> BigInt(count) !== 0n) throw new ZeroProofError(what, `${a} does not fit ${count} bits`);
    return Array.from({ length: count }, (_, i) => (a >> BigInt(i)) & 1n);
  },

  settle(a) {
    return a;
  },
};
