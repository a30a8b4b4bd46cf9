// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Groth16 by snarkjs, the reference for what the kernels prove and the keys are. Its worker threads are ended after each use: they would
 * keep the process alive.
 */
import * as snarkjs from "snarkjs";

import { g2Generator } from "../../../../plugin/zero/keys/coordinates.ts";
import type { Groth16VerifyingKey } from "../../../../plugin/zero/keys/zkey-reader.ts";
import type { G1Point, G2Point, Groth16Proof } from "../../../../plugin/zero/proof/messages.ts";
import { witnessFile } from "./witness-file.ts";

export interface ProvenInputs {
  readonly proof: Groth16Proof;
  /** As the witness has them. */
  readonly publicInputs: readonly bigint[];
}

/**
 * @param zkey path of a .zkey file
 * @param witness values of all variables; that they satisfy the constraints is not checked here, and a proof of ones that do not is
 * not valid
 */
export async function snarkjsProof(zkey: string, witness: readonly bigint[]): Promise<ProvenInputs> {
  const { proof, publicSignals } = await withWorkers(() => snarkjs.groth16.prove(zkey, witnessFile(witness)));
  const { pi_a: a, pi_b: b, pi_c: c } = proof;
  return {
    proof: {
      a: { x: BigInt(a[0]), y: BigInt(a[1]) },
      b: { x: pair(b[0]), y: pair(b[1]) },
      c: { x: BigInt(c[0]), y: BigInt(c[1]) },
    },
    publicInputs: publicSignals.map(BigInt),
  };
}

/** @returns whether the proof is valid; false also for points off their groups and inputs not below r */
export async function snarkjsVerifies(
  { alpha, beta, delta, inputs }: Groth16VerifyingKey,
  publicInputs: readonly bigint[],
  { a, b, c }: Groth16Proof,
): Promise<boolean> {
  if (publicInputs.length !== inputs.length - 1) return false;
  const key = {
    protocol: "groth16",
    curve: "bn128",
    nPublic: publicInputs.length,
    vk_alpha_1: g1(alpha),
    vk_beta_2: g2(beta),
    vk_gamma_2: g2(g2Generator),
    vk_delta_2: g2(delta),
    IC: inputs.map(g1),
  };
  const proof = { pi_a: g1(a), pi_b: g2(b), pi_c: g1(c), protocol: "groth16", curve: "bn128" };
  return await withWorkers(() => snarkjs.groth16.verify(key, publicInputs.map(String), proof));
}

let last: Promise<unknown> = Promise.resolve();

/** One after the other: snarkjs shares its workers between all that runs, and ending them ends them for all. */
async function withWorkers<T>(run: () => Promise<T>): Promise<T> {
  const result = last.then(async () => {
    try {
      return await run();
    } finally {
      await (await snarkjs.curves.getCurveFromName("bn128")).terminate();
    }
  });
  last = result.catch(() => undefined);
  return await result;
}

function g1({ x, y }: G1Point): [string, string, string] {
  return [String(x), String(y), "1"];
}

function g2({ x, y }: G2Point): [[string, string], [string, string], [string, string]] {
  return [
    [String(x[0]), String(x[1])],
    [String(y[0]), String(y[1])],
    ["1", "0"],
  ];
}

function pair([real, imaginary]: readonly [string, string]): [bigint, bigint] {
  return [BigInt(real), BigInt(imaginary)];
}
