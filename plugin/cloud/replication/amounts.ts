/**
 * Numbers by name, of which there may be many and a block changes few: a fork shares what it does not change, so it costs nothing to make
 * and says what is to be written.
 */
export class Amounts {
  readonly #settled: Map<string, bigint>;
  /** Undefined: there is none any more. */
  readonly #changed = new Map<string, bigint | undefined>();

  constructor(settled = new Map<string, bigint>()) {
    this.#settled = settled;
  }

  get(name: string): bigint | undefined {
    return this.#changed.has(name) ? this.#changed.get(name) : this.#settled.get(name);
  }

  set(name: string, amount: bigint): void {
    this.#changed.set(name, amount);
  }

  delete(name: string): void {
    this.#changed.set(name, undefined);
  }

  /** Of all that there are. */
  names(): string[] {
    const names = new Set([...this.#settled.keys(), ...this.#changed.keys()]);
    return [...names].filter((name) => this.get(name) !== undefined);
  }

  /** What is not as it was settled, by name. */
  changes(): Map<string, bigint | undefined> {
    return new Map([...this.#changed].filter(([name, amount]) => amount !== this.#settled.get(name)));
  }

  /** A copy to change, of what is settled; it is worth nothing once another one is settled. */
  fork(): Amounts {
    if (this.#changed.size > 0) throw new Error("What changed is not settled yet.");
    return new Amounts(this.#settled);
  }

  /** Makes what changed the same for all forks made from now on. */
  settle(): void {
    for (const [name, amount] of this.#changed) {
      if (amount === undefined) this.#settled.delete(name);
      else this.#settled.set(name, amount);
    }
    this.#changed.clear();
  }
}
