/** Tables of multiples, for both groups: the host calls functions without type parameters. */
import { Fq2 } from "./coordinate";
import { tableMultiples, tableRows } from "./fixed-base";
import { Fq } from "./prime-field";

export function tableRowsG1(start: usize, end: usize, table: usize, room: usize): void {
  tableRows<Fq>(start, end, table, room);
}

export function tableRowsG2(start: usize, end: usize, table: usize, room: usize): void {
  tableRows<Fq2>(start, end, table, room);
}

export function tableMultiplesG1(
  start: usize,
  end: usize,
  dst: usize,
  scalars: usize,
  table: usize,
  room: usize,
): void {
  tableMultiples<Fq>(start, end, dst, scalars, table, room);
}

export function tableMultiplesG2(
  start: usize,
  end: usize,
  dst: usize,
  scalars: usize,
  table: usize,
  room: usize,
): void {
  tableMultiples<Fq2>(start, end, dst, scalars, table, room);
}
