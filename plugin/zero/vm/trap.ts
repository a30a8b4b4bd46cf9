import { demangle } from "../../wasm/demangle.ts";
import { routineFunction, type SourceMap } from "./program.ts";

/** What the instruction `trap` says, by its operand c; in the words of the WebAssembly specification, like the rest. */
export const trapKinds = [
  "unreachable",
  "undefined element",
  "uninitialized element",
  "indirect call type mismatch",
  "out of bounds memory access",
] as const;

/** Why a run ended without an answer. */
export type TrapKind =
  | (typeof trapKinds)[number]
  | "integer divide by zero"
  | "integer overflow"
  | "call stack exhausted"
  | "exit with an error"
  | "journal too long"
  | "too many instructions";

/** A run that cannot be proven: it trapped, exited with a code other than 0, or needs more than it is given. */
export class MachineTrap extends Error {
  readonly kind: TrapKind;
  /** Instruction at which the run ended. */
  readonly pc: number;
  /** Index of the WebAssembly function; undefined in the machine's own code. */
  readonly functionIndex: number | undefined;
  /** Byte offset in the module. */
  readonly offset: number | undefined;
  readonly exitCode: number | undefined;
  /** What the program wrote to its log until then; `execute` puts it here. */
  log: Uint8Array = new Uint8Array(0);

  constructor(kind: TrapKind, detail: string, pc: number, source: SourceMap, exitCode?: number) {
    const index = source.functionIndex[pc]!;
    const name = source.functionNames.get(index);
    const place =
      index === routineFunction
        ? "in a WASI call"
        : `in function ${index}${name === undefined ? "" : ` (${demangle(name)})`} at byte 0x${source.offset[pc]!.toString(16)}`;
    super(`${kind}${detail === "" ? "" : `: ${detail}`} ${place}`);
    this.name = "MachineTrap";
    this.kind = kind;
    this.pc = pc;
    this.functionIndex = index === routineFunction ? undefined : index;
    this.offset = index === routineFunction ? undefined : source.offset[pc]!;
    this.exitCode = exitCode;
  }
}
