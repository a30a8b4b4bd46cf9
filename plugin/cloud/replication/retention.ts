/** How much of the past a node keeps, so that it can run for years on the same disk and memory. */

/**
 * How many of the last blocks a node keeps with records and certificates, and of how many heights it remembers what it signed.
 * At a block a second it is more than a day: time for a peer that was away, or a chain that cannot be reached, to come back.
 */
export const KEPT_BLOCKS = 100_000;

/** How many names of what was seen are remembered, so that it is told once. */
const KEPT_NAMES = 10_000;

/** Names seen lately; beyond a number of them the oldest are forgotten. */
export class RecentNames {
  readonly #names = new Set<string>();
  readonly #most: number;

  constructor(most = KEPT_NAMES) {
    this.#most = most;
  }

  /** Remembers a name. @returns whether it is new */
  add(name: string): boolean {
    if (this.#names.has(name)) return false;
    this.#names.add(name);
    if (this.#names.size > this.#most) this.#names.delete(this.#names.values().next().value!);
    return true;
  }
}
