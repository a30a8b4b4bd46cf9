/**
 * Straight-line programs over rows of a table: what a chip's description compiles to. A register holds BLOCK rows, so that an
 * instruction is decoded once for that many. An instruction is four words: operation, and three operands.
 */
import { loadEntry } from "./integers";
import { addScaled, dot, mulMany } from "./paired-product";
import { add, copy, ELEMENT, Fr, sub } from "./prime-field";
import { constants, pop, push, thread, ZERO } from "./thread";

/** Rows at a time. The same number is in ../../prover/row-program.ts. */
const BLOCK: usize = 32;
const REGISTER: usize = BLOCK * ELEMENT;

const LOAD: u32 = 0;
const ADD: u32 = 1;
const SUBTRACT: u32 = 2;
const MULTIPLY: u32 = 3;
const SCALE: u32 = 4;
const ADD_CONSTANT: u32 = 5;
const SET: u32 = 6;
const ADD_SCALED: u32 = 7;
const STORE: u32 = 8;

/**
 * Runs a program for `count` rows, i-th of which is row first + i·step.
 *
 * Operands: registers are numbers; constants are pointers; a column is the number of its entry, a pointer and a width, in `columns`;
 * STORE writes register b to a vector, whose element is the row's number.
 */
function run(
  program: usize,
  length: usize,
  columns: usize,
  registers: usize,
  first: usize,
  step: usize,
  count: usize,
  number: usize,
): void {
  const rows = count * ELEMENT;
  for (let at = program, end = program + length * 16; at < end; at += 16) {
    const operation = load<u32>(at);
    const a = <usize>load<u32>(at, 4);
    const b = <usize>load<u32>(at, 8);
    const c = <usize>load<u32>(at, 12);
    const dst = registers + a * REGISTER;
    const left = registers + b * REGISTER;
    const right = registers + c * REGISTER;
    switch (operation) {
      case LOAD: {
        const column = <usize>load<u32>(columns + b * 8);
        const width = <usize>load<u32>(columns + b * 8, 4);
        for (let i: usize = 0; i < count; i++)
          loadEntry(dst + i * ELEMENT, column, width, first + i * step, number);
        break;
      }
      case ADD:
        for (let i: usize = 0; i < rows; i += ELEMENT) add<Fr>(dst + i, left + i, right + i);
        break;
      case SUBTRACT:
        for (let i: usize = 0; i < rows; i += ELEMENT) sub<Fr>(dst + i, left + i, right + i);
        break;
      case MULTIPLY:
        mulMany<Fr>(dst, left, right, ELEMENT, count);
        break;
      case SCALE:
        mulMany<Fr>(dst, left, c, 0, count);
        break;
      case ADD_CONSTANT:
        for (let i: usize = 0; i < rows; i += ELEMENT) add<Fr>(dst + i, left + i, c);
        break;
      case SET:
        for (let i: usize = 0; i < rows; i += ELEMENT) copy(dst + i, b);
        break;
      case ADD_SCALED:
        addScaled<Fr>(dst, left, c, count);
        break;
      default:
        for (let i: usize = 0; i < count; i++) copy(a + (first + i * step) * ELEMENT, left + i * ELEMENT);
    }
  }
}

/** Runs a program that stores, for rows [from, to). */
export function runRows(
  program: usize,
  length: usize,
  columns: usize,
  scratch: usize,
  scratchBytes: usize,
  from: usize,
  to: usize,
): void {
  const number = push(ELEMENT);
  copy(number, constants() + ZERO);
  const registers = scratch + thread() * scratchBytes;
  for (let row = from; row < to; row += BLOCK) {
    run(program, length, columns, registers, row, 1, min(BLOCK, to - row), number);
  }
  pop(ELEMENT);
}

/**
 * A round of the zerocheck: Σ_t eq_t·E at X = 1, 2, 3, three elements at `out`, over pairs of rows (2t, 2t + 1), t in [from, to).
 *
 * `affine` leaves the affine forms of a row in registers [0, forms); these are lines in X. `rest` computes E from them into
 * register `result`, above.
 */
export function zerocheckRound(
  out: usize,
  affine: usize,
  affineLength: usize,
  rest: usize,
  restLength: usize,
  columns: usize,
  scratch: usize,
  scratchBytes: usize,
  forms: usize,
  result: usize,
  from: usize,
  to: usize,
  eq: usize,
): void {
  const number = push(2 * ELEMENT);
  const sum = number + ELEMENT;
  copy(number, constants() + ZERO);
  const slopes = scratch + thread() * scratchBytes;
  const registers = slopes + forms * REGISTER;
  const values = registers + result * REGISTER;
  for (let x: usize = 0; x < 3; x++) copy(out + x * ELEMENT, constants() + ZERO);
  for (let pair = from; pair < to; pair += BLOCK) {
    const count = min(BLOCK, to - pair);
    run(affine, affineLength, columns, registers, 2 * pair, 2, count, number);
    memory.copy(slopes, registers, forms * REGISTER);
    run(affine, affineLength, columns, registers, 2 * pair + 1, 2, count, number);
    for (let form: usize = 0; form < forms; form++) {
      const low = slopes + form * REGISTER;
      const high = registers + form * REGISTER;
      for (let i: usize = 0; i < count * ELEMENT; i += ELEMENT) sub<Fr>(low + i, high + i, low + i);
    }
    for (let x: usize = 0; x < 3; x++) {
      run(rest, restLength, columns, registers, 0, 0, count, number);
      dot<Fr>(sum, values, eq + pair * ELEMENT, count);
      add<Fr>(out + x * ELEMENT, out + x * ELEMENT, sum);
      if (x == 2) break;
      for (let form: usize = 0; form < forms; form++) {
        const line = registers + form * REGISTER;
        const slope = slopes + form * REGISTER;
        for (let i: usize = 0; i < count * ELEMENT; i += ELEMENT) add<Fr>(line + i, line + i, slope + i);
      }
    }
  }
  pop(2 * ELEMENT);
}
