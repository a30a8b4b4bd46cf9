/** Commitments Σ coefficient_i·[τ^i] with the powers of a τ that nobody needs to know (KZG). */
import type { Jobs } from "../kernels/jobs.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { ELEMENT } from "../kernels/layout.ts";
import { multiscalar, type Terms } from "../kernels/multiscalar.ts";
import { affineBytes } from "../kernels/points.ts";
import type { G1Point } from "../proof/messages.ts";
import type { CellColumns, Coefficient, CommitmentKey } from "./commitment-key.ts";
import type { Polynomial } from "./opening.ts";

/** Bytes of the scalars of a class of cells, as `gather.ts` of the kernels sorts them. */
const widths = [1, 2, 4, 8] as const;

/** A column to be gathered, with four counts and four pairs of pointers in the kernels' memory. */
interface Gathering {
  readonly pointer: number;
  readonly width: number;
  readonly rows: number;
  readonly first: number;
  readonly stride: number;
  readonly counts: number;
  readonly ends: number;
}

export class PowersOfTau implements CommitmentKey {
  readonly kernels: Kernels;
  readonly powers: number;
  readonly #points: number;

  /**
   * Its room in the kernels' memory is not taken back: that is for the caller, with `mark` and `release`.
   *
   * @param points [τ^i]₁ from i = 0 on: x and y as numbers of 32 bytes, little-endian
   */
  constructor(kernels: Kernels, points: Uint8Array) {
    this.kernels = kernels;
    this.powers = points.length / affineBytes.g1;
    this.#points = kernels.alloc(points.length);
    kernels.bytes(this.#points, points.length).set(points);
    kernels.parallel("coordinatesToMontgomery", points.length / ELEMENT, this.#points, this.#points);
  }

  commitCells(jobs: Jobs, blocks: readonly CellColumns[], others: readonly Coefficient[]): G1Point {
    const { kernels } = this;
    const mark = kernels.mark();
    try {
      const gatherings = this.#gatherings(blocks);
      return this.#sum([...this.#cells(jobs, gatherings), this.#coefficients(others)]);
    } finally {
      kernels.release(mark);
    }
  }

  commitPolynomial({ pointer, length }: Polynomial): G1Point {
    const { kernels } = this;
    const mark = kernels.mark();
    try {
      const count = Math.min(length, this.powers);
      const scalars = kernels.vector(count);
      kernels.parallel("vectorFromMontgomery", count, scalars, pointer);
      return this.#sum([{ points: this.#points, scalars, width: ELEMENT, count }]);
    } finally {
      kernels.release(mark);
    }
  }

  #sum(lists: readonly Terms[]): G1Point {
    const { x, y } = multiscalar(this.kernels, "g1", lists).toAffine();
    return { x, y };
  }

  #gatherings(blocks: readonly CellColumns[]): Gathering[] {
    const { kernels } = this;
    return blocks.flatMap(({ first, bits, height, columns }) =>
      columns.map(({ pointer, width }, j) => {
        const counts = kernels.alloc(4 * widths.length);
        kernels.bytes(counts, 4 * widths.length).fill(0);
        const ends = kernels.alloc(8 * widths.length);
        return { pointer, width, rows: 2 ** height, first: first + j, stride: 2 ** bits, counts, ends };
      }),
    );
  }

  /** The cells that are not zero, by class. */
  #cells(jobs: Jobs, gatherings: readonly Gathering[]): Terms[] {
    const { kernels } = this;
    for (const { counts, pointer, width, rows } of gatherings) {
      jobs.add("countCells", rows / 8, counts, pointer, width, 0, rows);
    }
    jobs.run();
    const terms = widths.map((width, which) => {
      const countOf = ({ counts }: Gathering): number =>
        new Uint32Array(kernels.memory.buffer, counts, widths.length)[which]!;
      const count = gatherings.reduce((sum, gathering) => sum + countOf(gathering), 0);
      const [indices, scalars] = [kernels.alloc(4 * count), kernels.alloc(width * count)];
      let next = 0;
      for (const gathering of gatherings) {
        const ends = new Uint32Array(kernels.memory.buffer, gathering.ends, 2 * widths.length);
        ends.set([indices + 4 * next, scalars + width * next], 2 * which);
        next += countOf(gathering);
      }
      return { points: this.#points, indices, scalars, width, count };
    });
    for (const { ends, pointer, width, rows, first, stride } of gatherings) {
      jobs.add("gatherCells", rows / 4, ends, pointer, width, 0, rows, first, stride);
    }
    jobs.run();
    return terms;
  }

  #coefficients(others: readonly Coefficient[]): Terms {
    const { kernels } = this;
    const indices = kernels.alloc(4 * others.length);
    new Uint32Array(kernels.memory.buffer, indices, others.length).set(others.map(({ index }) => index));
    const scalars = kernels.scalars(others.map(({ value }) => value));
    return { points: this.#points, indices, scalars, width: ELEMENT, count: others.length };
  }
}
