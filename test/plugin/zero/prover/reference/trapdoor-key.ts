/** Commitments made with the secret τ itself, [f(τ)]: what a key of powers of τ must agree with. */
import { residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import type { Kernels } from "../../../../../plugin/zero/kernels/kernels.ts";
import type { G1Point } from "../../../../../plugin/zero/proof/messages.ts";
import { integerAt } from "../../../../../plugin/zero/prover/column-memory.ts";
import type {
  CellColumns,
  Coefficient,
  CommitmentKey,
} from "../../../../../plugin/zero/prover/commitment-key.ts";
import type { Jobs } from "../../../../../plugin/zero/kernels/jobs.ts";
import type { Polynomial } from "../../../../../plugin/zero/prover/opening.ts";
import { multiple } from "./prove.ts";

export class TrapdoorKey implements CommitmentKey {
  readonly kernels: Kernels;
  readonly powers: number;
  readonly #powers: readonly bigint[];
  readonly #vector: number;

  constructor(kernels: Kernels, tau: bigint, powers: number) {
    const list = [1n];
    while (list.length < powers) list.push(residue(list.at(-1)! * tau));
    this.kernels = kernels;
    this.powers = powers;
    this.#powers = list;
    this.#vector = kernels.fromBigints(list);
  }

  commitCells(_: Jobs, blocks: readonly CellColumns[], others: readonly Coefficient[]): G1Point {
    let sum = others.reduce((total, { index, value }) => total + value * this.#powers[index]!, 0n);
    for (const { first, bits, height, columns } of blocks) {
      columns.forEach(({ pointer, width }, j) => {
        for (let i = 0; i < 2 ** height; i++) {
          const cell = integerAt(this.kernels, { pointer: pointer + i * width, width });
          if (cell !== 0n) sum += cell * this.#powers[first + i * 2 ** bits + j]!;
        }
      });
    }
    return multiple(sum);
  }

  commitPolynomial({ pointer, length }: Polynomial): G1Point {
    return multiple(this.kernels.dot(pointer, this.#vector, Math.min(length, this.powers)));
  }
}
