import { WasmError } from "../../wasm/error.ts";
import { immediate, mnemonicOf, opcodes, shapeOf, type Mnemonic } from "./instruction.ts";
import { machineLimits } from "./limits.ts";
import { routineFunction, type Code } from "./program.ts";

/** Where a value is at run time: in a cell of the frame, or nowhere because it is known. */
export type Operand =
  | { readonly kind: "cell"; readonly cell: number }
  /** Unsigned, below 2^64; of an i32 below 2^32. */
  | { readonly kind: "value"; readonly value: bigint };

export const cell = (index: number): Operand => ({ kind: "cell", cell: index });
export const value = (bits: bigint): Operand => ({ kind: "value", value: bits });

export interface Fields {
  readonly d?: number;
  readonly a?: number;
  readonly b?: Operand;
  readonly c?: number;
}

interface Emitted {
  op: number;
  d: number;
  a: number;
  b: bigint;
  c: number;
  functionIndex: number;
  offset: number;
  weight: number;
}

/** A place in the code that instructions jump to, perhaps before it is known. */
export interface Label {
  pc: number | undefined;
  readonly waiting: number[];
}

export const newLabel = (): Label => ({ pc: undefined, waiting: [] });

/** A comparison taken back, to be made by a branch instead. */
export interface Condition {
  readonly comparison: Mnemonic;
  readonly a: number;
  readonly b: Operand;
}

/**
 * Instructions being written, with the few rewrites of the last one that straight-line code allows: giving it another
 * destination, turning a comparison around, or taking it back. A bound label ends a straight line.
 */
export class CodeBuffer {
  readonly #code: Emitted[] = [];
  /** Instructions before this one can be reached from elsewhere, or already serve as a boundary. */
  #barrier = 0;
  /** WebAssembly instructions read since the last emission. */
  #pending = 0;
  functionIndex = 0;
  offset = 0;

  get length(): number {
    return this.#code.length;
  }

  /** Accounts for one WebAssembly instruction. */
  count(): void {
    this.#pending++;
  }

  /** @throws WasmError `limit` at the first instruction too many, not when all are made */
  emit(mnemonic: Mnemonic, { d = 0, a = 0, b = value(0n), c = 0 }: Fields): number {
    if (this.#code.length === machineLimits.instructions) {
      const place = this.functionIndex === routineFunction ? [] : [this.offset, this.functionIndex];
      throw new WasmError(
        "limit",
        `the program has more than ${machineLimits.instructions} machine instructions, the most that Nexus Zero takes`,
        ...place,
      );
    }
    const known = shapeOf(mnemonic).readsB && b.kind === "value";
    return (
      this.#code.push({
        op: opcodes[mnemonic] | (known ? immediate : 0),
        d,
        a,
        b: b.kind === "value" ? b.value : BigInt(b.cell),
        c,
        functionIndex: this.functionIndex,
        offset: this.offset,
        weight: this.#takePending(),
      }) - 1
    );
  }

  /** Emits a jump, or any instruction whose `c` is a target. */
  jump(mnemonic: Mnemonic, label: Label, fields: Omit<Fields, "c"> = {}): void {
    const pc = this.emit(mnemonic, { ...fields, c: label.pc ?? 0 });
    if (label.pc === undefined) label.waiting.push(pc);
  }

  /** Makes the next instruction the label's target. */
  bind(label: Label): void {
    const last = this.#code.at(-1);
    // A jump to the instruction right behind it does nothing, unless it is itself jumped to or an entry of a jump table.
    if (
      last?.op === opcodes.jmp &&
      this.#code.length > this.#barrier &&
      label.waiting.at(-1) === this.#code.length - 1
    ) {
      label.waiting.pop();
      this.#code.pop();
      this.#pending += last.weight;
    }
    this.#settle();
    label.pc = this.#code.length;
    for (const pc of label.waiting) this.#code[pc]!.c = label.pc;
    label.waiting.length = 0;
    this.#barrier = this.#code.length;
  }

  /** Ends the straight line: nothing emitted so far is rewritten. */
  fence(): void {
    this.#barrier = this.#code.length;
  }

  /** The last instruction's mnemonic, when it computes cell `index` and may be rewritten. */
  producerOf(index: number): Mnemonic | undefined {
    const last = this.#rewritable();
    if (last === undefined) return undefined;
    const mnemonic = mnemonicOf(last.op);
    return shapeOf(mnemonic).writes && last.d === index ? mnemonic : undefined;
  }

  /** Gives the last instruction another destination, after `producerOf` said that it has one. */
  retarget(d: number): void {
    const last = this.#code.at(-1)!;
    last.d = d;
    last.weight += this.#takePending();
  }

  /** Gives the last instruction another opcode, keeping its operands. */
  replace(mnemonic: Mnemonic): void {
    const last = this.#code.at(-1)!;
    last.op = opcodes[mnemonic] | (last.op & immediate);
    last.weight += this.#takePending();
  }

  /** Takes the comparison back that computed a cell. */
  takeCondition(comparison: Mnemonic): Condition {
    const last = this.#code.pop()!;
    this.#pending += last.weight;
    const b = (last.op & immediate) !== 0 ? value(last.b) : cell(Number(last.b));
    return { comparison, a: last.a, b };
  }

  /** Emits copies before the last instruction, which must not read what they write. */
  beforeLast(emit: () => void): void {
    const last = this.#code.pop()!;
    emit();
    this.#code.push(last);
  }

  /** The columns, with jumps to jumps shortened; all labels must be bound. */
  finish(): {
    code: Code;
    functionIndex: Uint32Array;
    offset: Uint32Array;
    weight: Uint16Array;
  } {
    this.#thread();
    const all = this.#code;
    return {
      code: {
        op: Uint8Array.from(all, (each) => each.op),
        d: Uint32Array.from(all, (each) => each.d),
        a: Uint32Array.from(all, (each) => each.a),
        b: BigUint64Array.from(all, (each) => each.b),
        c: Uint32Array.from(all, (each) => each.c),
      },
      functionIndex: Uint32Array.from(all, (each) => each.functionIndex),
      offset: Uint32Array.from(all, (each) => each.offset),
      weight: Uint16Array.from(all, (each) => Math.min(each.weight, 0xffff)),
    };
  }

  #rewritable(): Emitted | undefined {
    return this.#code.length > this.#barrier ? this.#code.at(-1) : undefined;
  }

  #takePending(): number {
    const pending = this.#pending;
    this.#pending = 0;
    return pending;
  }

  /** Before a label: what was read since belongs to the last instruction, if that runs exactly as often; else it is not counted. */
  #settle(): void {
    const last = this.#rewritable();
    if (last !== undefined && shapeOf(mnemonicOf(last.op)).writes) last.weight += this.#pending;
    this.#pending = 0;
  }

  #thread(): void {
    const jumps = new Set<number>([
      opcodes.jmp,
      ...(["beq", "bne", "bltu", "bgeu", "blts32", "bges32", "blts64", "bges64"] as const).map(
        (name) => opcodes[name],
      ),
    ]);
    for (const each of this.#code) {
      if (!jumps.has(each.op & ~immediate)) continue;
      // A loop of nothing but jumps never ends; any of them is as good a target.
      for (let hops = 0; hops < 64 && this.#code[each.c]!.op === opcodes.jmp; hops++) {
        each.c = this.#code[each.c]!.c;
      }
      const target = this.#code[each.c]!;
      if (each.op === opcodes.jmp && target.op === opcodes.ret) {
        each.op = target.op;
        each.a = target.a;
        each.c = 0;
      }
    }
  }
}
