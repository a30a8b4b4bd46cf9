/**
 * An integer of a small range that the verifier's control flow must not depend on: a height, N or M (docs/zero/protocol.md §10). It is
 * held as one bit for each value that it may have, of which exactly one is set.
 */
import type { Arithmetic } from "../arithmetic/arithmetic.ts";

export class Choice<E> {
  readonly least: number;
  readonly most: number;
  readonly #arithmetic: Arithmetic<E>;
  readonly #indicators: readonly E[];

  private constructor(arithmetic: Arithmetic<E>, least: number, indicators: readonly E[]) {
    this.#arithmetic = arithmetic;
    this.least = least;
    this.most = least + indicators.length - 1;
    this.#indicators = indicators;
  }

  /**
   * @param bits of the integer, lowest first
   * @param what the integer is; not in the range from `least` to `most`, it is refused by this name
   */
  static ofBits<E>(
    arithmetic: Arithmetic<E>,
    bits: readonly E[],
    [least, most]: readonly [number, number],
    what: string,
  ): Choice<E> {
    let indicators = [arithmetic.constant(1n)];
    for (const bit of bits) {
      const high = indicators.map((indicator) => arithmetic.mul(indicator, bit));
      const low = indicators.map((indicator, i) => arithmetic.sub(indicator, high[i]!));
      indicators = [...low, ...high];
    }
    const allowed = indicators.slice(least, most + 1);
    arithmetic.assertEqual(arithmetic.sum(allowed), arithmetic.constant(1n), what);
    return new Choice(arithmetic, least, allowed);
  }

  /** An integer that is the same in every run. */
  static fixed<E>(arithmetic: Arithmetic<E>, value: number): Choice<E> {
    return new Choice(arithmetic, value, [arithmetic.constant(1n)]);
  }

  /** 1 if the integer is `value`, else 0. */
  is(value: number): E {
    return this.#indicators[value - this.least] ?? this.#arithmetic.constant(0n);
  }

  /** 1 if the integer is more than `value`, else 0. */
  exceeds(value: number): E {
    if (value < this.least) return this.#arithmetic.constant(1n);
    return this.#arithmetic.sum(this.#indicators.slice(value + 1 - this.least));
  }

  /** `values[i]` if the integer is i. */
  select(values: readonly E[]): E {
    return this.#arithmetic.sum(
      this.#indicators.map((indicator, i) => {
        const value = values[this.least + i];
        if (value === undefined) throw new RangeError(`nothing to select for ${this.least + i}`);
        return this.#arithmetic.mul(indicator, value);
      }),
    );
  }

  /** `of(i)` if the integer is i; costs nothing. */
  map(of: (value: number) => bigint): E {
    return this.#arithmetic.sum(
      this.#indicators.map((indicator, i) => this.#arithmetic.scale(indicator, of(this.least + i))),
    );
  }
}
