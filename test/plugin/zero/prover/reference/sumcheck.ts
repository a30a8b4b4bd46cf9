/**
 * Sumcheck over tables, every round a sum over all of the remaining cube: the reference for the prover's sumchecks.
 */
import { inverseOf, residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import { bind, eqTable } from "./multilinear.ts";

export interface Sumcheck {
  /** Multilinear polynomials of the same number of variables. */
  readonly tables: readonly (readonly bigint[])[];
  /** The summand in the tables' values at one point, without the factor eq. */
  readonly summand: (values: readonly bigint[]) => bigint;
  readonly degree: number;
  /** Point of a factor eq(point, ·) that is kept out of the round polynomials, or undefined where there is none. */
  readonly weight?: readonly bigint[];
  /** Absorbs a round's coefficients 1, 2, … and gives the challenge. */
  readonly challenge: (coefficients: readonly bigint[]) => bigint;
}

export interface SumcheckResult {
  /** Coefficients 1 to `degree` of each round. */
  readonly rounds: bigint[][];
  readonly point: bigint[];
  /** The tables at the point. */
  readonly values: bigint[];
}

export function sumcheck({ tables, summand, degree, weight, challenge }: Sumcheck): SumcheckResult {
  const variables = Math.log2(tables[0]!.length);
  let bound: readonly (readonly bigint[])[] = tables;
  const rounds: bigint[][] = [];
  const point: bigint[] = [];
  for (let round = 0; round < variables; round++) {
    const rest = 2 ** (variables - round - 1);
    const weights = weight === undefined ? undefined : eqTable(weight.slice(round + 1));
    const samples = Array.from({ length: degree + 1 }, (_, x) => {
      let sum = 0n;
      for (let i = 0; i < rest; i++) {
        const values = bound.map((table) =>
          residue(table[2 * i]! + BigInt(x) * (table[2 * i + 1]! - table[2 * i]!)),
        );
        sum += summand(values) * (weights?.[i] ?? 1n);
      }
      return residue(sum);
    });
    const coefficients = interpolate(samples).slice(1);
    rounds.push(coefficients);
    const x = challenge(coefficients);
    point.push(x);
    bound = bound.map((table) => bind(table, x));
  }
  return { rounds, point, values: bound.map((table) => table[0]!) };
}

/** Coefficients, lowest first, of the polynomial with these values at 0, 1, 2, …. */
export function interpolate(samples: readonly bigint[]): bigint[] {
  const result = samples.map(() => 0n);
  samples.forEach((sample, i) => {
    let basis = [1n];
    let denominator = 1n;
    samples.forEach((_, j) => {
      if (j === i) return;
      basis = timesLinear(basis, BigInt(j));
      denominator *= BigInt(i - j);
    });
    const factor = residue(sample * inverseOf(residue(denominator)));
    basis.forEach((coefficient, k) => {
      result[k] = residue(result[k]! + factor * coefficient);
    });
  });
  return result;
}

/** The polynomial times (X − root). */
function timesLinear(polynomial: readonly bigint[], root: bigint): bigint[] {
  return Array.from({ length: polynomial.length + 1 }, (_, k) =>
    residue((polynomial[k - 1] ?? 0n) - root * (polynomial[k] ?? 0n)),
  );
}
