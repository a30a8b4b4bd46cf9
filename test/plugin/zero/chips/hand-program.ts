/** Programs of single instructions, written down. */
import { CodeBuffer, cell, value, type Operand } from "../../../../plugin/zero/vm/code-buffer.ts";
import type { Mnemonic } from "../../../../plugin/zero/vm/instruction.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";

export interface HandOptions {
  readonly pages?: Program["pages"];
  readonly image?: Program["image"];
  readonly globals?: number;
}

/** What `write` emits, and an exit behind it. */
export function handProgram(write: (out: CodeBuffer) => void, options: HandOptions = {}): Program {
  const out = new CodeBuffer();
  write(out);
  const end = out.emit("exit", { b: value(0n) });
  const { code, ...map } = out.finish();
  return {
    code,
    image: options.image ?? { first: 0, words: new BigUint64Array(0) },
    pages: options.pages ?? { first: 1, most: 4 },
    globals: options.globals ?? 4,
    entryPoints: new Map(),
    end,
    source: { ...map, functionNames: new Map() },
  };
}

/** Operands at which carries, signs and widths change. */
export const edges32 = [
  0n,
  1n,
  2n,
  7n,
  0x7fn,
  0x80n,
  0xffffn,
  0x1_0000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
];
export const edges64 = [...edges32, 1n << 32n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n];

/** A generator of 64-bit numbers, the same in every run; some short, some long. */
export function randomNumbers(seed: bigint): (bits: 32 | 64) => bigint {
  let state = seed | 1n;
  return (bits) => {
    state = BigInt.asUintN(64, state * 6364136223846793005n + 1442695040888963407n);
    const mixed = (state ^ (state >> 29n)) * 0xbf58476d1ce4e5b9n;
    const length = BigInt(1 + Number((state >> 58n) % BigInt(bits)));
    return BigInt.asUintN(Number(length), mixed >> 7n);
  };
}

/** Pairs of edge values, and as many random ones as edges. */
export function operandPairs(bits: 32 | 64, seed: bigint): [bigint, bigint][] {
  const edges = bits === 32 ? edges32 : edges64;
  const next = randomNumbers(seed);
  return [
    ...edges.flatMap((a) => edges.map((b): [bigint, bigint] => [a, b])),
    ...edges.map((): [bigint, bigint] => [next(bits), next(bits)]),
    ...edges.map((a): [bigint, bigint] => [a, a]),
  ];
}

/** Cells 0 and 1 get the operands, cell 2 the result; once with both read, once with `b` as a value. */
export function emitBinary(out: CodeBuffer, mnemonic: Mnemonic, [a, b]: readonly [bigint, bigint]): void {
  out.emit("mov", { d: 0, b: value(a) });
  out.emit("mov", { d: 1, b: value(b) });
  for (const operand of [cell(1), value(b)] satisfies Operand[])
    out.emit(mnemonic, { d: 2, a: 0, b: operand });
}
