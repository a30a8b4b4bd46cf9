/**
 * The contract's check of a proof, here: docs/zero/protocol.md §4 and §8 to §10, as contracts/zero/ZeroVerifier.sol does it, with the
 * same refusals.
 */
import { bn254 } from "@noble/curves/bn254.js";
import { equalBytes } from "@noble/curves/utils.js";
import { hexlify, toBeHex } from "ethers";

import { residue } from "../field/scalar-field.ts";
import { ZeroProofError } from "../arithmetic/zero-proof-error.ts";
import {
  alphaChallenge,
  betaChallenge,
  deltaChallenge,
  gammaChallenge,
  kappaChallenge,
  omegaChallenge,
  rhoChallenge,
  seedChallenge,
  zetaChallenge,
  type Statement,
} from "./contract-transcript.ts";
import { decodeProof } from "./encoding.ts";
import { publicWords, scalarWords, type G1Point, type G2Point, type Proof } from "./messages.ts";
import { isEndlessProgram, programIdentity } from "./program-identity.ts";
import { mostSlabs, productionSizes } from "./sizes.ts";
import { streamValue } from "./stream-value.ts";
import { selectorOf, type ZeroVerifyingKey } from "./verifying-key.ts";

/** Identity 0. */
const noProgram = new Uint8Array(32);

/**
 * Returns if `bytes` prove `statement` to whoever trusts `key`.
 *
 * @throws ZeroProofError saying what is wrong with the proof; RangeError for an input or journal that is too long for any proof
 */
export function verifyProof(key: ZeroVerifyingKey, statement: Statement, bytes: Uint8Array): void {
  const proof = decodeProof(bytes);
  const expected = selectorOf(key);
  if (proof.selector !== expected) {
    const shown = (selector: number): string => toBeHex(selector, 4);
    throw new ZeroProofError(
      "selector",
      `the proof is for verifier ${shown(proof.selector)}, not ${shown(expected)}`,
    );
  }
  const { commitment, constants } = proof.program;
  const programId = programIdentity(commitment, constants);
  const isAboutZero = equalBytes(statement.programId, noProgram) && isEndlessProgram(commitment, constants);
  if (!isAboutZero && !equalBytes(programId, statement.programId)) {
    throw new ZeroProofError("program", `the proof is about program ${hexlify(programId)}`);
  }
  const { beta, values } = publicValues(statement, proof);
  const lambda = values.reduceRight((sum, value) => residue(sum * beta + value), 0n);
  const kappa = kappaChallenge(beta, lambda, proof.groth16);
  if (!equationHolds(key, proof, { beta, lambda, kappa })) {
    throw new ZeroProofError("equation", "it does not hold: another input or journal, or no proof at all");
  }
}

/** §4 up to β. */
function publicValues(statement: Statement, proof: Proof) {
  const { header, sigma, epsilon, pi, group } = proof;
  const { h, q, g, S, D, W, Wp } = group.opening;
  const seed = seedChallenge(proof.selector, statement, header, group.slabs);
  const rho = rhoChallenge(seed);
  const alpha = alphaChallenge(seed, sigma, h);
  const gamma = gammaChallenge(alpha, q, g);
  const zeta = zetaChallenge(gamma, S, D);
  const delta = deltaChallenge(zeta, epsilon);
  const omega = omegaChallenge(delta, W);
  const unused = Array.from({ length: mostSlabs(productionSizes) - group.slabs.length }, () => 0n);
  const values = publicWords({
    ...{ seed, rho },
    input: streamValue(statement.input, rho, "the input"),
    journal: streamValue(statement.journal, rho, "the journal"),
    ...{ header, constants: proof.program.constants, sigma, alpha, gamma, zeta, epsilon, delta, omega },
    scalars: { ...proof.scalars, slabs: [...proof.scalars.slabs, ...unused] },
  });
  return { values, beta: betaChallenge(omega, Wp, pi, values) };
}

/** e(-A, B) · e(α, β) · e(inputs + κ L, 1) · e(C, δ) · e(-κ W', τ) = 1 */
function equationHolds(
  key: ZeroVerifyingKey,
  { pi, program, group, scalars, groth16 }: Proof,
  { beta, lambda, kappa }: { readonly beta: bigint; readonly lambda: bigint; readonly kappa: bigint },
): boolean {
  const { h, q, g, S, D, W, Wp } = group.opening;
  const committed = [...group.slabs, program.commitment, h, q, g, S, D, W, Wp].map(g1);
  const points = [...committed, bn254.G1.Point.BASE];
  const [one, ...inputs] = key.inputs.map(g1);
  const terms = [
    ...inputs.map((point, i) => ({ point, scalar: [pi, beta, lambda][i]! })),
    ...scalarWords(scalars).map((scalar, i) => ({ point: points[i]!, scalar: residue(scalar * kappa) })),
  ];
  const sum = terms.reduce((total, { point, scalar }) => total.add(point.multiplyUnsafe(scalar)), one!);
  const product = bn254.pairingBatch([
    { g1: g1(groth16.a).negate(), g2: g2(groth16.b) },
    { g1: g1(key.alpha), g2: g2(key.beta) },
    { g1: sum, g2: bn254.G2.Point.BASE },
    { g1: g1(groth16.c), g2: g2(key.delta) },
    { g1: g1(Wp).multiplyUnsafe(kappa).negate(), g2: g2(key.tau) },
  ]);
  return bn254.fields.Fp12.eql(product, bn254.fields.Fp12.ONE);
}

/** A point of G1 that was found to be on the curve. */
function g1({ x, y }: G1Point) {
  return bn254.G1.Point.fromAffine({ x, y });
}

/** @throws ZeroProofError for a point that is not on the curve, or outside the subgroup */
function g2({ x, y }: G2Point) {
  const pair = ([c0, c1]: readonly [bigint, bigint]) => bn254.fields.Fp2.create({ c0, c1 });
  const point = bn254.G2.Point.fromAffine({ x: pair(x), y: pair(y) });
  try {
    point.assertValidity();
  } catch {
    throw new ZeroProofError("B", "it is not a point of G2");
  }
  return point;
}
