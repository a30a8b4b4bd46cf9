import type { FunctionType, ValueType } from "./module.ts";

/** What crosses the boundary: i32 as a signed number, i64 as a signed bigint. */
export type HostFunction = (...parameters: never[]) => number | bigint | undefined | void;

const letters: Readonly<Record<string, ValueType>> = { i: 0x7f, I: 0x7e };

/** A function type from a short text, `ii>i` for `(i32 i32) -> i32`; I is i64. */
export function hostType(text: string): FunctionType {
  const [params, results] = text.split(">").map((part) => [...part].map((letter) => letters[letter]!));
  return { params: params!, results: results! };
}
