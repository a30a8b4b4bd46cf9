/** Lists of work that the kernels' threads share: `kernels/assembly/jobs.ts` says what each operation does. */
import type { Kernels } from "./kernels.ts";

const operations = {
  fractionRound: 0,
  foldChildren: 1,
  foldLonely: 2,
  mergeFractions: 3,
  eqTables: 4,
  foldColumn: 5,
  addColumn: 6,
  dotColumn: 7,
  runRows: 8,
  zerocheckRound: 9,
  divideByLinear: 10,
  divideByBinomial: 11,
  rowDots: 12,
  correlate: 13,
  combineColumns: 14,
  productRound: 15,
  countCells: 16,
  gatherCells: 17,
  windowSumG1: 18,
  windowSumG2: 19,
} as const;
export type JobName = keyof typeof operations;

const jobBytes = 64;
const capacity = 4096;
/** Products in the field below which a second thread costs more than it does. */
const worthSharing = 4000;

export class Jobs {
  readonly kernels: Kernels;
  readonly #list: number;
  readonly #counter: number;
  #count = 0;
  #cost = 0;

  constructor(kernels: Kernels) {
    this.kernels = kernels;
    this.#list = kernels.alloc(capacity * jobBytes);
    this.#counter = kernels.alloc(4);
  }

  /**
   * Adds a job, which must not depend on another one in the list.
   *
   * @param cost products in the field, about
   */
  add(name: JobName, cost: number, ...args: readonly number[]): void {
    if (this.#count === capacity) this.run();
    const words = new Uint32Array(this.kernels.memory.buffer, this.#list + this.#count * jobBytes, 16);
    words[0] = operations[name];
    words.set(args, 1);
    this.#count++;
    this.#cost += cost;
  }

  /** Does what is in the list, and empties it. */
  run(): void {
    const { threads } = this.kernels;
    new Uint32Array(this.kernels.memory.buffer, this.#counter, 1)[0] = 0;
    const args = [this.#list, this.#count, this.#counter] as const;
    if (this.#count > 1 && this.#cost > worthSharing) this.kernels.parallel("runJobs", threads, ...args);
    else if (this.#count > 0) this.kernels.call("runJobs", 1, ...args);
    this.#count = 0;
    this.#cost = 0;
  }

  /** Parts of [0, n) for jobs of about equal size: at most `most`, none smaller than `least`. */
  static *parts(n: number, least: number, most = 32): Generator<readonly [from: number, to: number]> {
    const size = Math.max(least, Math.ceil(n / most));
    for (let from = 0; from < n; from += size) yield [from, Math.min(n, from + size)];
  }
}
