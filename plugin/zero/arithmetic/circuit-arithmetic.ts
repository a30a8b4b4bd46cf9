/**
 * What the two back ends of the circuit share: when a variable is allocated and what constrains it. `witness.ts` and
 * `constraints.ts` add only how an element is represented, so variable i of the one is variable i of the other.
 *
 * Whether a variable is allocated depends on an element's form, never on its value, and the form follows from the operations it came
 * from: what was made of constants alone is a constant, also where the linear combination of variables happens to be 0.
 */
import { checkBitCount, type Arithmetic } from "./arithmetic.ts";
import { plain } from "./plain.ts";

/** `combination`: linear, of any number of variables. */
export type Form = "constant" | "variable" | "combination";

export interface Element {
  readonly form: Form;
}

/** Computes a variable's value from those of elements; called by the back end that has values. */
export type Computation<E> = (valueOf: (element: E) => bigint) => bigint;

export abstract class Circuit<E extends Element> implements Arithmetic<E> {
  abstract constant(value: bigint): E;
  abstract add(a: E, b: E): E;
  abstract sub(a: E, b: E): E;
  abstract scale(a: E, factor: bigint): E;
  abstract sum(terms: readonly E[]): E;
  /**
   * A variable that the prover chooses. Those allocated first are the public inputs, see `Constraints`.
   *
   * @param value is not looked at when constraints are written
   */
  abstract input(value: bigint): E;

  /** @returns a new variable, which the caller constrains */
  protected abstract allocate(compute: Computation<E>): E;
  /** a·b = c, unless all three are constants. */
  protected abstract enforce(a: E, b: E, c: E, what: string): void;
  /** @param a of the form `constant` */
  protected abstract constantOf(a: E): bigint;

  mul(a: E, b: E): E {
    if (a.form === "constant") return this.scale(b, this.constantOf(a));
    if (b.form === "constant") return this.scale(a, this.constantOf(b));
    const product = this.allocate((valueOf) => plain.mul(valueOf(a), valueOf(b)));
    this.enforce(a, b, product, "product");
    return product;
  }

  inverse(a: E, what: string): E {
    if (a.form === "constant") return this.constant(plain.inverse(this.constantOf(a), what));
    const inverse = this.allocate((valueOf) => plain.inverse(valueOf(a), what));
    this.enforce(a, inverse, this.constant(1n), what);
    return inverse;
  }

  assertEqual(a: E, b: E, what: string): void {
    if (a.form === "constant" && b.form === "constant") {
      plain.assertEqual(this.constantOf(a), this.constantOf(b), what);
      return;
    }
    this.enforce(a, this.constant(1n), b, what);
  }

  bits(a: E, count: number, what: string): E[] {
    checkBitCount(count);
    if (a.form === "constant") {
      return plain.bits(this.constantOf(a), count, what).map((bit) => this.constant(bit));
    }
    const bits = Array.from({ length: count }, (_, i) => {
      const bit = this.allocate((valueOf) => (valueOf(a) >> BigInt(i)) & 1n);
      this.enforce(bit, bit, bit, `${what}: bit ${i}`);
      return bit;
    });
    this.assertEqual(this.sum(bits.map((bit, i) => this.scale(bit, 1n << BigInt(i)))), a, what);
    return bits;
  }

  settle(a: E): E {
    if (a.form !== "combination") return a;
    const variable = this.allocate((valueOf) => valueOf(a));
    this.enforce(a, this.constant(1n), variable, "settled");
    return variable;
  }
}

/** The form of a linear combination of elements. */
export function formOf(terms: readonly Element[]): Form {
  return terms.every(({ form }) => form === "constant") ? "constant" : "combination";
}
