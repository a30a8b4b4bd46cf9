/**
 * The stacking sumcheck (docs/zero/protocol.md §7), without the stacked vector. While the column variables of a block are bound, the sum over
 * its rows is a column at the claim's row point, so a round needs the columns' evaluations only. Then the columns are folded into one vector,
 * once, and its row variables bound. What is left of a block is a cell, which later rounds join with its neighbours.
 */
import { residue } from "../field/scalar-field.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { columnTable, type ColumnVector } from "./column-memory.ts";
import { Jobs } from "../kernels/jobs.ts";

const element = 32;

/** A claim about a block: with its columns weighted, and its rows at a point. */
export interface StackedTerm {
  /** η^i */
  readonly factor: bigint;
  /** eq(u, ·), or 1 for a column that is taken alone: one for each of the 2^k columns. */
  readonly columnWeights: readonly bigint[];
  readonly rowPoint: readonly bigint[];
  /** The columns at the row point, where they are known already. */
  readonly values?: readonly bigint[];
}

export interface StackedBlock {
  /** Number of its first cell in the stacked vector, a multiple of its length. */
  readonly first: number;
  /** k: log₂ of the columns, padded. */
  readonly bits: number;
  /** log₂ of the rows. */
  readonly height: number;
  readonly columns: readonly ColumnVector[];
  readonly terms: readonly StackedTerm[];
}

/** A cell that no claim is about. */
export interface MaskCell {
  readonly cell: number;
  readonly value: bigint;
}

export interface StackingMessages {
  readonly rounds: bigint[][];
  readonly point: bigint[];
  /** d': the slabs' values at the first N coordinates, weighted with eq of their slot. */
  readonly evaluation: bigint;
}

interface Round {
  /** The polynomial at 0. */
  atZero: bigint;
  /** Its coefficient of X². */
  leading: bigint;
}

/**
 * @param claim Σ_i η^i e_i
 * @param slabBits N, and the bits of a slot's place
 */
export function proveStacking(
  jobs: Jobs,
  blocks: readonly StackedBlock[],
  masks: readonly MaskCell[],
  claim: bigint,
  { variables, slabBits, slotShift }: { variables: number; slabBits: number; slotShift: number },
  challenge: (coefficients: readonly bigint[]) => bigint,
): StackingMessages {
  const mark = jobs.kernels.mark();
  const parts = blocks.map((block) => new BlockPart(jobs, block));
  let cells = new Map(masks.map(({ cell, value }) => [cell, { value, weight: 0n }]));
  const rounds: bigint[][] = [];
  const point: bigint[] = [];
  const slots = new Map<number, bigint>();
  const settle = (k: number): void => {
    for (const part of parts) {
      if (part.rounds === k) cells.set(part.first / 2 ** k, part.cell());
    }
    if (k !== slabBits) return;
    for (const [cell, { value }] of cells) slots.set(cell / 2 ** (slotShift - k), value);
  };
  settle(0);
  for (let k = 0; k < variables; k++) {
    const sums = { atZero: 0n, leading: 0n };
    const pairs = pairsOf(cells);
    for (const [low, high] of pairs.values()) {
      sums.atZero += low.value * low.weight;
      sums.leading += (high.value - low.value) * (high.weight - low.weight);
    }
    const active = parts.filter(({ rounds }) => rounds > k);
    for (const part of active) part.beginRound(k);
    jobs.run();
    for (const part of active) {
      const { atZero, leading } = part.endRound(k);
      sums.atZero += atZero;
      sums.leading += leading;
    }
    const atZero = residue(sums.atZero);
    const s2 = residue(sums.leading);
    const s1 = residue(claim - 2n * atZero - s2);
    rounds.push([s1, s2]);
    const y = challenge([s1, s2]);
    point.push(y);
    claim = residue(atZero + y * residue(s1 + y * s2));
    cells = new Map(
      [...pairs].map(([cell, [low, high]]) => [
        cell,
        { value: bind(low.value, high.value, y), weight: bind(low.weight, high.weight, y) },
      ]),
    );
    for (const part of active) part.bind(k, y);
    jobs.run();
    settle(k + 1);
  }
  jobs.kernels.release(mark);
  // Without room between the slabs a block may fill several, and d' is the stacked vector itself at y.
  if (slabBits === slotShift) return { rounds, point, evaluation: cells.get(0)?.value ?? 0n };
  const slotPoint = point.slice(slotShift);
  let evaluation = 0n;
  for (const [slot, value] of slots) evaluation += value * eqAt(slotPoint, slot);
  return { rounds, point, evaluation: residue(evaluation) };
}

interface Cell {
  readonly value: bigint;
  readonly weight: bigint;
}

function pairsOf(cells: ReadonlyMap<number, Cell>): Map<number, [Cell, Cell]> {
  const pairs = new Map<number, [Cell, Cell]>();
  for (const [number, cell] of cells) {
    const half = Math.floor(number / 2);
    const pair = pairs.get(half) ?? [empty, empty];
    pair[number % 2] = cell;
    pairs.set(half, pair);
  }
  return pairs;
}

const empty: Cell = { value: 0n, weight: 0n };

/** One block, as far as its variables are bound. */
class BlockPart {
  readonly first: number;
  readonly rounds: number;
  readonly #jobs: Jobs;
  readonly #kernels: Kernels;
  readonly #block: StackedBlock;
  /** By term: the columns at its row point, and their weights; halved with each column variable. */
  #values: bigint[][];
  #weights: bigint[][];
  readonly #bound: bigint[] = [];
  /** When the columns are bound: the rows' values and weights. */
  #rows: { readonly values: number; readonly weights: number } | undefined;
  #outputs: { readonly pointer: number; readonly count: number } = { pointer: 0, count: 0 };

  constructor(jobs: Jobs, block: StackedBlock) {
    this.#jobs = jobs;
    this.#kernels = jobs.kernels;
    this.#block = block;
    this.first = block.first;
    this.rounds = block.bits + block.height;
    const width = 2 ** block.bits;
    this.#values = block.terms.map((term) => {
      const values = term.values ?? this.#columnsAt(term.rowPoint);
      return Array.from({ length: width }, (_, j) => values[j] ?? 0n);
    });
    this.#weights = block.terms.map(({ columnWeights, factor }) =>
      columnWeights.map((weight) => residue(weight * factor)),
    );
    if (block.bits === 0) this.#foldColumns();
  }

  beginRound(k: number): void {
    if (this.#rows === undefined) return;
    const { values, weights } = this.#rows;
    const ranges = [...Jobs.parts(2 ** (this.rounds - k - 1), 1024, 16)];
    const pointer = this.#kernels.vector(2 * ranges.length);
    ranges.forEach(([from, to], i) => {
      this.#jobs.add("productRound", 2 * (to - from), pointer + 2 * i * element, values, weights, from, to);
    });
    this.#outputs = { pointer, count: ranges.length };
  }

  endRound(k: number): Round {
    const sums: Round = { atZero: 0n, leading: 0n };
    if (k >= this.#block.bits) {
      const { pointer, count } = this.#outputs;
      this.#kernels.toBigints(pointer, 2 * count).forEach((value, i) => {
        if (i % 2 === 0) sums.atZero += value;
        else sums.leading += value;
      });
      return sums;
    }
    this.#values.forEach((values, term) => {
      const weights = this.#weights[term]!;
      for (let j = 0; j < values.length; j += 2) {
        sums.atZero += values[j]! * weights[j]!;
        sums.leading += (values[j + 1]! - values[j]!) * (weights[j + 1]! - weights[j]!);
      }
    });
    return sums;
  }

  /** Adds jobs where rows are bound. */
  bind(k: number, y: bigint): void {
    if (k < this.#block.bits) {
      this.#bound.push(y);
      this.#values = this.#values.map((values) => halve(values, y));
      this.#weights = this.#weights.map((weights) => halve(weights, y));
      if (k + 1 === this.#block.bits) this.#foldColumns();
      return;
    }
    const kernels = this.#kernels;
    const rows = 2 ** (this.rounds - k - 1);
    const c = kernels.element(y);
    const { values, weights } = this.#rows!;
    const next = { values: kernels.vector(rows), weights: kernels.vector(rows) };
    for (const [from, to] of Jobs.parts(rows, 1024, 16)) {
      this.#jobs.add("foldColumn", to - from, next.values, values, 0, from, to, c, c);
      this.#jobs.add("foldColumn", to - from, next.weights, weights, 0, from, to, c, c);
    }
    this.#rows = next;
  }

  cell(): Cell {
    const { values, weights } = this.#rows!;
    return { value: this.#kernels.toBigint(values), weight: this.#kernels.toBigint(weights) };
  }

  #columnsAt(point: readonly bigint[]): bigint[] {
    const kernels = this.#kernels;
    const mark = kernels.mark();
    const eq = this.#eqTable(point, 1n);
    const out = kernels.vector(this.#block.columns.length);
    const rows = 2 ** this.#block.height;
    this.#block.columns.forEach(({ pointer, width }, j) => {
      this.#jobs.add("dotColumn", rows, out + j * element, pointer, width, 0, rows, eq);
    });
    this.#jobs.run();
    const values = kernels.toBigints(out, this.#block.columns.length);
    kernels.release(mark);
    return values;
  }

  /** eq(point, ·) times a factor, over the rows. */
  #eqTable(point: readonly bigint[], factor: bigint): number {
    const kernels = this.#kernels;
    const { height } = this.#block;
    const tables = kernels.vector(2 ** (height + 1));
    const at = kernels.fromBigints(point.slice(0, height));
    this.#jobs.add("eqTables", 2 ** (height + 1), tables, at, height, kernels.element(factor));
    this.#jobs.run();
    return tables + (2 ** height - 1) * element;
  }

  #foldColumns(): void {
    const kernels = this.#kernels;
    const { columns, height, bits, terms } = this.#block;
    const rows = 2 ** height;
    const values = kernels.vector(rows);
    const weights = kernels.vector(rows);
    kernels.fill(weights, kernels.element(0n), rows);
    const mark = kernels.mark();
    const scalars = columns.map((_, j) => eqAt(this.#bound.slice(0, bits), j));
    const at = kernels.fromBigints(scalars);
    // A product with a plain integer is in Montgomery form when the scalar has R twice.
    columns.forEach(({ width }, j) => {
      const scalar = at + j * element;
      if (width > 0) kernels.call("vectorToMontgomery", 1, scalar, scalar);
    });
    const table = columnTable(kernels, columns);
    for (const [from, to] of Jobs.parts(rows, 512)) {
      const cost = (to - from) * columns.length;
      this.#jobs.add("combineColumns", cost, values, table, columns.length, at, from, to);
    }
    this.#jobs.run();
    terms.forEach(({ rowPoint }, i) => {
      const eq = this.#eqTable(rowPoint, this.#weights[i]![0]!);
      kernels.add(weights, weights, eq, rows);
    });
    kernels.release(mark);
    this.#rows = { values, weights };
  }
}

function halve(values: readonly bigint[], y: bigint): bigint[] {
  return Array.from({ length: values.length / 2 }, (_, i) => bind(values[2 * i]!, values[2 * i + 1]!, y));
}

function bind(low: bigint, high: bigint, y: bigint): bigint {
  return residue(low + y * (high - low));
}

/** eq(point, index's bits). */
export function eqAt(point: readonly bigint[], index: number): bigint {
  return point.reduce((product, x, k) => residue(product * ((index >> k) & 1 ? x : 1n - x)), 1n);
}
