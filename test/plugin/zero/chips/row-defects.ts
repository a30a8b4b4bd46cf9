/** One row of a chip by itself, with any field elements in it: what a prover may write there, and what that puts on the buses. */
import { residue, r } from "../../../../plugin/zero/field/scalar-field.ts";
import type { Bus } from "../../../../plugin/zero/air/bus.ts";
import type { Chip } from "../../../../plugin/zero/air/chip.ts";
import { evaluator, type Expression } from "../../../../plugin/zero/air/expression.ts";
import { virtualValue } from "../../../../plugin/zero/tables/check-trace.ts";
import type { Parameters, Table } from "../../../../plugin/zero/trace/trace.ts";

/** Values by column; columns that are left out are 0. */
export type Row = Readonly<Record<string, bigint>>;

export interface RowToken {
  readonly bus: Bus;
  readonly multiplicity: bigint;
  readonly tuple: readonly bigint[];
}

export const noParameters: Parameters = { imageFirst: 0n, imageEnd: 1n, firstPages: 1n, mostPages: 4n };

function evaluateRow(chip: Chip, row: Row, parameters: Parameters, index: number): (e: Expression) => bigint {
  const evaluate = evaluator<bigint>(
    {
      constant: residue,
      sum: (terms) => residue(terms.reduce((sum, term) => sum + term, 0n)),
      scale: (a, factor) => residue(a * factor),
      mul: (a, b) => residue(a * b),
    },
    {
      column: (column) => residue(row[chip.columns[column]!.name] ?? 0n),
      virtual: (name) => virtualValue(name, index),
      parameter: (name) => parameters[name],
    },
  );
  return evaluate;
}

/** Everything that a row puts (positive) or takes. */
export function tokensOf(chip: Chip, row: Row, parameters = noParameters, index = 0): RowToken[] {
  const evaluate = evaluateRow(chip, row, parameters, index);
  return chip.interactions.flatMap(({ bus, multiplicity, tuple }) => {
    const count = evaluate(multiplicity);
    const signed = count > r / 2n ? count - r : count;
    return count === 0n ? [] : [{ bus, multiplicity: signed, tuple: tuple.map(evaluate) }];
  });
}

const isByte = (value: bigint): boolean => value < 256n;
const holds: Readonly<Partial<Record<Bus, (tuple: readonly bigint[]) => boolean>>> = {
  range: ([value]) => value! < 1n << 16n,
  bytes: ([x, y, both]) => isByte(x!) && isByte(y!) && both === (x! & y!),
  powers: ([exponent, power]) => exponent! < 64n && power === 1n << exponent!,
  popcount: ([x, ones]) =>
    x! < 1n << 16n && ones === BigInt([...x!.toString(2)].filter((bit) => bit === "1").length),
};

/** Constraints that do not hold, and tuples that are not in the tables of fixed contents; empty for a row that only buses can refuse. */
export function rowDefects(chip: Chip, row: Row, parameters = noParameters, index = 0): string[] {
  const evaluate = evaluateRow(chip, row, parameters, index);
  return [
    ...chip.constraints.filter(({ expression }) => evaluate(expression) !== 0n).map(({ name }) => name),
    ...tokensOf(chip, row, parameters, index)
      .filter(({ bus, multiplicity, tuple }) => multiplicity < 0n && holds[bus]?.(tuple) === false)
      .map(({ bus, tuple }) => `${bus} has no (${tuple.join(", ")})`),
  ];
}

/** Whether a row has no defects; stops at the first. */
export function isAccepted(chip: Chip, row: Row, parameters = noParameters, index = 0): boolean {
  const evaluate = evaluateRow(chip, row, parameters, index);
  return (
    chip.constraints.every(({ expression }) => evaluate(expression) === 0n) &&
    rowDefects(chip, row, parameters, index).length === 0
  );
}

/** A row of a table. */
export function rowOf(chip: Chip, { columns }: Table, index: number): Row {
  return Object.fromEntries(chip.columns.map(({ name }, i) => [name, BigInt(columns[i]![index]!)]));
}

/** Rows that stand for something. */
export function rowsOf(chip: Chip, table: Table): Row[] {
  return Array.from({ length: 2 ** table.height }, (_, i) => rowOf(chip, table, i)).filter((row) =>
    Object.values(row).some((each) => each !== 0n),
  );
}

/** All ways to set the given columns to 0 and 1. */
export function bitChoices(...names: string[]): Row[] {
  return names.reduce<Row[]>(
    (rows, name) => rows.flatMap((row) => [0n, 1n].map((bit) => ({ ...row, [name]: bit }))),
    [{}],
  );
}

/** The columns of a number of 16-bit limbs; the last takes what is left, so that a number that is too long is not in range. */
export function limbsOf(name: string, value: bigint, count = 4): Row {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const rest = residue(value) >> BigInt(16 * i);
      return [`${name} ${i}`, i === count - 1 ? rest : rest & 0xffffn];
    }),
  );
}
