/**
 * The verifier of a sumcheck (docs/zero/protocol.md §5, §7). A round polynomial's degree is the number of its coefficients, all but the
 * constant one being messages; variables are bound from the lowest.
 */
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import type { FieldTranscript } from "./field-transcript.ts";
import { evaluatePolynomial } from "./multilinear.ts";

/** The last claim: the summand's value at the point. */
export interface Reduced<E> {
  readonly claim: E;
  readonly point: E[];
}

/**
 * Of Σ_x eq(weight, x)·s(x). Round k's polynomial is s_0 + s_1 X + …, without the factor eq; (1 − w_k) s(0) + w_k s(1) is the claim, hence
 * s_0 = claim − w_k (s_1 + s_2 + …), and the next claim is s at the challenge.
 */
export function weightedSumcheck<E>(
  arithmetic: Arithmetic<E>,
  transcript: FieldTranscript<E>,
  rounds: readonly (readonly E[])[],
  weight: readonly E[],
  claim: E,
): Reduced<E> {
  return reduce(arithmetic, transcript, rounds, claim, (previous, coefficients, k) =>
    arithmetic.sub(previous, arithmetic.mul(weight[k]!, arithmetic.sum(coefficients))),
  );
}

/** Of Σ_x s(x), with s(0) + s(1) the claim: s_0 = (claim − s_1 − s_2 − …) / 2. */
export function plainSumcheck<E>(
  arithmetic: Arithmetic<E>,
  transcript: FieldTranscript<E>,
  rounds: readonly (readonly E[])[],
  claim: E,
): Reduced<E> {
  return reduce(arithmetic, transcript, rounds, claim, (previous, coefficients) =>
    arithmetic.scale(arithmetic.sub(previous, arithmetic.sum(coefficients)), half),
  );
}

/** 1/2 mod r */
const half = 10944121435919637611123202872628637544274182200208017171849102093287904247809n;

function reduce<E>(
  arithmetic: Arithmetic<E>,
  transcript: FieldTranscript<E>,
  rounds: readonly (readonly E[])[],
  first: E,
  constantOf: (claim: E, coefficients: readonly E[], round: number) => E,
): Reduced<E> {
  let claim = first;
  const point: E[] = [];
  rounds.forEach((coefficients, k) => {
    transcript.absorb(coefficients);
    const [challenge] = transcript.draw(1) as [E];
    const constant = constantOf(claim, coefficients, k);
    claim = evaluatePolynomial(arithmetic, [constant, ...coefficients], challenge);
    point.push(challenge);
  });
  return { claim, point };
}
