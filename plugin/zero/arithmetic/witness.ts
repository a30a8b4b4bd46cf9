/** Arithmetic over bigints that records every variable's value: runs the verifier and leaves the Groth16 witness behind. */
import { Circuit, formOf, type Computation, type Element } from "./circuit-arithmetic.ts";
import { plain } from "./plain.ts";

export interface RecordedElement extends Element {
  readonly value: bigint;
}

export class Witness extends Circuit<RecordedElement> {
  /** Of variable i in [0, r), variable 0 being 1. */
  readonly values: bigint[] = [1n];

  constant(value: bigint): RecordedElement {
    return { form: "constant", value: plain.constant(value) };
  }

  add(a: RecordedElement, b: RecordedElement): RecordedElement {
    return { form: formOf([a, b]), value: plain.add(a.value, b.value) };
  }

  sub(a: RecordedElement, b: RecordedElement): RecordedElement {
    return { form: formOf([a, b]), value: plain.sub(a.value, b.value) };
  }

  scale(a: RecordedElement, factor: bigint): RecordedElement {
    return { form: formOf([a]), value: plain.scale(a.value, factor) };
  }

  sum(terms: readonly RecordedElement[]): RecordedElement {
    return { form: formOf(terms), value: plain.sum(terms.map(({ value }) => value)) };
  }

  input(value: bigint): RecordedElement {
    return this.record(plain.constant(value));
  }

  protected allocate(compute: Computation<RecordedElement>): RecordedElement {
    return this.record(compute(({ value }) => value));
  }

  /** @throws ZeroProofError where it does not hold: such a witness would make no proof */
  protected enforce(a: RecordedElement, b: RecordedElement, c: RecordedElement, what: string): void {
    plain.assertEqual(plain.mul(a.value, b.value), c.value, what);
  }

  protected constantOf(a: RecordedElement): bigint {
    return a.value;
  }

  private record(value: bigint): RecordedElement {
    this.values.push(value);
    return { form: "variable", value };
  }
}
