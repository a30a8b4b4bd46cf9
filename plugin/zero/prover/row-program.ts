/**
 * Straight-line programs that compute expressions for many rows at once, for `kernels/assembly/rows.ts`. Registers are numbered without
 * end while a program is written; `finish` gives those whose values are no longer needed to others.
 */
import type { Ring } from "../air/expression.ts";
import { r, residue } from "../field/scalar-field.ts";

/** Rows that a register holds, and bytes of one; those of `kernels/assembly/rows.ts`. */
export const blockRows = 32;
export const registerBytes = blockRows * 32;

const operations = {
  load: 0,
  add: 1,
  subtract: 2,
  multiply: 3,
  scale: 4,
  addConstant: 5,
  set: 6,
  addScaled: 7,
  store: 8,
} as const;
type Operation = keyof typeof operations;

/** Operands that are registers: the first is written, and by addScaled read as well. */
const registerOperands: Readonly<Record<Operation, readonly number[]>> = {
  load: [0],
  add: [0, 1, 2],
  subtract: [0, 1, 2],
  multiply: [0, 1, 2],
  scale: [0, 1],
  addConstant: [0, 1],
  set: [0],
  addScaled: [0, 1],
  store: [1],
};

interface Instruction {
  readonly operation: Operation;
  readonly operands: readonly [number, number, number];
}

/** A constant, or a register's value times a factor that is not multiplied in yet. */
export type RowValue = { readonly constant: bigint } | { readonly register: number; readonly factor: bigint };

export interface FinishedProgram {
  /** Four words an instruction. */
  readonly words: Uint32Array;
  readonly length: number;
  /** Registers in use, the fixed ones included. */
  readonly registers: number;
  /** Where a register ended up. */
  readonly place: (register: number) => number;
}

const minusOne = r - 1n;

export class RowProgram implements Ring<RowValue> {
  readonly #instructions: Instruction[] = [];
  readonly #constantAt: (value: bigint) => number;
  readonly #loaded = new Map<number, RowValue>();
  #next: number;

  /**
   * @param constantAt pointer of a field element in the kernels' memory
   * @param inputs registers 0 to inputs − 1 hold values when the program starts, and keep them
   */
  constructor(constantAt: (value: bigint) => number, inputs = 0) {
    this.#constantAt = constantAt;
    this.#next = inputs;
  }

  column(index: number): RowValue {
    const before = this.#loaded.get(index);
    if (before !== undefined) return before;
    const value = { register: this.#write("load", index), factor: 1n };
    this.#loaded.set(index, value);
    return value;
  }

  constant(value: bigint): RowValue {
    return { constant: residue(value) };
  }

  scale(a: RowValue, factor: bigint): RowValue {
    if ("constant" in a) return this.constant(a.constant * factor);
    const product = residue(a.factor * factor);
    return product === 0n ? this.constant(0n) : { register: a.register, factor: product };
  }

  sum(terms: readonly RowValue[]): RowValue {
    let constant = 0n;
    const lines: { register: number; factor: bigint }[] = [];
    for (const term of terms) {
      if ("constant" in term) constant += term.constant;
      else lines.push(term);
    }
    constant = residue(constant);
    if (lines.length === 0) return { constant };
    if (lines.length === 1 && constant === 0n) return lines[0]!;
    // Terms with factor 1 come first: they can begin the sum without a product.
    lines.sort((a, b) => Number(b.factor === 1n) - Number(a.factor === 1n));
    const [first, ...rest] = lines as [(typeof lines)[0], ...typeof lines];
    let total =
      first.factor === 1n
        ? first.register
        : this.#write("scale", first.register, this.#constantAt(first.factor));
    let own = first.factor !== 1n;
    for (const { register, factor } of rest) {
      if (factor === 1n) total = this.#write("add", total, register);
      else if (factor === minusOne) total = this.#write("subtract", total, register);
      else {
        // addScaled writes where it reads, so it needs a register that nobody else uses.
        if (!own) {
          const product = this.#write("scale", register, this.#constantAt(factor));
          total = this.#write("add", total, product);
        } else {
          this.#instructions.push({
            operation: "addScaled",
            operands: [total, register, this.#constantAt(factor)],
          });
        }
      }
      own = true;
    }
    if (constant !== 0n) total = this.#write("addConstant", total, this.#constantAt(constant));
    return { register: total, factor: 1n };
  }

  mul(a: RowValue, b: RowValue): RowValue {
    if ("constant" in a) return this.scale(b, a.constant);
    if ("constant" in b) return this.scale(a, b.constant);
    return {
      register: this.#write("multiply", a.register, b.register),
      factor: residue(a.factor * b.factor),
    };
  }

  /** A register that holds the value itself. */
  settle(value: RowValue): number {
    if ("constant" in value) return this.#write("set", this.#constantAt(value.constant));
    if (value.factor === 1n) return value.register;
    return this.#write("scale", value.register, this.#constantAt(value.factor));
  }

  /** The value's row i goes to element i of the vector at `pointer`. */
  store(value: RowValue, pointer: number): void {
    this.#instructions.push({ operation: "store", operands: [pointer, this.settle(value), 0] });
  }

  /** @param outputs registers whose values are to be in 0, 1, … at the end. Of a program with inputs, those keep their places. */
  finish(inputs: number, outputs: readonly number[] = []): FinishedProgram {
    const lastUse = new Map<number, number>();
    this.#instructions.forEach(({ operation, operands }, at) => {
      for (const which of registerOperands[operation]) lastUse.set(operands[which]!, at);
    });
    const place = new Map<number, number>();
    for (let input = 0; input < inputs; input++) place.set(input, input);
    outputs.forEach((register, i) => place.set(register, i));
    const kept = new Set(place.keys());
    const free: number[] = [];
    let top = Math.max(inputs, outputs.length);
    const words = new Uint32Array(4 * this.#instructions.length);
    this.#instructions.forEach(({ operation, operands }, at) => {
      const own = registerOperands[operation];
      const encoded = [...operands];
      // Reads first: what is read for the last time may be written over by the same instruction.
      for (const which of own) {
        if (which === 0) continue;
        const register = operands[which]!;
        encoded[which] = place.get(register)!;
      }
      for (const register of new Set(own.filter((which) => which !== 0).map((which) => operands[which]!))) {
        if (lastUse.get(register) === at && !kept.has(register)) free.push(place.get(register)!);
      }
      if (own[0] === 0) {
        const register = operands[0];
        if (!place.has(register)) place.set(register, free.pop() ?? top++);
        encoded[0] = place.get(register)!;
        if (lastUse.get(register) === at && !kept.has(register)) free.push(encoded[0]);
      }
      words.set([operations[operation], ...encoded], 4 * at);
    });
    return {
      words,
      length: this.#instructions.length,
      registers: top,
      place: (register) => place.get(register)!,
    };
  }

  #write(operation: Operation, ...operands: number[]): number {
    const register = this.#next++;
    const [b = 0, c = 0] = operands;
    this.#instructions.push({ operation, operands: [register, b, c] });
    return register;
  }
}
