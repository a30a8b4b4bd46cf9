/** Random chips with random tables, which need not be valid: for comparing provers, which are told nothing about that. */
import { buses, type Bus } from "../../../../../plugin/zero/air/bus.ts";
import { defineChip, type Chip } from "../../../../../plugin/zero/air/chip.ts";
import {
  expression,
  parameter,
  virtual,
  virtualColumns,
  type Expression,
} from "../../../../../plugin/zero/air/expression.ts";
import type { ColumnData, Trace } from "../../../../../plugin/zero/trace/trace.ts";
import { seeded } from "../../../../seeded.ts";

export interface RandomMachine {
  readonly chips: readonly Chip[];
  readonly trace: Trace;
}

const widths = [1, 8, 16, 32, 64] as const;

/** One to three chips of at most 2^4 rows, with 12 leaves together at most: they fit the sizes of the made-up machine. */
export function randomMachine(seed: string): RandomMachine {
  const random = seeded(seed);
  /** 0 … below − 1 */
  const number = (below: number): number => Number(random.scalar(BigInt(below) + 1n)) - 1;
  const repeat = <T>(most: number, make: (i: number) => T): T[] =>
    Array.from({ length: 1 + number(most) }, (_, i) => make(i));

  const chip = (name: string): Chip =>
    defineChip(name, "declared", (builder) => {
      const columns = repeat(5, (i) => builder.column(`column ${i}`, widths[number(widths.length)]!));
      const atom = (): Expression => {
        const kind = number(8);
        if (kind === 0) return expression(number(100) - 50);
        if (kind === 1) return parameter("imageFirst");
        if (kind === 2) return virtual(virtualColumns[number(virtualColumns.length)]!);
        return columns[number(columns.length)]!;
      };
      const affine = (): Expression =>
        repeat(3, () => atom().times(number(9) - 4)).reduce((sum, term) => sum.plus(term));
      for (let i = number(4); i > 0; i--) {
        const products = repeat(3, () =>
          repeat(3, affine).reduce((product, factor) => product.times(factor)),
        );
        builder.zero(
          `constraint ${i}`,
          products.reduce((sum, product) => sum.plus(product)),
        );
      }
      const names = Object.keys(buses) as Bus[];
      for (let i = number(4); i >= 0; i--) {
        builder.put(names[number(names.length)]!, affine(), ...repeat(6, affine));
      }
    });

  const chips = repeat(3, (i) => chip(`chip ${i}`));
  const trace = chips.map(({ columns }) => {
    const height = number(5);
    const data = columns.map(({ width }): ColumnData => {
      const cells = Array.from({ length: 2 ** height }, () => random.scalar((1n << BigInt(width)) + 1n) - 1n);
      if (width === 64) return BigUint64Array.from(cells);
      const list = cells.map(Number);
      return width === 32
        ? Uint32Array.from(list)
        : width === 16
          ? Uint16Array.from(list)
          : Uint8Array.from(list);
    });
    return { height, columns: data };
  });
  return { chips, trace };
}
