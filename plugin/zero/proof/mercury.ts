/**
 * The field arithmetic of the opening (docs/zero/protocol.md §8; Mercury, ePrint 2025/385, with the batched opening of ePrint
 * 2020/081): an identity at ζ, and the scalars with which the contract combines the commitments.
 */
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import type { Choice } from "./choice.ts";
import type { Decoded } from "./decode.ts";
import { FieldTranscript, type TranscriptObserver } from "./field-transcript.ts";
import type { OpeningEvaluations, Scalars } from "./messages.ts";
import { eqWeights, prefixProducts, productOf } from "./multilinear.ts";
import type { Shape } from "./shape.ts";
import { mostSlabs } from "./sizes.ts";

/** The contract's challenges. */
export interface OpeningChallenges<E> {
  readonly alpha: E;
  readonly gamma: E;
  readonly zeta: E;
  readonly delta: E;
  readonly omega: E;
}

/** ε, what the contract sees of the evaluations before it draws δ. */
export function evaluationsDigest<E>(
  arithmetic: Arithmetic<E>,
  { g, gInverse, h, hInverse, hAlpha, S, SInverse }: OpeningEvaluations<E>,
  observer?: TranscriptObserver<E>,
): E {
  observer?.absorbed([g]);
  const transcript = new FieldTranscript(arithmetic, g, observer);
  transcript.absorb([gInverse, h, hInverse, hAlpha, S, SInverse]);
  return transcript.digest();
}

/**
 * @param y of §7
 * @param evaluation d'
 * @returns the scalars of the MSM; those of slabs that are not there are 0
 */
export function verifyOpening<E>(
  arithmetic: Arithmetic<E>,
  shape: Shape,
  { slabs, slabBits }: Pick<Decoded<E>, "slabs" | "slabBits">,
  y: readonly E[],
  evaluation: E,
  challenges: OpeningChallenges<E>,
  evaluations: OpeningEvaluations<E>,
): Scalars<E> {
  const points = openingPoints(arithmetic, challenges, slabBits);
  checkIdentity(arithmetic, slabBits, y, evaluation, challenges, evaluations, points);
  return msmScalars(arithmetic, shape, slabs, y, challenges, evaluations, points);
}

/** ζ and what follows from it and N; b = 2^⌈N/2⌉. */
interface OpeningPoints<E> {
  /** 1/ζ */
  readonly inverse: E;
  /** ζ^{2^k}, (1/ζ)^{2^k} */
  readonly zetaSquares: readonly E[];
  readonly inverseSquares: readonly E[];
  /** ζ^b, ζ^{b−1} */
  readonly zetaB: E;
  readonly zetaBMinusOne: E;
  /** 1/(ζ − 1/ζ), 1/(ζ − α), 1/(1/ζ − α): T = {ζ, 1/ζ, α} has three elements. */
  readonly spread: E;
  readonly zetaToAlpha: E;
  readonly inverseToAlpha: E;
}

function openingPoints<E>(
  arithmetic: Arithmetic<E>,
  { alpha, zeta }: OpeningChallenges<E>,
  slabBits: Choice<E>,
): OpeningPoints<E> {
  const squares = (base: E): E[] => {
    const powers = [base];
    while (powers.length <= halfOf(slabBits.most))
      powers.push(arithmetic.mul(powers.at(-1)!, powers.at(-1)!));
    return powers;
  };
  const inverse = arithmetic.inverse(zeta, "ζ is not 0");
  const zetaSquares = squares(zeta);
  const byBits = Array.from({ length: slabBits.most + 1 }, (_, n) => zetaSquares[halfOf(n)]!);
  const zetaB = slabBits.select(byBits);
  return {
    inverse,
    zetaSquares,
    inverseSquares: squares(inverse),
    zetaB,
    zetaBMinusOne: arithmetic.mul(zetaB, inverse),
    spread: arithmetic.inverse(arithmetic.sub(zeta, inverse), "ζ is neither 1 nor −1"),
    zetaToAlpha: arithmetic.inverse(arithmetic.sub(zeta, alpha), "ζ is not α"),
    inverseToAlpha: arithmetic.inverse(arithmetic.sub(inverse, alpha), "ζα is not 1"),
  };
}

/** ⌈N/2⌉, the number of coordinates in v₁. */
function halfOf(slabBits: number): number {
  return Math.ceil(slabBits / 2);
}

/**
 * g(ζ)E₁(1/ζ) + g(1/ζ)E₁(ζ) + γ(h(ζ)E₂(1/ζ) + h(1/ζ)E₂(ζ)) = 2(h(α) + γd') + ζS(ζ) + S(1/ζ)/ζ with
 * E_v(X) = ∏_k (1 − v_k + v_k X^{2^k}), v₁ the first ⌈N/2⌉ coordinates of y and v₂ the rest of the first N.
 */
function checkIdentity<E>(
  arithmetic: Arithmetic<E>,
  slabBits: Choice<E>,
  y: readonly E[],
  evaluation: E,
  { gamma, zeta }: OpeningChallenges<E>,
  { g, gInverse, h, hInverse, hAlpha, S, SInverse }: OpeningEvaluations<E>,
  { inverse, zetaSquares, inverseSquares }: OpeningPoints<E>,
): void {
  const [first, second] = halves(arithmetic, slabBits, y);
  const kernel = (coordinates: readonly E[], squares: readonly E[]): E =>
    productOf(
      arithmetic,
      coordinates.map((coordinate, k) => {
        const one = arithmetic.constant(1n);
        return arithmetic.add(one, arithmetic.mul(coordinate, arithmetic.sub(squares[k]!, one)));
      }),
    );
  const symmetric = (value: E, valueInverse: E, coordinates: readonly E[]): E =>
    arithmetic.add(
      arithmetic.mul(value, kernel(coordinates, inverseSquares)),
      arithmetic.mul(valueInverse, kernel(coordinates, zetaSquares)),
    );
  const left = arithmetic.add(
    symmetric(g, gInverse, first),
    arithmetic.mul(gamma, symmetric(h, hInverse, second)),
  );
  const products = arithmetic.add(hAlpha, arithmetic.mul(gamma, evaluation));
  const right = arithmetic.sum([
    arithmetic.scale(products, 2n),
    arithmetic.mul(zeta, S),
    arithmetic.mul(inverse, SInverse),
  ]);
  arithmetic.assertEqual(left, right, "the inner products at ζ");
}

/** v₁ and v₂ for every N, filled up with zeros: the factor of E_v for a coordinate of 0 is 1. */
function halves<E>(arithmetic: Arithmetic<E>, slabBits: Choice<E>, y: readonly E[]): [E[], E[]] {
  const lengths = Array.from({ length: slabBits.most - slabBits.least + 1 }, (_, i) => slabBits.least + i);
  /** Coordinate k of a half that begins at `start` and has `length` coordinates, both given by N. */
  const coordinate = (k: number, start: (n: number) => number, length: (n: number) => number): E => {
    const choices = new Map<number, E[]>();
    for (const n of lengths) {
      if (k < length(n)) choices.set(start(n) + k, [...(choices.get(start(n) + k) ?? []), slabBits.is(n)]);
    }
    return arithmetic.sum(
      [...choices].map(([index, indicators]) => arithmetic.mul(arithmetic.sum(indicators), y[index]!)),
    );
  };
  const all = Array.from({ length: halfOf(slabBits.most) }, (_, k) => k);
  return [
    all.map((k) => coordinate(k, () => 0, halfOf)),
    all.map((k) => coordinate(k, halfOf, (n) => n - halfOf(n))),
  ];
}

/**
 * Scalars of C_Λ + ωW' with Λ(X) = Σ_i δ^i Z_{T∖A_i}(ω)(p_i(X) − R_i(ω)) − Z_T(ω)W(X) for the polynomials p_0 … p_4 =
 * g, h, S, D, f − (ζ^b − α)q on their sets A_i ⊆ T = {ζ, 1/ζ, α}.
 */
function msmScalars<E>(
  arithmetic: Arithmetic<E>,
  { sizes }: Shape,
  slabs: Choice<E>,
  y: readonly E[],
  { alpha, zeta, delta, omega }: OpeningChallenges<E>,
  { g, gInverse, h, hInverse, hAlpha, S, SInverse }: OpeningEvaluations<E>,
  { inverse, zetaB, zetaBMinusOne, spread, zetaToAlpha, inverseToAlpha }: OpeningPoints<E>,
): Scalars<E> {
  const mul = (a: E, b: E): E => arithmetic.mul(a, b);
  const sub = (a: E, b: E): E => arithmetic.sub(a, b);
  const negative = (a: E): E => arithmetic.scale(a, -1n);
  const [toZeta, toInverse, toAlpha] = [sub(omega, zeta), sub(omega, inverse), sub(omega, alpha)];
  const [, delta1, delta2, delta3, delta4] = prefixProducts(arithmetic, [delta, delta, delta, delta]) as [
    E,
    E,
    E,
    E,
    E,
  ];

  // δ^i Z_{T∖A_i}(ω); A_i lacks α for g and S, nothing for h, 1/ζ and α for D and f
  const outsideZeta = mul(toInverse, toAlpha);
  const weights = {
    g: toAlpha,
    h: delta1,
    S: mul(delta2, toAlpha),
    D: mul(delta3, outsideZeta),
    f: mul(delta4, outsideZeta),
  };

  // R_i(ω): the line through the values at ζ and 1/ζ; the parabola through those at ζ, 1/ζ and α
  const line = (value: E, valueInverse: E): E =>
    mul(spread, sub(mul(value, toInverse), mul(valueInverse, toZeta)));
  const parabola = arithmetic.sum([
    mul(mul(h, mul(spread, zetaToAlpha)), outsideZeta),
    negative(mul(mul(hInverse, mul(spread, inverseToAlpha)), mul(toZeta, toAlpha))),
    mul(mul(hAlpha, mul(zetaToAlpha, inverseToAlpha)), mul(toZeta, toInverse)),
  ]);
  const values = arithmetic.sum([
    mul(weights.g, line(g, gInverse)),
    mul(weights.h, parabola),
    mul(weights.S, line(S, SInverse)),
    mul(weights.D, mul(zetaBMinusOne, gInverse)),
    mul(weights.f, g),
  ]);

  const slots = eqWeights(arithmetic, y.slice(sizes.slabBits.most));
  const upper = mostSlabs(sizes);
  return {
    slabs: slots.slice(0, upper).map((slot, m) => mul(mul(slabs.exceeds(m), weights.f), slot)),
    program: mul(slots[upper]!, weights.f),
    h: weights.h,
    q: negative(mul(weights.f, sub(zetaB, alpha))),
    g: weights.g,
    S: weights.S,
    D: weights.D,
    W: negative(mul(toZeta, outsideZeta)),
    Wp: omega,
    generator: negative(values),
  };
}
