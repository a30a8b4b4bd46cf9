/** Multilinear polynomials as tables over the cube; index bit k is variable x_k, bit 0 the lowest (docs/zero/protocol.md §2). */
import { residue } from "../../../../../plugin/zero/field/scalar-field.ts";

/** eq(point, ·) over the whole cube, straight from the product. */
export function eqTable(point: readonly bigint[]): bigint[] {
  return Array.from({ length: 2 ** point.length }, (_, index) => eqAt(point, index));
}

/** eq(point, index's bits). */
export function eqAt(point: readonly bigint[], index: number): bigint {
  return point.reduce((product, x, k) => residue(product * ((index >> k) & 1 ? x : 1n - x)), 1n);
}

/** The table's extension at a point. */
export function extend(table: readonly bigint[], point: readonly bigint[]): bigint {
  if (table.length !== 2 ** point.length)
    throw new RangeError(`${table.length} cells, ${point.length} variables`);
  return point.reduce((cells, x) => bind(cells, x), [...table])[0]!;
}

/** Sets the lowest variable to `x`. */
export function bind(table: readonly bigint[], x: bigint): bigint[] {
  return Array.from({ length: table.length / 2 }, (_, i) =>
    residue(table[2 * i]! + x * (table[2 * i + 1]! - table[2 * i]!)),
  );
}

/** pad_h(x) = ∏_{k ≥ h} (1 − x_k), over the cube. */
export function padTable(h: number, variables: number): bigint[] {
  return Array.from({ length: 2 ** variables }, (_, index) => (index >> h === 0 ? 1n : 0n));
}
