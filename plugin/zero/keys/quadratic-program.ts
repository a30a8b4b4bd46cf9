/** A constraint system as Groth16 sees it: polynomials A_j, B_j, C_j for each variable j, at the point τ. */
import type { Combination } from "../arithmetic/combination.ts";
import type { ConstraintSystem } from "../arithmetic/constraints.ts";
import { r } from "../field/scalar-field.ts";
import { lagrangeAt } from "./lagrange.ts";

export interface QuadraticProgram {
  /** For each variable, in [0, r). */
  readonly a: readonly bigint[];
  readonly b: readonly bigint[];
  readonly c: readonly bigint[];
}

/** Most constraints, with one more for each public input and the constant. */
export const mostDomainBits = 27;

/** log₂ of the domain: one row for each constraint, and one for the constant and each public input. */
export function domainBits({ constraints, publicInputs }: ConstraintSystem): number {
  const bits = Math.floor(Math.log2(constraints.length + publicInputs)) + 1;
  if (bits > mostDomainBits) throw new RangeError(`${constraints.length} constraints are too many for a key`);
  return bits;
}

/**
 * Row i of the matrices is constraint i and counts L_i(τ). Behind the constraints, row by row, public variable s is added to A_s alone: that
 * makes the public A_s independent, so that no other statement has the same proof.
 */
export function quadraticProgram(system: ConstraintSystem, tau: bigint): QuadraticProgram {
  const { constraints, variables, publicInputs } = system;
  const lagrange = lagrangeAt(tau, domainBits(system));
  const [a, b, c] = [0, 1, 2].map(() => new Array<bigint>(variables).fill(0n)) as [
    bigint[],
    bigint[],
    bigint[],
  ];
  const add = (sums: bigint[], { variables, coefficients }: Combination, weight: bigint): void => {
    // Reduced at the end: a variable is in too few rows for its sum to get long.
    variables.forEach((variable, i) => (sums[variable]! += coefficients[i]! * weight));
  };
  constraints.forEach((constraint, row) => {
    add(a, constraint.a, lagrange[row]!);
    add(b, constraint.b, lagrange[row]!);
    add(c, constraint.c, lagrange[row]!);
  });
  for (let s = 0; s <= publicInputs; s++) a[s]! += lagrange[constraints.length + s]!;
  return { a: a.map((sum) => sum % r), b: b.map((sum) => sum % r), c: c.map((sum) => sum % r) };
}
