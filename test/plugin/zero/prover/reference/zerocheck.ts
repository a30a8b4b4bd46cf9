/** The sumcheck of docs/zero/protocol.md §6, every chip's columns spread over the whole cube of row variables. */
import type { Chip } from "../../../../../plugin/zero/air/chip.ts";
import { virtualColumns } from "../../../../../plugin/zero/air/expression.ts";
import { residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import type { Sizes } from "../../../../../plugin/zero/proof/sizes.ts";
import type { Parameters, Trace } from "../../../../../plugin/zero/trace/trace.ts";
import { eqAt, padTable } from "./multilinear.ts";
import { valuesOf, virtualValue, type BusChallenges } from "./rows.ts";
import { sumcheck } from "./sumcheck.ts";

export interface ZerocheckStatement {
  readonly chips: readonly Chip[];
  readonly trace: Trace;
  readonly parameters: Parameters;
  readonly challenges: BusChallenges;
  /** The leaf layer's point: row coordinates, then leaf coordinates. */
  readonly point: readonly bigint[];
  readonly theta: bigint;
  readonly sizes: Sizes;
}

export interface ZerocheckMessages {
  readonly rounds: bigint[][];
  /** z */
  readonly point: bigint[];
  /** By chip. */
  readonly columns: bigint[][];
}

export function proveZerocheck(
  { chips, trace, parameters, challenges, point, theta, sizes }: ZerocheckStatement,
  challenge: (coefficients: readonly bigint[]) => bigint,
): ZerocheckMessages {
  const rows = 2 ** sizes.rowBits;
  const spread = (height: number, value: (row: number) => bigint): bigint[] =>
    Array.from({ length: rows }, (_, x) => value(x % 2 ** height));
  // by chip: pad, the columns, the virtual columns
  const tables = chips.map((_, c) => {
    const { height, columns } = trace[c]!;
    return [
      padTable(height, sizes.rowBits),
      ...columns.map((column) => spread(height, (row) => BigInt(column[row]!))),
      ...virtualColumns.map((name) => spread(height, (row) => virtualValue(name, row))),
    ];
  });
  const leafPoint = point.slice(sizes.rowBits);
  const {
    rounds,
    point: z,
    values,
  } = sumcheck({
    tables: tables.flat(),
    summand: (values) => {
      let [at, leaf, constraint, sum] = [0, 0, 0, 0n];
      chips.forEach((chip, c) => {
        const [pad, ...columns] = values.slice(at, (at += tables[c]!.length));
        const count = chip.columns.length;
        const row = valuesOf(
          chip,
          {
            column: (index) => columns[index]!,
            virtual: (name) => columns[count + virtualColumns.indexOf(name)]!,
            parameter: (name) => parameters[name],
          },
          challenges,
        );
        let chipSum = 0n;
        for (const { p, q } of row.fractions) chipSum += eqAt(leafPoint, leaf++) * (p + theta * (q - 1n));
        for (const value of row.constraints) chipSum += power(theta, 2 + constraint++) * value;
        sum += pad! * chipSum;
      });
      return residue(sum);
    },
    degree: 3,
    weight: point.slice(0, sizes.rowBits),
    challenge,
  });
  let at = 0;
  const columns = chips.map(({ columns }, c) => {
    const own = values.slice(at + 1, at + 1 + columns.length);
    at += tables[c]!.length;
    return own;
  });
  return { rounds, point: z, columns };
}

function power(base: bigint, exponent: number): bigint {
  let result = 1n;
  for (let i = 0; i < exponent; i++) result = residue(result * base);
  return result;
}
