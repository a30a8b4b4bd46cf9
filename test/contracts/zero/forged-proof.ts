/**
 * Proofs of anything, for whoever knows a verifying key's secrets: with α, β, δ and the discrete logarithms of the inputs' points
 * Groth16's equation can be solved for C, and with τ that of KZG for the generator's scalar. Written from docs/zero/protocol.md alone,
 * so that it also says what the contract's transcript has to be.
 */
import { bn254 } from "@noble/curves/bn254.js";
import { concat, getBytes, id, keccak256, toBeHex, ZeroHash, type BytesLike } from "ethers";

import type { G1Point, G2Point } from "../../../plugin/zero/proof/messages.ts";
import type { ZeroVerifyingKey } from "../../../plugin/zero/proof/verifying-key.ts";
import { seeded, type Seeded } from "../../seeded.ts";

/** Order of the curve. */
export const r = bn254.fields.Fr.ORDER;
/** Order of the coordinates' field. */
export const q = bn254.fields.Fp.ORDER;

/** The secrets of a verifying key. */
export interface Trapdoor {
  readonly alpha: bigint;
  readonly beta: bigint;
  readonly delta: bigint;
  /** Discrete logarithms of the four points of the public inputs. */
  readonly inputs: readonly [bigint, bigint, bigint, bigint];
  readonly tau: bigint;
}

/** Which equation a forgery leaves wrong: one of them, or both so that their product is right. */
export type Flaw = "groth16" | "kzg" | "both, cancelling";

export interface ForgeryOptions {
  readonly trapdoor: Trapdoor;
  /** First four bytes of the proof. */
  readonly selector: string;
  readonly input: BytesLike;
  readonly journal: BytesLike;
  /** M */
  readonly slabs: number;
  readonly flaw?: Flaw;
  /** About the program that identity 0 stands for, instead of a made-up one. */
  readonly endless?: boolean;
  /** Logarithms of the points that are committed: slabs, program, C_h, C_q, C_g, C_S, C_D, W, W'. */
  readonly logs?: readonly bigint[];
  /** Scalars of the same points; the generator's follows from them. */
  readonly scalars?: readonly bigint[];
  /** σ, ε, π */
  readonly elements?: readonly bigint[];
  readonly seed: string;
}

export interface ForgedProof {
  readonly programId: string;
  /** The proof behind its selector. */
  readonly words: readonly bigint[];
  readonly proof: string;
}

/** Fresh secrets. */
export function trapdoorOf(seed: string): Trapdoor {
  const random = seeded(seed);
  const next = (): bigint => random.scalar(r);
  return {
    alpha: next(),
    beta: next(),
    delta: next(),
    inputs: [next(), next(), next(), next()],
    tau: next(),
  };
}

export function verifyingKeyOf({ alpha, beta, delta, inputs, tau }: Trapdoor): ZeroVerifyingKey {
  const [one, pi, fold, folded] = inputs;
  return {
    alpha: affine(alpha),
    beta: twisted(beta),
    delta: twisted(delta),
    inputs: [affine(one), affine(pi), affine(fold), affine(folded)],
    tau: twisted(tau),
  };
}

function affine(scalar: bigint): G1Point {
  const [x, y] = g1(scalar);
  return { x, y };
}

function twisted(scalar: bigint): G2Point {
  const [xIm, xRe, yIm, yRe] = g2(scalar);
  return { x: [xRe, xIm], y: [yRe, yIm] };
}

/** scalar · G1 */
export function g1(scalar: bigint): [bigint, bigint] {
  const { x, y } = bn254.G1.Point.BASE.multiply(mod(scalar)).toAffine();
  return [x, y];
}

/** scalar · G2, imaginary parts first. */
export function g2(scalar: bigint): [bigint, bigint, bigint, bigint] {
  const { x, y } = bn254.G2.Point.BASE.multiply(mod(scalar)).toAffine();
  return [x.c1, x.c0, y.c1, y.c0];
}

/** A proof that some program turned `input` into `journal`, which verifies unless it is to have a flaw. */
export function forgeProof(options: ForgeryOptions): ForgedProof {
  const { trapdoor, selector, slabs, flaw, endless = false } = options;
  const random = seeded(options.seed);
  const header = (random.scalar(1n << 100n) << 5n) | BigInt(slabs);
  const constants = endless ? 0n : random.scalar(1n << 80n);
  const logs = [...(options.logs ?? many(random, slabs + 8))];
  if (endless) logs[slabs] = 1n;
  const points = logs.map(g1);
  const [program, ...committed] = [points[slabs]!, ...points.slice(0, slabs), ...points.slice(slabs + 1)];
  const [Ch, Cq, Cg, CS, CD, W, Wp] = committed.slice(slabs) as [bigint, bigint][];
  const hash = keccak256(packed([BigInt(id("Nexus Zero program v1")), ...program, constants]));
  const programId = endless ? ZeroHash : hash;

  const [sigma, epsilon, pi] = (options.elements ?? many(random, 3)) as [bigint, bigint, bigint];
  const s = challenge([
    BigInt(id("Nexus Zero proof v1")),
    BigInt(selector) << 224n,
    BigInt(programId),
    BigInt(keccak256(options.input)),
    BigInt(keccak256(options.journal)),
    header,
    ...committed.slice(0, slabs).flat(),
  ]);
  const rho = challenge([s, 1n]);
  const alpha = challenge([s, sigma, ...Ch!]);
  const gamma = challenge([alpha, ...Cq!, ...Cg!]);
  const zeta = challenge([gamma, ...CS!, ...CD!]);
  const delta = challenge([zeta, epsilon]);
  const omega = challenge([delta, ...W!]);

  // KZG: L = τ W', by the scalar of the generator.
  const kzgError = flaw === "kzg" || flaw === "both, cancelling" ? 1n : 0n;
  const ofPoints = options.scalars ?? many(random, slabs + 8);
  const rest = ofPoints.reduce((sum, scalar, i) => sum + scalar * logs[i]!, 0n);
  const scalars = [...ofPoints, mod(trapdoor.tau * logs.at(-1)! - rest + kzgError)];

  const unused = Array.from({ length: 16 - slabs }, () => 0n);
  const values = [
    ...[s, rho, horner(options.input, rho), horner(options.journal, rho), header, constants, sigma],
    ...[alpha, gamma, zeta, epsilon, delta, omega],
    ...[...scalars.slice(0, slabs), ...unused, ...scalars.slice(slabs)],
  ];
  const beta = challenge([omega, ...Wp!, pi, ...values]);
  const lambda = mod(values.reduce((sum, value, i) => sum + value * power(beta, i), 0n));

  // Groth16: a b = α β + inputs + c δ.
  const grothError = flaw === "groth16" ? 1n : flaw === "both, cancelling" ? -1n : 0n;
  const [a, b] = many(random, 2) as [bigint, bigint];
  const [zero, one, two, three] = trapdoor.inputs;
  const inputs = zero + one * pi + two * beta + three * lambda;
  const c = mod(
    (a * b - trapdoor.alpha * trapdoor.beta - inputs - grothError) * inverse(mod(trapdoor.delta)),
  );

  const words = [
    header,
    ...program,
    constants,
    ...committed.flat(),
    ...[sigma, epsilon, pi],
    ...scalars,
    ...g1(a),
    ...g2(b),
    ...g1(c),
  ];
  return { programId, words, proof: concat([selector, packed(words)]) };
}

/** Words as bytes. */
export function packed(words: readonly bigint[]): string {
  return concat(words.map((word) => toBeHex(word, 32)));
}

/** §9, by its sum: length + Σ ρ^(1 + i) word_i. */
function horner(data: BytesLike, rho: bigint): bigint {
  const bytes = getBytes(data);
  let sum = BigInt(bytes.length);
  bytes.forEach((byte, i) => {
    sum += power(rho, 1 + Math.floor(i / 8)) * (BigInt(byte) << BigInt(8 * (i % 8)));
  });
  return mod(sum);
}

function challenge(words: readonly bigint[]): bigint {
  return BigInt(keccak256(packed(words))) % r;
}

function many(random: Seeded, count: number): bigint[] {
  return Array.from({ length: count }, () => random.scalar(r));
}

function mod(value: bigint): bigint {
  return ((value % r) + r) % r;
}

function power(base: bigint, exponent: number): bigint {
  return bn254.fields.Fr.pow(base, BigInt(exponent));
}

function inverse(value: bigint): bigint {
  return bn254.fields.Fr.inv(value);
}
