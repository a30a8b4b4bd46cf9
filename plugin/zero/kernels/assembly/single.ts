/** One product and one square of each field by pointers, for loops outside: bench/zero-field.ts, and tests. */
import { Fq, Fr, mul, square } from "./prime-field";

export function frMul(dst: usize, a: usize, b: usize): void {
  mul<Fr>(dst, a, b);
}

export function frSquare(dst: usize, a: usize): void {
  square<Fr>(dst, a);
}

export function fqMul(dst: usize, a: usize, b: usize): void {
  mul<Fq>(dst, a, b);
}

export function fqSquare(dst: usize, a: usize): void {
  square<Fq>(dst, a);
}
