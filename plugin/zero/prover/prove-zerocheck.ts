/**
 * The zerocheck (docs/zero/protocol.md §6). Rows are evaluated by programs compiled from the chips' descriptions. A chip whose row
 * variables are all bound is a constant times the factors 1 − x_k that are left of its padding.
 */
import type { Chip } from "../air/chip.ts";
import { evaluator, virtualColumns, type Expression } from "../air/expression.ts";
import { plain } from "../arithmetic/plain.ts";
import { residue } from "../field/scalar-field.ts";
import type { Kernels } from "../kernels/kernels.ts";
import type { Parameters } from "../trace/trace.ts";
import { compileZerocheck, zerocheckExpression, type BusChallenges } from "./chip-program.ts";
import {
  columnTable,
  constantPool,
  copyWords,
  integerAt,
  type ColumnVector,
  type TableInMemory,
} from "./column-memory.ts";
import { Jobs } from "../kernels/jobs.ts";
import { nextClaim, padProduct, roundCoefficients } from "./round-polynomial.ts";
import { blockRows, registerBytes } from "./row-program.ts";

export interface ZerocheckStatement {
  readonly chips: readonly Chip[];
  readonly tables: readonly TableInMemory[];
  readonly parameters: Parameters;
  readonly challenges: BusChallenges;
  /** r, the row coordinates of the leaf layer's claims. */
  readonly rowPoint: readonly bigint[];
  /** eq of the leaf coordinates, by leaf. */
  readonly leafWeights: readonly bigint[];
  readonly theta: bigint;
  /** P + θ(Q − 1) */
  readonly claim: bigint;
}

export interface ZerocheckMessages {
  readonly rounds: bigint[][];
  /** z */
  readonly point: bigint[];
  /** By chip: all its columns at the first coordinates of z. */
  readonly columns: bigint[][];
}

const element = 32;

export function proveZerocheck(
  jobs: Jobs,
  { chips, tables, parameters, challenges, rowPoint, leafWeights, theta, claim }: ZerocheckStatement,
  challenge: (coefficients: readonly bigint[]) => bigint,
): ZerocheckMessages {
  const { kernels } = jobs;
  const mark = kernels.mark();
  const constantAt = constantPool(kernels);
  let leaf = 0;
  let factor = residue(theta * theta);
  const parts = chips.map((chip, c) => {
    const leaves = Math.ceil(chip.interactions.length / 2);
    const weights = leafWeights.slice(leaf, (leaf += leaves));
    const factors = chip.constraints.map(() => {
      const own = factor;
      factor = residue(factor * theta);
      return own;
    });
    const summand = zerocheckExpression(chip, challenges, weights, theta, factors);
    return new ChipPart(jobs, chip, tables[c]!, parameters, summand, constantAt);
  });
  const tallest = Math.max(...parts.map(({ height }) => height));
  const pointAt = kernels.fromBigints(rowPoint);
  const one = kernels.element(1n);
  const eq = kernels.vector(2 ** (tallest + 1));
  const rounds: bigint[][] = [];
  const point: bigint[] = [];
  rowPoint.forEach((r, k) => {
    const roundMark = kernels.mark();
    const bits = Math.max(0, tallest - k - 1);
    if (k < tallest) {
      jobs.add("eqTables", 2 ** (bits + 1), eq, pointAt + (k + 1) * element, bits, one);
      jobs.run();
    }
    const active = parts.filter(({ height }) => height > k);
    const outputs = active.map((part) => part.addRound(k, eq));
    jobs.run();
    const samples: [bigint, bigint, bigint] = [0n, 0n, 0n];
    active.forEach((part, i) => {
      const pad = padProduct(rowPoint.slice(part.height));
      kernels.toBigints(outputs[i]!.pointer, 3 * outputs[i]!.count).forEach((value, at) => {
        samples[at % 3]! += pad * value;
      });
    });
    for (const part of parts) {
      if (part.height > k) continue;
      // ∏ of (1 − z_i) over the padding bound already, (1 − X), and ∏ of (1 − r_i) over what is left
      const pad = residue(padProduct(point.slice(part.height)) * padProduct(rowPoint.slice(k + 1)));
      const value = residue(part.constant() * pad);
      samples[1] -= value;
      samples[2] -= 2n * value;
    }
    kernels.release(roundMark);
    const [s1, s2, s3] = samples;
    const coefficients = roundCoefficients(claim, r, [residue(s1), residue(s2), residue(s3)]);
    rounds.push(coefficients);
    const z = challenge(coefficients);
    point.push(z);
    claim = nextClaim(claim, r, coefficients, z);
    for (const part of active) part.addFold(k, z);
    jobs.run();
  });
  const columns = parts.map((part) => part.values().slice(0, part.chip.columns.length));
  kernels.release(mark);
  return { rounds, point, columns };
}

/** A chip in the sumcheck: its columns as far as they are folded. */
class ChipPart {
  readonly chip: Chip;
  readonly height: number;
  readonly #jobs: Jobs;
  readonly #kernels: Kernels;
  readonly #parameters: Parameters;
  readonly #summand: Expression;
  readonly #program: { affine: number; affineLength: number; rest: number; restLength: number };
  readonly #forms: number;
  readonly #result: number;
  readonly #scratch: number;
  readonly #scratchBytes: number;
  readonly #buffers: readonly [number, number];
  #columns: readonly (ColumnVector | undefined)[];
  #table: number;
  #constant: bigint | undefined;

  constructor(
    jobs: Jobs,
    chip: Chip,
    { height, columns }: TableInMemory,
    parameters: Parameters,
    summand: Expression,
    constantAt: (value: bigint) => number,
  ) {
    const { kernels } = jobs;
    this.chip = chip;
    this.height = height;
    this.#jobs = jobs;
    this.#kernels = kernels;
    this.#parameters = parameters;
    this.#summand = summand;
    this.#columns = columns;
    this.#table = columnTable(kernels, columns);
    const { affine, forms, rest, result } = compileZerocheck(chip, parameters, summand, constantAt);
    this.#program = {
      affine: copyWords(kernels, affine.words),
      affineLength: affine.length,
      rest: copyWords(kernels, rest.words),
      restLength: rest.length,
    };
    this.#forms = forms;
    this.#result = result;
    this.#scratchBytes = (forms + Math.max(affine.registers, rest.registers)) * registerBytes;
    this.#scratch = kernels.alloc(this.#scratchBytes * kernels.threads);
    const used = columns.filter((column) => column !== undefined).length;
    this.#buffers = [kernels.vector(used * 2 ** (height - 1)), kernels.vector(used * 2 ** (height - 2))];
  }

  /** Adds the jobs of round k; their results are three elements each. */
  addRound(k: number, eq: number): { pointer: number; count: number } {
    const pairs = 2 ** (this.height - k - 1);
    const { affine, affineLength, rest, restLength } = this.#program;
    const ranges = [...Jobs.parts(pairs, 2 * blockRows, 64)];
    const pointer = this.#kernels.vector(3 * ranges.length);
    const weights = eq + (pairs - 1) * element;
    ranges.forEach(([from, to], i) => {
      const cost = (to - from) * (2 * affineLength + 3 * restLength);
      this.#jobs.add(
        ...([
          "zerocheckRound",
          cost,
          pointer + 3 * element * i,
          affine,
          affineLength,
          rest,
          restLength,
        ] as const),
        ...[this.#table, this.#scratch, this.#scratchBytes, this.#forms, this.#result, from, to, weights],
      );
    });
    return { pointer, count: ranges.length };
  }

  /** Adds the jobs that bind variable k to z. */
  addFold(k: number, z: bigint): void {
    const kernels = this.#kernels;
    const rows = 2 ** (this.height - k - 1);
    const oneLess = residue(1n - z);
    const [c, cOneLess] = [kernels.element(z), kernels.element(oneLess)];
    // A product with a plain integer is in Montgomery form when the factor has R twice.
    const [c2, c2OneLess] = [doubled(kernels, c), doubled(kernels, cOneLess)];
    let at = this.#buffers[k % 2]!;
    this.#columns = this.#columns.map((column) => {
      if (column === undefined) return undefined;
      const { pointer, width } = column;
      const into = at;
      at += rows * element;
      for (const [from, to] of Jobs.parts(rows, 512)) {
        const factors = width === 0 ? [c, cOneLess] : [c2, c2OneLess];
        this.#jobs.add("foldColumn", 2 * (to - from), into, pointer, width, from, to, ...factors);
      }
      return { pointer: into, width: 0 };
    });
    this.#table = columnTable(kernels, this.#columns);
  }

  /** All columns, virtual ones too, when all variables are bound; 0 for those that the chip does not use. */
  values(): bigint[] {
    const kernels = this.#kernels;
    return this.#columns.map((column) => {
      if (column === undefined) return 0n;
      if (column.width === 0) return kernels.toBigint(column.pointer);
      return integerAt(kernels, column);
    });
  }

  /** The summand when all variables are bound. */
  constant(): bigint {
    if (this.#constant === undefined) {
      const values = this.values();
      const count = this.chip.columns.length;
      const value = evaluator(plain, {
        column: (index) => values[index]!,
        virtual: (name) => values[count + virtualColumns.indexOf(name)]!,
        parameter: (name) => residue(this.#parameters[name]),
      });
      this.#constant = value(this.#summand);
    }
    return this.#constant;
  }
}

/** A copy of an element with one more factor R. */
function doubled(kernels: Kernels, pointer: number): number {
  const copy = kernels.vector(1);
  kernels.call("vectorToMontgomery", 1, copy, pointer);
  return copy;
}
