import { immediate, mnemonicOf, shapeOf } from "./instruction.ts";

/** Instructions as columns, the way the program table holds them. */
export interface Code {
  readonly op: Uint8Array;
  readonly d: Uint32Array;
  readonly a: Uint32Array;
  readonly b: BigUint64Array;
  readonly c: Uint32Array;
}

/** The contents that linear memory starts with: 8-byte little-endian words from word `first` on, zero elsewhere. */
export interface MemoryImage {
  readonly first: number;
  readonly words: BigUint64Array;
}

/** A function that a host can call: where it starts, and how its frame begins. */
export interface EntryPoint {
  readonly pc: number;
  readonly parameters: number;
  readonly results: number;
  /** Cell of the return pc in the function's frame; the old fp is in the next. */
  readonly linkage: number;
  readonly frameCells: number;
}

/** For people: where an instruction comes from. Not part of a program's identity. */
export interface SourceMap {
  /** Index of the WebAssembly function; `routineFunction` for what the translator brings along. */
  readonly functionIndex: Uint32Array;
  /** Byte offset in the module. */
  readonly offset: Uint32Array;
  /** WebAssembly instructions (no block, loop, else, end) that the instruction stands for; never too many. */
  readonly weight: Uint16Array;
  readonly functionNames: ReadonlyMap<number, string>;
}

/** Marks instructions that belong to no function of the module: the entry and the WASI routines. */
export const routineFunction = 0xffff_ffff;

/** A translated program. Execution starts at instruction 0 with frame base 0. */
export interface Program {
  readonly code: Code;
  readonly image: MemoryImage;
  /** 64 KiB pages of linear memory at the start, and the most that memory.grow reaches. */
  readonly pages: { readonly first: number; readonly most: number };
  readonly globals: number;
  /** Exported functions by name; for a command only what it was asked to export. */
  readonly entryPoints: ReadonlyMap<string, EntryPoint>;
  /** Instruction that ends a run with code 0: where a function called by a host returns to. */
  readonly end: number;
  readonly source: SourceMap;
}

/** One instruction as text, for people. */
export function formatInstruction(code: Code, pc: number): string {
  const op = code.op[pc]!;
  const name = mnemonicOf(op);
  const shape = shapeOf(name);
  const isImmediate = (op & immediate) !== 0;
  const operands = [
    ...(shape.writes ? [`[${code.d[pc]}]`] : []),
    ...(shape.readsA ? [`[${code.a[pc]}]`] : []),
    ...(shape.readsB ? [isImmediate ? `${code.b[pc]}` : `[${code.b[pc]}]`] : []),
  ];
  if (name === "call") operands.push(`+${code.d[pc]}`, `@${code.a[pc]}`);
  if (name === "ret") operands.push(`@${code.a[pc]}`);
  if (name === "select") operands.push(`[${code.c[pc]}]`);
  else if (code.c[pc] !== 0 || /^(j|b[elgn]|call)/.test(name)) operands.push(`${code.c[pc]}`);
  return `${name} ${operands.join(", ")}`.trim();
}
