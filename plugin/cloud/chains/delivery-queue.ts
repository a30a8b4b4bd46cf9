/** What the time is. */
export interface Clock {
  /** Milliseconds since some moment; never fewer than before. */
  now(): number;
}

/** How long to wait after a failure, in milliseconds. */
export interface Backoff {
  /** After the first; doubled with each one that follows. */
  readonly first: number;
  readonly longest: number;
}

/** Why nothing is delivered. */
export interface Trouble {
  readonly error: Error;
  /** Failures since something was last delivered. */
  readonly failures: number;
  /** When it is tried again, by the queue's clock. */
  readonly retryAt: number;
}

const BACKOFF: Backoff = { first: 1_000, longest: 300_000 };

/**
 * What waits to be brought to one chain: one thing after the other, at its own pace. Every chain has one of its own, so that a chain
 * which refuses, is slow or cannot be reached keeps nobody waiting but itself.
 */
export class DeliveryQueue {
  readonly #next: () => Promise<boolean>;
  readonly #clock: Clock;
  readonly #backoff: Backoff;
  #running: Promise<void> | undefined;
  /** Whether there may be more than the present run has looked for. */
  #again = false;
  #trouble: Trouble | undefined;

  /** @param next delivers the first thing that waits; false when nothing does. What it throws keeps that thing first */
  constructor(next: () => Promise<boolean>, clock: Clock = performance, backoff: Backoff = BACKOFF) {
    this.#next = next;
    this.#clock = clock;
    this.#backoff = backoff;
  }

  /** Why nothing is delivered at present; undefined when nothing is wrong. */
  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  /** Whether something is being delivered now. */
  get isBusy(): boolean {
    return this.#running !== undefined;
  }

  /**
   * Delivers until nothing waits or something fails; then `trouble` says what, and the next tries are refused until its time has
   * come. Never rejects. While it runs, another call joins it.
   *
   * @param prompted whether to try at once, however long the queue would wait
   */
  advance(prompted = false): Promise<void> {
    this.#again = true;
    if (this.#running !== undefined) return this.#running;
    const isDue = this.#trouble === undefined || this.#clock.now() >= this.#trouble.retryAt;
    if (!isDue && !prompted) return Promise.resolve();
    this.#running = this.#run().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        while (await this.#next()) this.#trouble = undefined;
      }
      this.#trouble = undefined;
    } catch (error) {
      const failures = (this.#trouble?.failures ?? 0) + 1;
      const { first, longest } = this.#backoff;
      const wait = Math.min(longest, first * 2 ** Math.min(failures - 1, 52));
      this.#trouble = { error: error as Error, failures, retryAt: this.#clock.now() + wait };
    }
  }
}
