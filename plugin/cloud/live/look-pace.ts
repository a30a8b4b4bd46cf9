import type { Pace } from "./loop.ts";

/** Milliseconds over which a chain's pace is measured. */
const WINDOW = 20_000;

/**
 * How often a node looks for a chain's final blocks: four times for each change of the newest, but not more often than twice in a block of the cloud, which a
 * request waits for anyway, nor less often than once in four. So fast chains are served fast, and endpoints of slow ones are left alone.
 */
export class LookPace implements Pace {
  readonly longest = 60_000;
  readonly #blockTime: number;
  readonly #now: () => number;
  /** The newest final block, how often it has changed, and since when that is counted. */
  #final: bigint | undefined;
  #changes = 0;
  #since: number;
  #interval: number;

  /**
   * @param blockTime milliseconds from a block of the cloud to the next
   * @param now a clock in milliseconds
   */
  constructor(blockTime: number, now: () => number = () => performance.now()) {
    this.#blockTime = blockTime;
    this.#now = now;
    this.#since = now();
    this.#interval = 2 * blockTime;
  }

  /** Milliseconds until the next look. */
  get interval(): number {
    return this.#interval;
  }

  /** Notes the newest final block that was seen now. */
  note(final: bigint): void {
    if (this.#final !== undefined && final !== this.#final) this.#changes++;
    this.#final = final;
    const passed = this.#now() - this.#since;
    if (passed < WINDOW) return;
    const quarter = passed / this.#changes / 4;
    this.#interval = Math.min(Math.max(quarter, this.#blockTime / 2), 4 * this.#blockTime);
    this.#since += passed;
    this.#changes = 0;
  }
}
