/** What a run did, instruction by instruction, in columns: the material that tables are filled from. */
import type { Program } from "../vm/program.ts";

/** Accesses of an instruction: at `ts`, `ts + 1`, `ts + 2`, `ts + 3`. */
export const slots = 4;

/** Clock before the first instruction (docs/zero/machine.md §1). */
export const firstTime = 4;

/** Time of an instruction by its number in the run. */
export const timeOf = (step: number): number => firstTime + 4 * step;

/** A record for each executed instruction; grows as the run goes on. Access `slot` of instruction `step` has index `4 step + slot`. */
export class Execution {
  readonly program: Program;
  /** Instructions recorded. */
  steps = 0;
  pc = new Uint32Array(0);
  fp = new Uint32Array(0);
  /** Which of the four accesses there were, bit `slot`. */
  accessed = new Uint8Array(0);
  /** What the cell held before and after each access. */
  before = new BigUint64Array(0);
  after = new BigUint64Array(0);
  /** Time of the access to the same cell before each access. */
  time = new Uint32Array(0);

  constructor(program: Program) {
    this.program = program;
    this.grow(1 << 12);
  }

  /** Makes room for `capacity` instructions. */
  grow(capacity: number): void {
    this.pc = grown(new Uint32Array(capacity), this.pc);
    this.fp = grown(new Uint32Array(capacity), this.fp);
    this.accessed = grown(new Uint8Array(capacity), this.accessed);
    this.before = grown(new BigUint64Array(capacity * slots), this.before);
    this.after = grown(new BigUint64Array(capacity * slots), this.after);
    this.time = grown(new Uint32Array(capacity * slots), this.time);
  }
}

function grown<T extends { readonly length: number; set(from: T): void }>(to: T, from: T): T {
  to.set(from);
  return to;
}
