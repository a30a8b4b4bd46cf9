/** The values of so many names that were said last. What was said before, and is said again as it was, changes nothing. */
export class Newest<T> {
  readonly #most: number;
  readonly #kept = new Map<string, { readonly time: bigint; readonly value: T }>();

  constructor(most: number) {
    this.#most = most;
  }

  get(name: string): T | undefined {
    return this.#kept.get(name)?.value;
  }

  /** Keeps a value that was said at a time. @returns false when it was known to be said then or later, or too many others were */
  add(name: string, time: bigint, value: T): boolean {
    const known = this.#kept.get(name);
    if (known !== undefined && known.time >= time) return false;
    this.#kept.set(name, { time, value });
    if (this.#kept.size <= this.#most) return true;
    const [oldest] = [...this.#kept].reduce((a, b) => (b[1].time < a[1].time ? b : a));
    this.#kept.delete(oldest);
    return oldest !== name;
  }

  /** Puts another value in the place of one that is kept. */
  replace(name: string, value: T): void {
    const known = this.#kept.get(name);
    if (known !== undefined) this.#kept.set(name, { ...known, value });
  }
}
