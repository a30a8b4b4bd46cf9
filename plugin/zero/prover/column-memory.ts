/** A trace's columns in the kernels' memory. */
import type { Chip } from "../air/chip.ts";
import { virtualColumns, type Expression, type VirtualColumn } from "../air/expression.ts";
import { residue } from "../field/scalar-field.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { ColumnData, Table } from "../trace/trace.ts";

/** A column: unsigned integers of `width` bytes, or elements of Fr where the width is 0. */
export interface ColumnVector {
  readonly pointer: number;
  readonly width: number;
}

export interface TableInMemory {
  /** log₂ of the rows. */
  readonly height: number;
  /** The chip's columns, then the virtual ones; undefined are virtual ones that the chip does not use. */
  readonly columns: readonly (ColumnVector | undefined)[];
}

export function copyTable(kernels: Kernels, chip: Chip, { height, columns }: Table): TableInMemory {
  const used = virtualColumnsOf(chip);
  return {
    height,
    columns: [
      ...columns.map((column) => copyColumn(kernels, column)),
      ...virtualColumns.map((name) =>
        used.has(name) ? makeVirtualColumn(kernels, name, 2 ** height) : undefined,
      ),
    ],
  };
}

export function copyColumn(kernels: Kernels, column: ColumnData): ColumnVector {
  const bytes = new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  const pointer = kernels.alloc(bytes.length);
  kernels.bytes(pointer, bytes.length).set(bytes);
  return { pointer, width: column.BYTES_PER_ELEMENT };
}

function makeVirtualColumn(kernels: Kernels, name: VirtualColumn, rows: number): ColumnVector {
  if (name === "power") {
    const powers = Array.from({ length: rows }, (_, row) => residue(2n ** BigInt(row)));
    return { pointer: kernels.fromBigints(powers), width: 0 };
  }
  const of = virtualInteger(name);
  return copyColumn(
    kernels,
    Uint32Array.from({ length: rows }, (_, row) => of(row)),
  );
}

function virtualInteger(name: Exclude<VirtualColumn, "power">): (row: number) => number {
  switch (name) {
    case "row":
      return (row) => row;
    case "first":
      return (row) => (row === 0 ? 1 : 0);
    case "lowByte":
      return (row) => row & 255;
    case "highByte":
      return (row) => (row >> 8) & 255;
    case "byteAnd":
      return (row) => row & (row >> 8) & 255;
    case "ones":
      return (row) => {
        let ones = 0;
        for (let left = row; left !== 0; left &= left - 1) ones++;
        return ones;
      };
  }
}

function virtualColumnsOf(chip: Chip): Set<VirtualColumn> {
  const used = new Set<VirtualColumn>();
  const seen = new Set<Expression>();
  const visit = (expression: Expression): void => {
    if (seen.has(expression)) return;
    seen.add(expression);
    const { node } = expression;
    if (node.kind === "virtual") used.add(node.name);
    else if (node.kind === "sum") node.terms.forEach(visit);
    else if (node.kind === "scaled") visit(node.term);
    else if (node.kind === "product") node.factors.forEach(visit);
  };
  for (const { expression } of chip.constraints) visit(expression);
  for (const { multiplicity, tuple } of chip.interactions) [multiplicity, ...tuple].forEach(visit);
  return used;
}

/** The table that `rows.ts` of the kernels reads columns from: a pointer and a width for each. */
export function columnTable(kernels: Kernels, columns: readonly (ColumnVector | undefined)[]): number {
  const pointer = kernels.alloc(8 * columns.length);
  const words = new Uint32Array(kernels.memory.buffer, pointer, 2 * columns.length);
  columns.forEach((column, i) => {
    words[2 * i] = column?.pointer ?? 0;
    words[2 * i + 1] = column?.width ?? 0;
  });
  return pointer;
}

/** Constants of programs, each once. */
export function constantPool(kernels: Kernels): (value: bigint) => number {
  const known = new Map<bigint, number>();
  return (value) => {
    let pointer = known.get(value);
    if (pointer === undefined) {
      pointer = kernels.element(value);
      known.set(value, pointer);
    }
    return pointer;
  };
}

/** A program's words, copied into memory. */
export function copyWords(kernels: Kernels, words: Uint32Array): number {
  const pointer = kernels.alloc(words.byteLength);
  new Uint32Array(kernels.memory.buffer, pointer, words.length).set(words);
  return pointer;
}

/** The one integer of a column of one row. */
export function integerAt(kernels: Kernels, { pointer, width }: ColumnVector): bigint {
  return kernels.bytes(pointer, width).reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
