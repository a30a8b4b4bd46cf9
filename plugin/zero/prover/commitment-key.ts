/** Commitments (docs/zero/protocol.md §3): Σ_i s_i [τ^i]. */
import type { Kernels } from "../kernels/kernels.ts";
import type { G1Point } from "../proof/messages.ts";
import type { ColumnVector } from "./column-memory.ts";
import type { Jobs } from "../kernels/jobs.ts";
import type { Polynomial } from "./opening.ts";

/** Columns of a block of a slab: row i of column j is cell first + i·2^bits + j. */
export interface CellColumns {
  readonly first: number;
  readonly bits: number;
  readonly height: number;
  readonly columns: readonly ColumnVector[];
}

/** A coefficient that is any element of the field. */
export interface Coefficient {
  readonly index: number;
  readonly value: bigint;
}

export interface CommitmentKey {
  readonly kernels: Kernels;
  /** How many powers of τ there are. */
  readonly powers: number;
  commitCells(jobs: Jobs, columns: readonly CellColumns[], others: readonly Coefficient[]): G1Point;
  /** @param polynomial coefficients beyond the powers must be 0 */
  commitPolynomial(polynomial: Polynomial): G1Point;
}
