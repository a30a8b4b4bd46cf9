/** Columns of unsigned integers as vectors over Fr, without a copy in Montgomery form. Width 0 stands for elements of Fr. */
import { dot } from "./paired-product";
import { add, copy, ELEMENT, Fr, mul } from "./prime-field";
import { constants, ONE_FR, pop, push, R_SQUARED_FR, ZERO } from "./thread";
import { vectorAddScaled, vectorFold } from "./vector";

export function integerAt(column: usize, width: usize, i: usize): u64 {
  const at = column + i * width;
  if (width == 1) return load<u8>(at);
  if (width == 2) return load<u16>(at);
  if (width == 4) return load<u32>(at);
  return load<u64>(at);
}

/** dst = entry i of the column. `number` is a zeroed element whose lowest word is free for use. */
export function loadEntry(dst: usize, column: usize, width: usize, i: usize, number: usize): void {
  if (width == 0) {
    copy(dst, column + i * ELEMENT);
    return;
  }
  const value = integerAt(column, width, i);
  if (value == 0) {
    copy(dst, constants() + ZERO);
  } else if (value == 1) {
    copy(dst, constants() + ONE_FR);
  } else {
    store<u64>(number, value);
    mul<Fr>(dst, number, constants() + R_SQUARED_FR);
  }
}

/**
 * dst_i = a_{2i} + c·(a_{2i+1} − a_{2i}) for i in [from, to). For integers, the scalars are c·R and (1 − c)·R, so that a product with a
 * plain integer comes out in Montgomery form; for elements, c.
 */
export function foldColumn(
  dst: usize,
  column: usize,
  width: usize,
  from: usize,
  to: usize,
  c: usize,
  oneLess: usize,
): void {
  if (width == 0) {
    vectorFold(from, to, dst, column, c);
    return;
  }
  const room = push(2 * ELEMENT);
  const product = room + ELEMENT;
  const number = room;
  copy(number, constants() + ZERO);
  for (let i = from; i < to; i++) {
    const into = dst + i * ELEMENT;
    const low = integerAt(column, width, 2 * i);
    const high = integerAt(column, width, 2 * i + 1);
    if (low == high) {
      // Most of a table's bits and all of its padding.
      loadEntry(into, column, width, 2 * i, number);
      continue;
    }
    store<u64>(number, low);
    mul<Fr>(into, number, oneLess);
    store<u64>(number, high);
    mul<Fr>(product, number, c);
    add<Fr>(into, into, product);
  }
  pop(2 * ELEMENT);
}

/** dst_{i·stride} += scalar·column_i for i in [from, to); the scalar is x·R² for integers. */
export function addColumn(
  dst: usize,
  stride: usize,
  column: usize,
  width: usize,
  from: usize,
  to: usize,
  scalar: usize,
): void {
  if (width == 0 && stride == 1) {
    vectorAddScaled(from, to, dst, column, scalar);
    return;
  }
  const number = push(2 * ELEMENT);
  const product = number + ELEMENT;
  copy(number, constants() + ZERO);
  for (let i = from; i < to; i++) {
    const into = dst + i * stride * ELEMENT;
    if (width == 0) {
      mul<Fr>(product, column + i * ELEMENT, scalar);
    } else {
      const value = integerAt(column, width, i);
      if (value == 0) continue;
      store<u64>(number, value);
      mul<Fr>(product, number, scalar);
    }
    add<Fr>(into, into, product);
  }
  pop(2 * ELEMENT);
}

/** out = Σ weight_i·column_i over [from, to). */
export function dotColumn(
  out: usize,
  column: usize,
  width: usize,
  from: usize,
  to: usize,
  weights: usize,
): void {
  if (width == 0) {
    dot<Fr>(out, column + from * ELEMENT, weights + from * ELEMENT, to - from);
    return;
  }
  const number = push(3 * ELEMENT);
  const product = number + ELEMENT;
  const sum = product + ELEMENT;
  copy(number, constants() + ZERO);
  copy(sum, constants() + ZERO);
  for (let i = from; i < to; i++) {
    const value = integerAt(column, width, i);
    if (value == 0) continue;
    store<u64>(number, value);
    mul<Fr>(product, number, weights + i * ELEMENT);
    add<Fr>(sum, sum, product);
  }
  // A product of an element and a plain integer has lost its factor R.
  mul<Fr>(out, sum, constants() + R_SQUARED_FR);
  pop(3 * ELEMENT);
}

/**
 * dst_i = Σ_j scalar_j·column_j,i over `count` columns, for i in [from, to). Columns as in rows.ts: a pointer and a width each; scalars are
 * x·R² where the column is of integers.
 */
export function combineColumns(
  dst: usize,
  columns: usize,
  count: usize,
  scalars: usize,
  from: usize,
  to: usize,
): void {
  for (let i = from; i < to; i++) copy(dst + i * ELEMENT, constants() + ZERO);
  for (let j: usize = 0; j < count; j++) {
    const column = <usize>load<u32>(columns + j * 8);
    const width = <usize>load<u32>(columns + j * 8, 4);
    addColumn(dst, 1, column, width, from, to, scalars + j * ELEMENT);
  }
}
