/** Linear combinations of a circuit's variables. */
import { r, residue } from "../field/scalar-field.ts";
import type { Element, Form } from "./circuit-arithmetic.ts";

/** Σ coefficients[i]·variables[i]; variable 0 is the constant 1. Variables ascend, coefficients are in [1, r). */
export interface Combination extends Element {
  readonly variables: readonly number[];
  readonly coefficients: readonly bigint[];
}

export function constantCombination(value: bigint): Combination {
  const coefficient = residue(value);
  return coefficient === 0n
    ? { form: "constant", variables: [], coefficients: [] }
    : { form: "constant", variables: [0], coefficients: [coefficient] };
}

export function variableCombination(variable: number): Combination {
  return { form: "variable", variables: [variable], coefficients: [1n] };
}

export function scaledCombination(a: Combination, factor: bigint): Combination {
  const form: Form = a.form === "constant" ? "constant" : "combination";
  const scalar = residue(factor);
  if (scalar === 0n) return { form, variables: [], coefficients: [] };
  const coefficients = a.coefficients.map((coefficient) => (coefficient * scalar) % r);
  return { form, variables: a.variables, coefficients };
}

export function sumOfTwo(a: Combination, b: Combination, form: Form): Combination {
  const variables: number[] = [];
  const coefficients: bigint[] = [];
  let [i, j] = [0, 0];
  while (i < a.variables.length || j < b.variables.length) {
    const [left, right] = [a.variables[i] ?? Infinity, b.variables[j] ?? Infinity];
    const coefficient =
      left === right
        ? (a.coefficients[i++]! + b.coefficients[j++]!) % r
        : left < right
          ? a.coefficients[i++]!
          : b.coefficients[j++]!;
    if (coefficient === 0n) continue;
    variables.push(Math.min(left, right));
    coefficients.push(coefficient);
  }
  return { form, variables, coefficients };
}

export function sumOfMany(terms: readonly Combination[], form: Form): Combination {
  if (terms.length === 2) return sumOfTwo(terms[0]!, terms[1]!, form);
  const sums = new Map<number, bigint>();
  for (const term of terms) {
    term.variables.forEach((variable, i) => {
      sums.set(variable, (sums.get(variable) ?? 0n) + term.coefficients[i]!);
    });
  }
  const variables: number[] = [];
  const coefficients: bigint[] = [];
  for (const variable of [...sums.keys()].sort((a, b) => a - b)) {
    const coefficient = sums.get(variable)! % r;
    if (coefficient === 0n) continue;
    variables.push(variable);
    coefficients.push(coefficient);
  }
  return { form, variables, coefficients };
}

/** @param valueOf of a variable; 1 for variable 0 */
export function evaluateCombination(
  { variables, coefficients }: Combination,
  valueOf: (variable: number) => bigint,
): bigint {
  return residue(variables.reduce((sum, variable, i) => sum + coefficients[i]! * valueOf(variable), 0n));
}
