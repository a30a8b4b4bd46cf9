/** Mercury (docs/zero/protocol.md §8) with schoolbook polynomials, lowest coefficient first. */
import { inverseOf, residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import type { OpeningEvaluations } from "../../../../../plugin/zero/proof/messages.ts";
import { eqTable } from "./multilinear.ts";

export type Polynomial = readonly bigint[];

export interface MercuryTranscript {
  /** C_h → α */
  alpha(h: Polynomial): bigint;
  /** C_q, C_g → γ */
  gamma(q: Polynomial, g: Polynomial): bigint;
  /** C_S, C_D → ζ */
  zeta(S: Polynomial, D: Polynomial): bigint;
  /** The evaluations → δ */
  delta(evaluations: OpeningEvaluations<bigint>): bigint;
  /** W → ω */
  omega(W: Polynomial): bigint;
}

export interface MercuryPolynomials {
  readonly h: Polynomial;
  readonly q: Polynomial;
  readonly g: Polynomial;
  readonly S: Polynomial;
  readonly D: Polynomial;
  readonly W: Polynomial;
  readonly Wp: Polynomial;
  readonly evaluations: OpeningEvaluations<bigint>;
}

/** @param f of 2^N coefficients, and any number behind them that y says nothing about; @param y its N coordinates */
export function openMercury(
  f: Polynomial,
  y: readonly bigint[],
  transcript: MercuryTranscript,
): MercuryPolynomials {
  const half = Math.ceil(y.length / 2);
  const b = 2 ** half;
  const [v1, v2] = [y.slice(0, half), y.slice(half)];
  const [e1, e2] = [eqTable(v1), eqTable(v2)];
  const rows = Math.ceil(f.length / b);
  const h = Array.from({ length: rows }, (_, t) =>
    residue(e1.reduce((sum, weight, i) => sum + weight * (f[i + b * t] ?? 0n), 0n)),
  );
  const alpha = transcript.alpha(h);

  const divisor = [residue(-alpha), ...new Array<bigint>(b - 1).fill(0n), 1n];
  const { quotient: q, remainder: g } = divide(f, divisor);
  const gamma = transcript.gamma(q, g);

  // the symmetric Laurent polynomial's coefficients 1, 2, … are S
  const S = Array.from({ length: Math.max(b, rows) - 1 }, (_, k) =>
    residue(correlation(g, e1, k + 1) + gamma * correlation(h, e2, k + 1)),
  );
  const D = [...g].reverse();
  const zeta = transcript.zeta(S, D);
  const inverse = inverseOf(zeta);
  const evaluations = {
    g: valueAt(g, zeta),
    gInverse: valueAt(g, inverse),
    h: valueAt(h, zeta),
    hInverse: valueAt(h, inverse),
    hAlpha: valueAt(h, alpha),
    S: valueAt(S, zeta),
    SInverse: valueAt(S, inverse),
  };
  const delta = transcript.delta(evaluations);

  const scale = residue(-(powerOf(zeta, b) - alpha));
  const openings = [
    { polynomial: g, at: [zeta, inverse] },
    { polynomial: h, at: [zeta, inverse, alpha] },
    { polynomial: S, at: [zeta, inverse] },
    { polynomial: D, at: [zeta] },
    { polynomial: add(f, times([scale], q)), at: [zeta] },
  ];
  const all = [zeta, inverse, alpha];
  let numerator: Polynomial = [];
  let factor = 1n;
  for (const { polynomial, at } of openings) {
    const others = vanishing(all.filter((x) => !at.includes(x)));
    const difference = add(polynomial, times([-1n], interpolation(polynomial, at)));
    numerator = add(numerator, times([factor], times(others, difference)));
    factor = residue(factor * delta);
  }
  const W = exactly(numerator, vanishing(all));
  const omega = transcript.omega(W);

  let last: Polynomial = times([-valueAt(vanishing(all), omega)], W);
  factor = 1n;
  for (const { polynomial, at } of openings) {
    const others = valueAt(vanishing(all.filter((x) => !at.includes(x))), omega);
    const difference = add(polynomial, [-valueAt(interpolation(polynomial, at), omega)]);
    last = add(last, times([factor * others], difference));
    factor = residue(factor * delta);
  }
  const Wp = exactly(last, [residue(-omega), 1n]);
  return { h, q, g, S, D, W, Wp, evaluations };
}

/** Coefficient k of a(X)e(1/X) + a(1/X)e(X). */
function correlation(a: Polynomial, e: Polynomial, k: number): bigint {
  let sum = 0n;
  for (let i = 0; i < Math.max(a.length, e.length); i++) {
    sum += (a[i + k] ?? 0n) * (e[i] ?? 0n) + (a[i] ?? 0n) * (e[i + k] ?? 0n);
  }
  return residue(sum);
}

export function valueAt(polynomial: Polynomial, x: bigint): bigint {
  return polynomial.reduceRight((value, coefficient) => residue(value * x + coefficient), 0n);
}

function powerOf(x: bigint, exponent: number): bigint {
  let result = 1n;
  for (let i = 0; i < exponent; i++) result = residue(result * x);
  return result;
}

function add(a: Polynomial, b: Polynomial): Polynomial {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => residue((a[i] ?? 0n) + (b[i] ?? 0n)));
}

function times(a: Polynomial, b: Polynomial): Polynomial {
  const product = new Array<bigint>(Math.max(0, a.length + b.length - 1)).fill(0n);
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      product[i + j] = residue(product[i + j]! + x * y);
    });
  });
  return product;
}

function vanishing(points: readonly bigint[]): Polynomial {
  return points.reduce<Polynomial>((product, point) => times(product, [residue(-point), 1n]), [1n]);
}

/** The polynomial of least degree with the same values at the points. */
function interpolation(polynomial: Polynomial, points: readonly bigint[]): Polynomial {
  return points.reduce<Polynomial>((sum, point) => {
    const basis = vanishing(points.filter((other) => other !== point));
    const factor = valueAt(polynomial, point) * inverseOf(valueAt(basis, point));
    return add(sum, times([factor], basis));
  }, []);
}

/** Long division by a monic polynomial. */
function divide(dividend: Polynomial, divisor: Polynomial): { quotient: bigint[]; remainder: bigint[] } {
  const remainder = [...dividend];
  const degree = divisor.length - 1;
  const quotient = new Array<bigint>(Math.max(0, dividend.length - degree)).fill(0n);
  const terms = [...divisor.entries()].filter(([, coefficient]) => coefficient !== 0n);
  for (let i = quotient.length - 1; i >= 0; i--) {
    const leading = remainder[i + degree]!;
    quotient[i] = leading;
    for (const [k, coefficient] of terms)
      remainder[i + k] = residue(remainder[i + k]! - leading * coefficient);
  }
  return { quotient, remainder: remainder.slice(0, degree) };
}

function exactly(dividend: Polynomial, divisor: Polynomial): bigint[] {
  const { quotient, remainder } = divide(dividend, divisor);
  if (remainder.some((coefficient) => coefficient !== 0n)) throw new Error("the division leaves a remainder");
  return quotient;
}
