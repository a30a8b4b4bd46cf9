/** The sumcheck of docs/zero/protocol.md §7 over the whole stacked vector. */
import { residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import { eqAt } from "./multilinear.ts";
import { sumcheck } from "./sumcheck.ts";

/** An evaluation of a block of the stacked vector. */
export interface BlockClaim {
  /** Number of the block's first cell in the stacked vector; a multiple of its length. */
  readonly first: number;
  /** a_i: column coordinates, then row coordinates. */
  readonly point: readonly bigint[];
}

/** W(Y) = Σ_i η^i · eq(b_i, Y_hi) · eq(a_i, Y_lo) over the cube. */
export function stackingWeights(claims: readonly BlockClaim[], eta: bigint, cells: number): bigint[] {
  const weights = new Array<bigint>(cells).fill(0n);
  let factor = 1n;
  for (const { first, point } of claims) {
    for (let i = 0; i < 2 ** point.length; i++) {
      weights[first + i] = residue(weights[first + i]! + factor * eqAt(point, i));
    }
    factor = residue(factor * eta);
  }
  return weights;
}

export function proveStacking(
  vector: readonly bigint[],
  claims: readonly BlockClaim[],
  eta: bigint,
  challenge: (coefficients: readonly bigint[]) => bigint,
): { rounds: bigint[][]; point: bigint[] } {
  const { rounds, point } = sumcheck({
    tables: [vector, stackingWeights(claims, eta, vector.length)],
    summand: ([cell, weight]) => cell! * weight!,
    degree: 2,
    challenge,
  });
  return { rounds, point };
}
