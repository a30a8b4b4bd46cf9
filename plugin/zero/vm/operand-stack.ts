import { cell, type Operand } from "./code-buffer.ts";

const none = -1;

/**
 * The translator's operand stack. An operand is in its own cell, or is a note: of a constant, or of a local that holds it. The notes
 * of one local are linked, so that a write to the local finds them without a walk over the stack.
 */
export class OperandStack {
  readonly #operands: Operand[] = [];
  readonly #base: number;
  /** By height: the note of the same local below and above. */
  readonly #below: Int32Array;
  readonly #above: Int32Array;
  /** By the local's cell: height of its topmost note. */
  readonly #topmost: Int32Array;

  /** @param base the cell of height 0; the cells below are locals @param most operands at once */
  constructor(base: number, most: number) {
    this.#base = base;
    this.#below = new Int32Array(most);
    this.#above = new Int32Array(most);
    this.#topmost = new Int32Array(base).fill(none);
  }

  get height(): number {
    return this.#operands.length;
  }

  at(height: number): Operand {
    return this.#operands[height]!;
  }

  push(operand: Operand): void {
    const height = this.#operands.length;
    this.#operands.push(operand);
    if (!this.#isLocal(operand)) return;
    const below = this.#topmost[operand.cell]!;
    this.#below[height] = below;
    this.#above[height] = none;
    if (below !== none) this.#above[below] = height;
    this.#topmost[operand.cell] = height;
  }

  pop(): Operand {
    const operand = this.#operands.pop()!;
    if (this.#isLocal(operand)) this.#unlink(operand.cell, this.#operands.length);
    return operand;
  }

  /** Drops all operands from a height on. */
  truncate(height: number): void {
    while (this.#operands.length > height) this.pop();
  }

  /** Says that the operand at a height is now in its own cell. */
  settle(height: number): void {
    const operand = this.#operands[height]!;
    if (this.#isLocal(operand)) this.#unlink(operand.cell, height);
    this.#operands[height] = cell(this.#base + height);
  }

  /** Heights of a local's notes, upwards. */
  notesOf(localCell: number): number[] {
    const heights: number[] = [];
    for (let at = this.#topmost[localCell]!; at !== none; at = this.#below[at]!) heights.push(at);
    return heights.reverse();
  }

  /** The operands from a height on. */
  from(height: number): Operand[] {
    return this.#operands.slice(height);
  }

  #isLocal(operand: Operand): operand is Extract<Operand, { kind: "cell" }> {
    return operand.kind === "cell" && operand.cell < this.#base;
  }

  #unlink(localCell: number, height: number): void {
    const below = this.#below[height]!;
    const above = this.#above[height]!;
    if (below !== none) this.#above[below] = above;
    if (above === none) this.#topmost[localCell] = below;
    else this.#below[above] = below;
  }
}
