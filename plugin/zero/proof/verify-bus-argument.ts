/** All buses cancel: LogUp's sum of fractions through GKR, four children to a node (docs/zero/protocol.md §5). */
import { buses } from "../air/bus.ts";
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import type { FieldTranscript } from "./field-transcript.ts";
import type { Children, FieldMessages } from "./messages.ts";
import { eqWeights, innerProduct } from "./multilinear.ts";
import { weightedSumcheck } from "./sumcheck.ts";

export interface BusChallenges<E> {
  /** α_b, … of a fingerprint: powers 1 to 7 of α_b. */
  readonly alphaPowers: readonly E[];
  /** γ_b */
  readonly gamma: E;
}

/** The leaf layer's claims: P and Q at the point, of which the first H coordinates are the row's, the others the leaf's number's. */
export interface LeafClaims<E> {
  readonly point: readonly E[];
  readonly p: E;
  readonly q: E;
  /** Batches the two claims and all constraints. */
  readonly theta: E;
}

/** The first state of the machine, (pc, fp, ts). */
export const startState = [0n, 0n, 4n] as const;

/** φ = bus + α_b v_1 + α_b² v_2 + … */
export function fingerprint<E>(
  arithmetic: Arithmetic<E>,
  bus: keyof typeof buses,
  tuple: readonly E[],
  { alphaPowers }: BusChallenges<E>,
): E {
  const terms = tuple.map((value, i) => arithmetic.mul(alphaPowers[i]!, value));
  return arithmetic.sum([arithmetic.constant(BigInt(buses[bus])), ...terms]);
}

export function verifyBuses<E>(
  arithmetic: Arithmetic<E>,
  transcript: FieldTranscript<E>,
  { root, layers }: Pick<FieldMessages<E>, "root" | "layers">,
  challenges: BusChallenges<E>,
): LeafClaims<E> {
  // The children are absorbed before anything is computed from them, here and below.
  transcript.absorb([...root.p, ...root.q]);
  const rootChallenges = transcript.draw(3);
  checkRoot(arithmetic, combine(arithmetic, root), challenges);
  let claims = descend(arithmetic, root, [], rootChallenges);
  for (const { rounds, ...children } of layers) {
    const { point, p, q, theta: lambda } = claims;
    const sum = arithmetic.add(p, arithmetic.mul(lambda, q));
    const reduced = weightedSumcheck(arithmetic, transcript, rounds, point, sum);
    transcript.absorb([...children.p, ...children.q]);
    const next = transcript.draw(3);
    const fraction = combine(arithmetic, children);
    const expected = arithmetic.add(fraction.p, arithmetic.mul(lambda, fraction.q));
    arithmetic.assertEqual(reduced.claim, expected, "layer of the bus argument");
    claims = descend(arithmetic, children, reduced.point, next);
  }
  return claims;
}

/** P/Q + 1/(γ_b − φ_start) = 0, both denominators non-zero: what the rows put and the first state cancel. */
function checkRoot<E>(arithmetic: Arithmetic<E>, { p, q }: Fraction<E>, challenges: BusChallenges<E>): void {
  const start = startState.map((value) => arithmetic.constant(value));
  const startPhi = fingerprint(arithmetic, "state", start, challenges);
  const startQ = arithmetic.sub(challenges.gamma, startPhi);
  arithmetic.inverse(q, "the denominator of the bus argument is not zero");
  arithmetic.inverse(startQ, "the denominator of the first state is not zero");
  const total = arithmetic.add(arithmetic.mul(p, startQ), q);
  arithmetic.assertEqual(total, arithmetic.constant(0n), "the buses cancel");
}

interface Fraction<E> {
  readonly p: E;
  readonly q: E;
}

/** Σ_i p_i / q_i, not reduced: p = Σ_i p_i ∏_{l ≠ i} q_l, q = ∏ q_i. */
function combine<E>(arithmetic: Arithmetic<E>, { p, q }: Children<E>): Fraction<E> {
  const add = (a: Fraction<E>, b: Fraction<E>): Fraction<E> => ({
    p: arithmetic.add(arithmetic.mul(a.p, b.q), arithmetic.mul(b.p, a.q)),
    q: arithmetic.mul(a.q, b.q),
  });
  const child = (i: number): Fraction<E> => ({ p: p[i]!, q: q[i]! });
  return add(add(child(0), child(1)), add(child(2), child(3)));
}

/** Claims about the children at one point become claims about the next layer at one point, two variables longer. */
function descend<E>(
  arithmetic: Arithmetic<E>,
  { p, q }: Children<E>,
  point: readonly E[],
  challenges: readonly E[],
): LeafClaims<E> {
  const [mu1, mu2, theta] = challenges as [E, E, E];
  const weights = eqWeights(arithmetic, [mu1, mu2]);
  return {
    point: [mu1, mu2, ...point],
    p: innerProduct(arithmetic, weights, p),
    q: innerProduct(arithmetic, weights, q),
    theta,
  };
}
