/** Rows made from valid ones that a dishonest prover might write, and a search among them for one that is accepted and false. */
import type { Chip } from "../../../../plugin/zero/air/chip.ts";
import { evaluator, type Expression } from "../../../../plugin/zero/air/expression.ts";
import { inverseOf, r, residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { seeded, type Seeded } from "../../../seeded.ts";
import { falseStatement } from "./false-statement.ts";
import { isAccepted, limbsOf, noParameters, type Row } from "./row-defects.ts";

/** A column, or the limbs of a number taken as one. */
interface Part {
  readonly name: string;
  readonly columns: readonly string[];
}

/** Numbers of limbs by their names, other columns by theirs. */
export function partsOf({ columns }: Chip): Part[] {
  const parts = new Map<string, string[]>();
  for (const { name } of columns) {
    const base = name.replace(/ \d$/, "");
    parts.set(base, [...(parts.get(base) ?? []), name]);
  }
  return [...parts].flatMap(([name, own]) =>
    own.length > 1 && own.every((column, i) => column === `${name} ${i}`)
      ? [{ name, columns: own }]
      : own.map((column) => ({ name: column, columns: [column] })),
  );
}

const valueOf = (row: Row, { columns }: Part): bigint =>
  columns.reduceRight((value, column) => (value << 16n) + row[column]!, 0n);

const withValue = (row: Row, { name, columns }: Part, value: bigint): Row => ({
  ...row,
  ...(columns.length === 1 ? { [name]: residue(value) } : limbsOf(name, value, columns.length)),
});

/** One cell at a time: off by one, by a power of two, the other bit, a fraction. */
export function* changedCells(chip: Chip, row: Row): Generator<Row> {
  for (const { name } of chip.columns) {
    const value = row[name]!;
    const others = [
      value + 1n,
      value - 1n,
      0n,
      1n,
      value + (1n << 16n),
      value + (1n << 32n),
      value + (1n << 64n),
    ];
    others.push(value - (1n << 16n), -value, value * 2n, value * inverseOf(2n), value + inverseOf(1n << 16n));
    for (const other of others) {
      if (residue(other) !== value) yield { ...row, [name]: residue(other) };
    }
  }
}

/** A carry moved from a limb to the next or back: the same number of other limbs. */
export function* movedCarries(chip: Chip, row: Row): Generator<Row> {
  for (const { columns } of partsOf(chip)) {
    for (let i = 1; i < columns.length; i++) {
      const [low, high] = [columns[i - 1]!, columns[i]!];
      for (const carry of [1n, -1n, 1n << 48n]) {
        yield { ...row, [low]: residue(row[low]! + (carry << 16n)), [high]: residue(row[high]! - carry) };
      }
    }
  }
}

const choice = <T>(random: Seeded, from: readonly T[]): T =>
  from[Number(random.scalar(BigInt(from.length) + 1n)) - 1]!;

/** Parts of two valid rows. */
export function* mixtures(chip: Chip, rows: readonly Row[], count: number, random: Seeded): Generator<Row> {
  const parts = partsOf(chip);
  for (let i = 0; i < count; i++) {
    const [mine, other] = [choice(random, rows), choice(random, rows)];
    const mask = random.scalar(1n << BigInt(parts.length));
    const sparse =
      mask & random.scalar(1n << BigInt(parts.length)) & random.scalar(1n << BigInt(parts.length));
    const chosen = i % 2 === 0 ? mask : sparse;
    const taken = parts
      .filter((_, j) => ((chosen >> BigInt(j)) & 1n) === 1n)
      .flatMap(({ columns }) => columns);
    yield { ...mine, ...Object.fromEntries(taken.map((column) => [column, other[column]!])) };
  }
}

function columnsIn({ node }: Expression, found = new Set<number>()): Set<number> {
  if (node.kind === "column") found.add(node.index);
  if (node.kind === "sum") for (const term of node.terms) columnsIn(term, found);
  if (node.kind === "scaled") columnsIn(node.term, found);
  if (node.kind === "product") for (const factor of node.factors) columnsIn(factor, found);
  return found;
}

const ring = {
  constant: residue,
  sum: (terms: readonly bigint[]) => residue(terms.reduce((sum, term) => sum + term, 0n)),
  scale: (a: bigint, factor: bigint) => residue(a * factor),
  mul: (a: bigint, b: bigint) => residue(a * b),
};

/**
 * A valid row with one or two parts changed, then the constraints solved again for the others, one after the other: what a prover would do
 * who wants a wrong result.
 */
export function* repairs(chip: Chip, rows: readonly Row[], count: number, random: Seeded): Generator<Row> {
  const parts = partsOf(chip);
  const constraints = chip.constraints.map(({ expression }) => ({
    expression,
    parts: parts.filter(({ columns }) =>
      columns.some((column) =>
        columnsIn(expression).has(chip.columns.findIndex(({ name }) => name === column)),
      ),
    ),
  }));
  const valueIn = (row: Row, expression: Expression): bigint =>
    evaluator<bigint>(ring, {
      column: (index) => row[chip.columns[index]!.name]!,
      virtual: () => 0n,
      parameter: (name) => noParameters[name],
    })(expression);
  const changes = (value: bigint): bigint[] => [
    ...[value + 1n, value - 1n, value ^ 1n, 0n, 1n, (1n << 64n) - value, (1n << 32n) - value, -value],
    ...[value + (1n << 64n), value + (1n << 32n), value * 2n, value >> 1n, value << 16n, value >> 16n],
    ...[
      value + (1n << 63n),
      value ^ (1n << 31n),
      value + r / 2n,
      value * inverseOf(2n),
      random.scalar(1n << 64n),
    ],
  ];
  for (let i = 0; i < count; i++) {
    let row = choice(random, rows);
    const frozen = new Set<string>();
    for (let change = 0; change <= i % 2; change++) {
      const part = choice(random, parts);
      row = withValue(row, part, residue(choice(random, changes(valueOf(row, part)))));
      frozen.add(part.name);
    }
    for (let step = 0; step < 8; step++) {
      const broken = constraints.filter(({ expression }) => valueIn(row, expression) !== 0n);
      if (broken.length === 0) break;
      const { expression, parts: own } = choice(random, broken);
      const free = own.filter(({ name }) => !frozen.has(name));
      if (free.length === 0) break;
      const part = choice(random, free);
      const [zero, one, two] = [0n, 1n, 2n].map((value) => valueIn(withValue(row, part, value), expression));
      const slope = residue(one! - zero!);
      if (slope === 0n || residue(two! - one!) !== slope) continue;
      row = withValue(row, part, residue(-zero! * inverseOf(slope)));
      frozen.add(part.name);
    }
    yield row;
  }
}

export interface SearchOptions {
  readonly seed: string;
  /** Mixtures and repairs, each. */
  readonly tries: number;
  /** Rows of which every cell is changed. */
  readonly walked: number;
}

/** The first false statements that are accepted; there must be none. */
export function acceptedForgeries(
  chip: Chip,
  rows: readonly Row[],
  { seed, tries, walked }: SearchOptions,
): string[] {
  const random = seeded(seed);
  const found: string[] = [];
  const judge = (forgeries: Iterable<Row>): void => {
    for (const row of forgeries) {
      if (!isAccepted(chip, row)) continue;
      const statement = falseStatement(chip, row);
      if (statement !== undefined && found.length < 5) found.push(statement);
    }
  };
  for (let i = 0; i < walked; i++) {
    const row = choice(random, rows);
    judge(changedCells(chip, row));
    judge(movedCarries(chip, row));
  }
  judge(mixtures(chip, rows, tries, random));
  judge(repairs(chip, rows, tries, random));
  return found;
}

/** As long as default tests may take; NEXUS_SLOW=1 looks at some twenty times as many. */
export const searchOptions = (seed: string): SearchOptions =>
  process.env["NEXUS_SLOW"] === undefined
    ? { seed, tries: 300, walked: 2 }
    : { seed, tries: 8000, walked: 40 };
