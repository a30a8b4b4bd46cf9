/**
 * Poseidon's parameters as circomlib has them (ePrint 2019/458, 128 bits over BN254's scalar field, S-box x^5): round constants and
 * matrix come from the paper's Grain LFSR, so they are computed here and not listed.
 *
 * Partial rounds are rewritten. With the matrix split as M = (m v; w M̂) into its first lane and the rest, a partial round is
 * x' = m·y + v·ŝ, ŝ' = w·y + M̂·ŝ, where x is lane 0, y = x^5 and ŝ the other lanes. Measured as û = M̂^{−k}·ŝ in round k that is
 *
 *     x' = m·y + (v·M̂^k)·û        û' = û + (M̂^{−(k+1)}·w)·y
 *
 * 2t − 1 products instead of t². As no round constant of the other lanes goes through an S-box, all of them move into
 * those of lane 0 and into one vector behind the last round.
 */
import { bn254 } from "@noble/curves/bn254.js";
import { grainGenConstants } from "@noble/curves/abstract/poseidon.js";
import { inverseOf, residue } from "../field/scalar-field.ts";

type Vector = readonly bigint[];
type Matrix = readonly Vector[];

/** R_F: half of them before the partial rounds, half after. */
export const fullRounds = 8;
/** R_P for t = 2 … 17. */
const partialRounds = [56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68];
export const mostInputs = partialRounds.length;

/** As the paper has them. */
export interface PlainParameters {
  readonly matrix: Matrix;
  /** For each round, one for each lane. */
  readonly constants: readonly Vector[];
}

export interface PartialRound {
  /** Added to lane 0 before its S-box. */
  readonly constant: bigint;
  /** v·M̂^k: what the other lanes add to the next lane 0. */
  readonly toFirst: Vector;
  /** M̂^{−(k+1)}·w: what the S-box adds to the other lanes. */
  readonly fromFirst: Vector;
}

export interface PoseidonParameters {
  readonly matrix: Matrix;
  /** Constants of the full rounds, for each of them one for each lane. */
  readonly before: readonly Vector[];
  readonly after: readonly Vector[];
  readonly partial: readonly PartialRound[];
  /** M̂^{R_P}: from û back to ŝ behind the last partial round. */
  readonly restore: Matrix;
}

const plainOf = new Map<number, PlainParameters>();
const optimisedOf = new Map<number, PoseidonParameters>();

/** @param width t, lanes of the state: 2 to 17 */
export function plainParameters(width: number): PlainParameters {
  return remembered(plainOf, width, () => {
    const roundsPartial = partialRounds[width - 2];
    if (roundsPartial === undefined) {
      throw new RangeError(`Poseidon takes 1 to ${mostInputs} inputs, not ${width - 1}`);
    }
    const { mds, roundConstants } = grainGenConstants({
      Fp: bn254.fields.Fr,
      t: width,
      roundsFull: fullRounds,
      roundsPartial,
      sboxPower: 5,
    });
    return { matrix: mds, constants: roundConstants };
  });
}

/** @param width t, lanes of the state: 2 to 17 */
export function poseidonParameters(width: number): PoseidonParameters {
  return remembered(optimisedOf, width, () => optimise(plainParameters(width)));
}

function remembered<V>(known: Map<number, V>, key: number, make: () => V): V {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}

function optimise({ matrix, constants }: PlainParameters): PoseidonParameters {
  const half = fullRounds / 2;
  const middle = constants.slice(half, -half);
  const toFirstLane = matrix[0]!.slice(1);
  const fromFirstLane = matrix.slice(1).map((row) => row[0]!);
  const rest = matrix.slice(1).map((row) => row.slice(1));
  const restInverse = inverseMatrix(rest);

  const partial: PartialRound[] = [];
  let toFirst: Vector = toFirstLane;
  let fromFirst: Vector = times(restInverse, fromFirstLane);
  let restore: Matrix = identity(rest.length);
  /** What round constants have added to ŝ so far, before the round's own. */
  let added: Vector = rest.map(() => 0n);
  /** The part of it that x' = … + v·ŝ brings into lane 0. */
  let addedToFirst = 0n;
  for (const round of middle) {
    const constant = residue(round[0]! + addedToFirst);
    partial.push({ constant, toFirst, fromFirst });
    added = sumOf(added, round.slice(1));
    addedToFirst = dot(toFirstLane, added);
    added = times(rest, added);
    toFirst = times(transposed(rest), toFirst);
    fromFirst = times(restInverse, fromFirst);
    restore = restore.map((row) => times(transposed(rest), row));
  }
  const [next, ...others] = constants.slice(-half);
  const behind = sumOf(next!, [addedToFirst, ...added]);
  return { matrix, before: constants.slice(0, half), after: [behind, ...others], partial, restore };
}

function dot(a: Vector, b: Vector): bigint {
  return residue(a.reduce((sum, element, i) => sum + element * b[i]!, 0n));
}

function sumOf(a: Vector, b: Vector): Vector {
  return a.map((element, i) => residue(element + b[i]!));
}

function times(matrix: Matrix, vector: Vector): Vector {
  return matrix.map((row) => dot(row, vector));
}

function transposed(matrix: Matrix): Matrix {
  return matrix.map((_, i) => matrix.map((row) => row[i]!));
}

function identity(size: number): Matrix {
  return Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => (i === j ? 1n : 0n)));
}

/** By Gauss and Jordan. Every square part of an MDS matrix can be inverted. */
function inverseMatrix(matrix: Matrix): Matrix {
  const size = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...identity(size)[i]!]);
  for (let column = 0; column < size; column++) {
    const pivot = rows.findIndex((row, i) => i >= column && row[column] !== 0n);
    [rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!];
    const scale = inverseOf(rows[column]![column]!);
    rows[column] = rows[column]!.map((element) => residue(element * scale));
    for (let i = 0; i < size; i++) {
      if (i === column) continue;
      const factor = rows[i]![column]!;
      rows[i] = rows[i]!.map((element, j) => residue(element - factor * rows[column]![j]!));
    }
  }
  return rows.map((row) => row.slice(size));
}
