/** One row of one table, in bigints: what expressions, leaves and virtual columns are worth there. */
import { buses } from "../../../../../plugin/zero/air/bus.ts";
import { leavesOf, type Chip, type Interaction } from "../../../../../plugin/zero/air/chip.ts";
import {
  evaluator,
  type Expression,
  type Leaves,
  type Ring,
  type VirtualColumn,
} from "../../../../../plugin/zero/air/expression.ts";
import { residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import type { Parameters, Table } from "../../../../../plugin/zero/trace/trace.ts";

export const integers: Ring<bigint> = {
  constant: residue,
  sum: (terms) => residue(terms.reduce((total, term) => total + term, 0n)),
  scale: (a, factor) => residue(a * factor),
  mul: (a, b) => residue(a * b),
};

export function virtualValue(name: VirtualColumn, row: number): bigint {
  switch (name) {
    case "row":
      return BigInt(row);
    case "first":
      return row === 0 ? 1n : 0n;
    case "lowByte":
      return BigInt(row & 255);
    case "highByte":
      return BigInt((row >> 8) & 255);
    case "byteAnd":
      return BigInt(row & (row >> 8) & 255);
    case "power":
      return residue(2n ** BigInt(row));
    case "ones":
      return BigInt([...row.toString(2)].filter((digit) => digit === "1").length);
  }
}

export interface BusChallenges {
  /** α_b */
  readonly alpha: bigint;
  /** γ_b */
  readonly gamma: bigint;
}

export interface Fraction {
  readonly p: bigint;
  readonly q: bigint;
}

/** A table's values at a row, or at a point of its cube where `leaves` says so. */
export interface RowValues {
  /** One for each constraint. */
  readonly constraints: bigint[];
  /** One for each leaf. */
  readonly fractions: Fraction[];
}

export function leavesAtRow(table: Table, row: number, parameters: Parameters): Leaves<bigint> {
  return {
    column: (index) => BigInt(table.columns[index]![row]!),
    virtual: (name) => virtualValue(name, row),
    parameter: (name) => parameters[name],
  };
}

export function valuesOf(chip: Chip, leaves: Leaves<bigint>, challenges: BusChallenges): RowValues {
  const value = evaluator(integers, leaves);
  return {
    constraints: chip.constraints.map(({ expression }) => value(expression)),
    fractions: leavesOf(chip).map(([first, second]) => {
      const left = fraction(first, value, challenges);
      return second === undefined ? left : sumOf(left, fraction(second, value, challenges));
    }),
  };
}

function fraction(
  { bus, multiplicity, tuple }: Interaction,
  value: (expression: Expression) => bigint,
  { alpha, gamma }: BusChallenges,
): Fraction {
  let fingerprint = BigInt(buses[bus]);
  let power = 1n;
  for (const part of tuple) {
    power = residue(power * alpha);
    fingerprint += power * value(part);
  }
  return { p: value(multiplicity), q: residue(gamma - fingerprint) };
}

export function sumOf(a: Fraction, b: Fraction): Fraction {
  return { p: residue(a.p * b.q + b.p * a.q), q: residue(a.q * b.q) };
}
