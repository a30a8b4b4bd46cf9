/**
 * Commitments with the development key. Its τ is public, so [f(τ)] is computed from the number f(τ): the same point as the sum over
 * powers of τ, without the multiscalar product that a ceremony's key takes.
 */
import { bn254 } from "@noble/curves/bn254.js";

import { r, residue } from "../circuit/scalar-field.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { G1Point } from "../proof/messages.ts";
import { integerAt } from "../prover/column-memory.ts";
import type { CellColumns, Coefficient, CommitmentKey } from "../prover/commitment-key.ts";
import type { Jobs } from "../kernels/jobs.ts";
import type { Polynomial } from "../prover/opening.ts";
import { developmentTau } from "./trapdoor.ts";

export class DevelopmentCommitmentKey implements CommitmentKey {
  readonly kernels: Kernels;
  readonly powers: number;
  readonly #powers: readonly bigint[];
  /** The same in the kernels' memory. */
  readonly #vector: number;

  /** Its room in the kernels' memory is not taken back: that is for the caller, with `mark` and `release`. */
  constructor(kernels: Kernels, powers: number) {
    const list = [1n];
    while (list.length < powers) list.push((list.at(-1)! * developmentTau) % r);
    this.kernels = kernels;
    this.powers = powers;
    this.#powers = list;
    this.#vector = kernels.fromBigints(list);
  }

  commitCells(_: Jobs, blocks: readonly CellColumns[], others: readonly Coefficient[]): G1Point {
    let sum = others.reduce((total, { index, value }) => total + value * this.#powers[index]!, 0n);
    for (const { first, bits, height, columns } of blocks) {
      for (const [j, { pointer, width }] of columns.entries()) {
        for (let row = 0; row < 2 ** height; row++) {
          const cell = integerAt(this.kernels, { pointer: pointer + row * width, width });
          if (cell !== 0n) sum += cell * this.#powers[first + row * 2 ** bits + j]!;
        }
      }
    }
    return multipleOfGenerator(sum);
  }

  commitPolynomial({ pointer, length }: Polynomial): G1Point {
    return multipleOfGenerator(this.kernels.dot(pointer, this.#vector, Math.min(length, this.powers)));
  }
}

function multipleOfGenerator(scalar: bigint): G1Point {
  const { x, y } = bn254.G1.Point.BASE.multiply(residue(scalar)).toAffine();
  return { x, y };
}
