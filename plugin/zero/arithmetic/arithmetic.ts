/**
 * What the field half of Nexus Zero's verifier is written in (docs/zero/circuit.md).
 *
 * The verifier is one text over `Arithmetic<E>` and runs over three back ends: bigints (`plain.ts`: the verifier itself), bigints that
 * are recorded (`witness.ts`: the Groth16 witness), and linear combinations (`constraints.ts`: the Groth16 circuit). So the
 * circuit cannot say anything else than the verifier. Two rules make that hold: control flow never depends on a value, and a
 * value comes into being by these operations alone.
 */
export interface Arithmetic<E> {
  /** @param value any integer; stands for its residue mod r */
  constant(value: bigint): E;
  add(a: E, b: E): E;
  sub(a: E, b: E): E;
  /** @param factor any integer, the same in every run */
  scale(a: E, factor: bigint): E;
  /** @param terms any number, 0 for none */
  sum(terms: readonly E[]): E;
  /** Costs one constraint, or none where a factor is a constant. Everything above is free. */
  mul(a: E, b: E): E;
  /**
   * One constraint, which holds for no value where `a` is 0.
   *
   * @param what is proven not to be zero
   */
  inverse(a: E, what: string): E;
  /** @param what the equation is, for the error of a run in which it does not hold */
  assertEqual(a: E, b: E, what: string): void;
  /**
   * The only bits of `a`, lowest first; asserts that a < 2^count. `count + 1` constraints.
   *
   * @param count 0 to 253: 2^253 < r, so no second list of as many bits stands for the same element
   * @throws RangeError for another count
   */
  bits(a: E, count: number, what: string): E[];
  /** The same value, on the circuit bound to a variable of its own, which keeps what is computed from it short. One constraint. */
  settle(a: E): E;
}

/** Most bits that are sure to be below r. */
export const mostBits = 253;

export function checkBitCount(count: number): void {
  if (!Number.isInteger(count) || count < 0 || count > mostBits) {
    throw new RangeError(
      `a field element has 0 to ${mostBits} bits that are surely its only ones, not ${count}`,
    );
  }
}
