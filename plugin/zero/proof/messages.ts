/**
 * What a prover says, with the names of docs/zero/protocol.md. The field messages never leave the circuit; group elements and public
 * values are what the contract sees. `E` is a bigint below r, or whatever the circuit's arithmetic works on.
 */

/** An affine point of BN254's G1, never the point at infinity. */
export interface G1Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** An affine point of BN254's G2; coordinates as [real, imaginary]. */
export interface G2Point {
  readonly x: readonly [bigint, bigint];
  readonly y: readonly [bigint, bigint];
}

/** p^{(0…3)} and q^{(0…3)}: values at the four children (§5). */
export interface Children<E> {
  readonly p: readonly E[];
  readonly q: readonly E[];
}

/** One layer of the bus argument: coefficients 1 to 4 of each round polynomial, then the children at the layer's point (§5). */
export interface LayerMessages<E> extends Children<E> {
  readonly rounds: readonly (readonly E[])[];
}

/** Evaluations for Mercury (§8). */
export interface OpeningEvaluations<E> {
  /** g(ζ) */
  readonly g: E;
  /** g(1/ζ) */
  readonly gInverse: E;
  /** h(ζ) */
  readonly h: E;
  /** h(1/ζ) */
  readonly hInverse: E;
  /** h(α) */
  readonly hAlpha: E;
  /** S(ζ) */
  readonly S: E;
  /** S(1/ζ) */
  readonly SInverse: E;
}

export interface FieldMessages<E> {
  /**
   * Where each trace block starts, in chip order and then in that of the columns: its first cell's number in the
   * stacked vector (slot · 2^22 + cell in the slab), divided by the block's 2^k cells of one row. In slots 0 to 15; bits below the
   * block's length are ignored, so a block is always aligned (§3).
   */
  readonly positions: readonly E[];
  /** The four children of the root. */
  readonly root: Children<E>;
  /** Layers 1 to 13; layer j has 2j rounds. */
  readonly layers: readonly LayerMessages<E>[];
  /** Coefficients 1 to 3 of each of the 20 rounds (§6). */
  readonly zerocheck: readonly (readonly E[])[];
  /** By chip in their order: all columns at z, preprocessed ones first, as in the description (§6). */
  readonly columns: readonly (readonly E[])[];
  /** Coefficients 1 and 2 of each of the 27 rounds (§7). */
  readonly stacking: readonly (readonly E[])[];
  /** d' (§7). */
  readonly evaluation: E;
  readonly opening: OpeningEvaluations<E>;
}

/** The same messages in another arithmetic, visited in the order of the transcript. */
export function mapFieldMessages<A, B>(messages: FieldMessages<A>, map: (element: A) => B): FieldMessages<B> {
  const each = (elements: readonly A[]): B[] => elements.map((element) => map(element));
  const children = ({ p, q }: Children<A>): Children<B> => ({ p: each(p), q: each(q) });
  const { g, gInverse, h, hInverse, hAlpha, S, SInverse } = messages.opening;
  return {
    positions: each(messages.positions),
    root: children(messages.root),
    layers: messages.layers.map((layer) => ({ rounds: layer.rounds.map(each), ...children(layer) })),
    zerocheck: messages.zerocheck.map(each),
    columns: messages.columns.map(each),
    stacking: messages.stacking.map(each),
    evaluation: map(messages.evaluation),
    opening: {
      g: map(g),
      gInverse: map(gInverse),
      h: map(h),
      hInverse: map(hInverse),
      hAlpha: map(hAlpha),
      S: map(S),
      SInverse: map(SInverse),
    },
  };
}

/** Commitments of the opening argument (§8). */
export interface OpeningCommitments {
  readonly h: G1Point;
  readonly q: G1Point;
  readonly g: G1Point;
  readonly S: G1Point;
  readonly D: G1Point;
  readonly W: G1Point;
  /** W' */
  readonly Wp: G1Point;
}

export interface GroupMessages {
  /** C_0 … C_{M−1} */
  readonly slabs: readonly G1Point[];
  readonly opening: OpeningCommitments;
}

/** Scalars of the MSM of §8, step 6. */
export interface Scalars<E> {
  /** Of C_0 … C_15; 0 from M on. */
  readonly slabs: readonly E[];
  readonly program: E;
  readonly h: E;
  readonly q: E;
  readonly g: E;
  readonly S: E;
  readonly D: E;
  readonly W: E;
  /** Of W' */
  readonly Wp: E;
  readonly generator: E;
}

/** What contract and circuit share (§10). */
export interface PublicValues<E> {
  /** s */
  readonly seed: E;
  /** ρ */
  readonly rho: E;
  /** h_x, the input's Horner value */
  readonly input: E;
  /** h_y, the journal's */
  readonly journal: E;
  readonly header: E;
  /** The program's constants, packed in one word. */
  readonly constants: E;
  /** σ */
  readonly sigma: E;
  readonly alpha: E;
  readonly gamma: E;
  readonly zeta: E;
  /** ε */
  readonly epsilon: E;
  readonly delta: E;
  readonly omega: E;
  readonly scalars: Scalars<E>;
}

/** The words of `pv`, in the order that π and λ_pub take them in: 22 + the number of slab slots. */
export function publicWords<E>(values: PublicValues<E>): E[] {
  const { seed, rho, input, journal, header, constants } = values;
  const { sigma, alpha, gamma, zeta, epsilon, delta, omega, scalars } = values;
  return [
    ...[seed, rho, input, journal, header, constants],
    ...[sigma, alpha, gamma, zeta, epsilon, delta, omega],
    ...scalarWords(scalars),
  ];
}

/** The MSM's scalars in the order of `pv`. */
export function scalarWords<E>(scalars: Scalars<E>): E[] {
  const { slabs, program, h, q, g, S, D, W, Wp, generator } = scalars;
  return [...slabs, program, h, q, g, S, D, W, Wp, generator];
}

/** A Groth16 proof over BN254. */
export interface Groth16Proof {
  readonly a: G1Point;
  readonly b: G2Point;
  readonly c: G1Point;
}

/** A whole proof: what `encoding.ts` turns into bytes. */
export interface Proof {
  /** Four bytes as a number: which verifying key the proof is for. */
  readonly selector: number;
  readonly header: bigint;
  readonly program: { readonly commitment: G1Point; readonly constants: bigint };
  readonly group: GroupMessages;
  /** σ */
  readonly sigma: bigint;
  /** ε */
  readonly epsilon: bigint;
  /** π */
  readonly pi: bigint;
  /** Those of the slabs in use only. */
  readonly scalars: Scalars<bigint>;
  readonly groth16: Groth16Proof;
}
