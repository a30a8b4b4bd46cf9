/**
 * The opening (docs/zero/protocol.md §8, Mercury): f(y) = d' for a polynomial f of 2^N coefficients, or a few more: coefficients from 2^N on
 * count as none of f's values on the cube, and hide the others (§11).
 *
 * Quotients are computed by synthetic division, which leaves an interpolating remainder out by itself.
 */
import { inverseOf, r, residue } from "../field/scalar-field.ts";
import type { OpeningEvaluations } from "../proof/messages.ts";
import { Jobs } from "../kernels/jobs.ts";

/** Coefficients in the kernels' memory, lowest first. */
export interface Polynomial {
  readonly pointer: number;
  readonly length: number;
}

export interface OpeningTranscript {
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
  /** C_W' */
  last(Wp: Polynomial): void;
}

const element = 32;

/**
 * @param f its length is a multiple of b = 2^⌈N/2⌉; its room is written over
 * @param y N coordinates
 */
export function proveOpening(
  jobs: Jobs,
  f: Polynomial,
  y: readonly bigint[],
  transcript: OpeningTranscript,
): OpeningEvaluations<bigint> {
  const { kernels } = jobs;
  const mark = kernels.mark();
  const half = Math.ceil(y.length / 2);
  const b = 2 ** half;
  const rows = f.length / b;
  if (!Number.isInteger(rows)) throw new RangeError(`${f.length} coefficients are no multiple of ${b}`);
  const zeroed = (length: number): Polynomial => {
    const pointer = kernels.vector(length);
    kernels.bytes(pointer, length * element).fill(0);
    return { pointer, length };
  };
  const at = (value: bigint): number => kernels.element(value);

  const e1 = eqVector(jobs, y.slice(0, half));
  const e2 = eqVector(jobs, y.slice(half));
  const h = zeroed(rows);
  for (const [from, to] of Jobs.parts(rows, Math.ceil(1024 / b))) {
    jobs.add("rowDots", (to - from) * b, h.pointer, f.pointer, e1.pointer, b, from, to);
  }
  jobs.run();
  const alpha = transcript.alpha(h);

  const q = { pointer: kernels.vector(f.length - b), length: f.length - b };
  const g = zeroed(b);
  const alphaAt = at(alpha);
  for (const [from, to] of Jobs.parts(b, 8)) {
    const cost = (to - from) * rows;
    jobs.add("divideByBinomial", cost, q.pointer, g.pointer, f.pointer, rows, b, from, to, alphaAt);
  }
  jobs.run();
  const gamma = transcript.gamma(q, g);

  // Both correlations have coefficients 1, 2, … below the longer of their factors.
  const S = zeroed(Math.max(b, rows) - 1);
  correlate(jobs, S, g, e1);
  const ofH = zeroed(rows - 1);
  correlate(jobs, ofH, h, e2);
  kernels.addScaled(S.pointer, ofH.pointer, at(gamma), ofH.length);
  const D = zeroed(b);
  for (let i = 0; i < b; i++) copy(jobs, D.pointer + i * element, g.pointer + (b - 1 - i) * element, 1);
  const zeta = transcript.zeta(S, D);

  const inverse = inverseOf(zeta);
  const evaluate = (polynomial: Polynomial, x: bigint): bigint => valueAt(jobs, polynomial, x);
  const evaluations = {
    g: evaluate(g, zeta),
    gInverse: evaluate(g, inverse),
    h: evaluate(h, zeta),
    hInverse: evaluate(h, inverse),
    hAlpha: evaluate(h, alpha),
    S: evaluate(S, zeta),
    SInverse: evaluate(S, inverse),
  };
  const delta = transcript.delta(evaluations);

  // f − (ζ^b − α)q, in f's place
  const zetaB = powerOf(zeta, b);
  const all = [zeta, inverse, alpha];
  const combined = f;
  kernels.addScaled(combined.pointer, q.pointer, at(residue(alpha - zetaB)), q.length);
  const openings = [
    { polynomial: g, points: [zeta, inverse] },
    { polynomial: h, points: all },
    { polynomial: S, points: [zeta, inverse] },
    { polynomial: D, points: [zeta] },
    { polynomial: combined, points: [zeta] },
  ];
  const small = openings.slice(0, 4);

  // W = Σ δ^i ⌊p_i / Z_{A_i}⌋; the last is the longest
  const W = { pointer: kernels.vector(f.length - 1), length: f.length - 1 };
  divide(jobs, W.pointer, combined, zeta);
  kernels.scale(W.pointer, W.pointer, at(powerOf(delta, 4)), W.length);
  let factor = 1n;
  for (const { polynomial, points } of small) {
    const scratch = kernels.mark();
    const own = zeroed(polynomial.length);
    copy(jobs, own.pointer, polynomial.pointer, polynomial.length);
    let { length } = own;
    for (const point of points.slice(0, own.length)) {
      divide(jobs, own.pointer, { pointer: own.pointer, length }, point);
      length--;
    }
    kernels.addScaled(W.pointer, own.pointer, at(factor), length);
    kernels.release(scratch);
    factor = residue(factor * delta);
  }
  const omega = transcript.omega(W);

  // Λ without its constant, which does not change the quotient by X − ω
  const vanishing = (points: readonly bigint[]): bigint =>
    points.reduce((product, point) => residue(product * (omega - point)), 1n);
  const outside = (points: readonly bigint[]): bigint =>
    vanishing(all.filter((point) => !points.includes(point)));
  kernels.scale(
    combined.pointer,
    combined.pointer,
    at(residue(powerOf(delta, 4) * outside([zeta]))),
    combined.length,
  );
  kernels.addScaled(combined.pointer, W.pointer, at(residue(-vanishing(all))), W.length);
  factor = 1n;
  for (const { polynomial, points } of small) {
    const { pointer, length } = polynomial;
    kernels.addScaled(combined.pointer, pointer, at(residue(factor * outside(points))), length);
    factor = residue(factor * delta);
  }
  divide(jobs, W.pointer, combined, omega);
  transcript.last(W);
  kernels.release(mark);
  return evaluations;
}

/** eq(point, ·) */
function eqVector(jobs: Jobs, point: readonly bigint[]): Polynomial {
  const { kernels } = jobs;
  const tables = kernels.vector(2 ** (point.length + 1));
  const at = kernels.fromBigints(point);
  jobs.add("eqTables", 2 ** (point.length + 1), tables, at, point.length, kernels.element(1n));
  jobs.run();
  return { pointer: tables + (2 ** point.length - 1) * element, length: 2 ** point.length };
}

/** sum_k += coefficient k + 1 of a(X)e(1/X) + a(1/X)e(X). */
function correlate(jobs: Jobs, sum: Polynomial, a: Polynomial, e: Polynomial): void {
  for (const [from, to] of Jobs.parts(sum.length, 4, 64)) {
    const cost = (to - from) * 2 * a.length;
    jobs.add("correlate", cost, sum.pointer, a.pointer, a.length, e.pointer, e.length, from, to);
  }
  jobs.run();
}

/** The quotient by X − a, of one coefficient less. */
function divide(jobs: Jobs, into: number, { pointer, length }: Polynomial, a: bigint): void {
  const { kernels } = jobs;
  jobs.add("divideByLinear", length, into, kernels.vector(1), pointer, length, kernels.element(a));
  jobs.run();
}

function valueAt(jobs: Jobs, { pointer, length }: Polynomial, x: bigint): bigint {
  const { kernels } = jobs;
  const mark = kernels.mark();
  const remainder = kernels.vector(1);
  jobs.add("divideByLinear", length, kernels.vector(length), remainder, pointer, length, kernels.element(x));
  jobs.run();
  const value = kernels.toBigint(remainder);
  kernels.release(mark);
  return value;
}

function copy({ kernels }: Jobs, into: number, from: number, length: number): void {
  kernels.bytes(into, length * element).set(kernels.bytes(from, length * element));
}

function powerOf(x: bigint, exponent: number): bigint {
  let result = 1n;
  for (const digit of exponent.toString(2)) {
    result = (result * result) % r;
    if (digit === "1") result = (result * x) % r;
  }
  return result;
}
