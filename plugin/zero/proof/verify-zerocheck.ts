/** All constraints of all chips hold, and the leaves are what their columns say (docs/zero/protocol.md §6). */
import type { Leaf, Interaction } from "../air/chip.ts";
import { leavesOf } from "../air/chip.ts";
import { evaluator, type Expression, type VirtualColumn } from "../air/expression.ts";
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import { fingerprint, type BusChallenges, type LeafClaims } from "./verify-bus-argument.ts";
import type { Decoded } from "./decode.ts";
import type { FieldTranscript } from "./field-transcript.ts";
import type { FieldMessages } from "./messages.ts";
import { eqWeights, oneMinus, power, productOf, suffixProducts } from "./multilinear.ts";
import type { Shape } from "./shape.ts";
import { weightedSumcheck } from "./sumcheck.ts";

/**
 * Absorbs rounds and columns.
 *
 * @returns z, and with it as many challenges as asked for, which depend on all columns
 */
export function verifyZerocheck<E>(
  arithmetic: Arithmetic<E>,
  transcript: FieldTranscript<E>,
  shape: Shape,
  { heights, parameters }: Pick<Decoded<E>, "heights" | "parameters">,
  { zerocheck, columns }: Pick<FieldMessages<E>, "zerocheck" | "columns">,
  buses: BusChallenges<E>,
  claims: LeafClaims<E>,
  drawn: number,
): { z: E[]; challenges: E[] } {
  const { rowBits } = shape.sizes;
  const { theta } = claims;
  const first = arithmetic.add(
    claims.p,
    arithmetic.mul(theta, arithmetic.sub(claims.q, arithmetic.constant(1n))),
  );
  const rows = claims.point.slice(0, rowBits);
  const { claim, point: z } = weightedSumcheck(arithmetic, transcript, zerocheck, rows, first);
  transcript.absorb(columns.flat());
  const challenges = transcript.draw(drawn);

  const leafWeights = eqWeights(arithmetic, claims.point.slice(rowBits));
  const pads = suffixProducts(
    arithmetic,
    z.map((coordinate) => oneMinus(arithmetic, coordinate)),
  );
  // Constraints are numbered through, so a chip's begin at a power of θ that all chips before it raise.
  let [sum, thetaPower, leaf] = [arithmetic.constant(0n), arithmetic.mul(theta, theta), 0];
  shape.chips.forEach((chip, c) => {
    const virtual = virtualColumnsAt(arithmetic, rowBits, lowCoordinates(arithmetic, heights[c]!, z));
    const valueOf = evaluator(arithmetic, {
      column: (index) => columns[c]![index]!,
      virtual,
      parameter: (name) => parameters[name],
    });
    const leaves = leavesOf(chip).map((interactions) =>
      arithmetic.mul(leafWeights[leaf++]!, leafAt(arithmetic, interactions, valueOf, buses, theta)),
    );
    const constraints = chip.constraints.reduceRight(
      (value, { expression }) => arithmetic.add(arithmetic.mul(value, theta), valueOf(expression)),
      arithmetic.constant(0n),
    );
    const own = arithmetic.sum([...leaves, arithmetic.mul(thetaPower, constraints)]);
    sum = arithmetic.add(sum, arithmetic.mul(heights[c]!.select(pads), own));
    thetaPower = arithmetic.mul(thetaPower, power(arithmetic, theta, chip.constraints.length));
  });
  arithmetic.assertEqual(claim, sum, "constraints and leaves at z");
  return { z, challenges };
}

/** p + θ(q − 1) of a leaf. */
function leafAt<E>(
  arithmetic: Arithmetic<E>,
  [first, second]: Leaf,
  valueOf: (expression: Expression) => E,
  buses: BusChallenges<E>,
  theta: E,
): E {
  const denominator = ({ bus, tuple }: Interaction): E =>
    arithmetic.sub(buses.gamma, fingerprint(arithmetic, bus, tuple.map(valueOf), buses));
  let [p, q] = [valueOf(first.multiplicity), denominator(first)];
  if (second !== undefined) {
    const [otherP, otherQ] = [valueOf(second.multiplicity), denominator(second)];
    p = arithmetic.add(arithmetic.mul(p, otherQ), arithmetic.mul(otherP, q));
    q = arithmetic.mul(q, otherQ);
  }
  const excess = arithmetic.sub(q, arithmetic.constant(1n));
  return arithmetic.add(p, arithmetic.mul(theta, excess));
}

/** z's first h coordinates, and 0 behind them; computed when asked for. */
function lowCoordinates<E>(
  arithmetic: Arithmetic<E>,
  height: Decoded<E>["heights"][number],
  z: readonly E[],
): (k: number) => E {
  const known: E[] = [];
  return (k) =>
    (known[k] ??= k < z.length ? arithmetic.mul(height.exceeds(k), z[k]!) : arithmetic.constant(0n));
}

/**
 * Virtual columns at a point (§6): the multilinear extensions of functions of the row's index, whose bits are the point's coordinates.
 *
 * @param rowBits more than any height
 * @param bit coordinate k, 0 from the height on
 */
export function virtualColumnsAt<E>(
  arithmetic: Arithmetic<E>,
  rowBits: number,
  bit: (k: number) => E,
): (name: VirtualColumn) => E {
  const bits = (from: number, to: number): E[] => Array.from({ length: to - from }, (_, i) => bit(from + i));
  const integer = (digits: readonly E[]): E =>
    arithmetic.sum(digits.map((digit, k) => arithmetic.scale(digit, 1n << BigInt(k))));
  const columns: Record<VirtualColumn, () => E> = {
    row: () => integer(bits(0, rowBits)),
    first: () =>
      productOf(
        arithmetic,
        bits(0, rowBits).map((digit) => oneMinus(arithmetic, digit)),
      ),
    lowByte: () => integer(bits(0, 8)),
    highByte: () => integer(bits(8, 16)),
    byteAnd: () => integer(bits(0, 8).map((digit, k) => arithmetic.mul(digit, bit(8 + k)))),
    // 2^row = ∏ (1 + x_k (2^{2^k} − 1))
    power: () =>
      productOf(
        arithmetic,
        bits(0, powerBits).map((digit, k) =>
          arithmetic.add(arithmetic.constant(1n), arithmetic.scale(digit, (1n << (1n << BigInt(k))) - 1n)),
        ),
      ),
    ones: () => arithmetic.sum(bits(0, rowBits)),
  };
  const known = new Map<VirtualColumn, E>();
  return (name) => {
    const value = known.get(name) ?? columns[name]();
    known.set(name, value);
    return value;
  };
}

/** Rows that the column `power` is meant for: 2^7. */
const powerBits = 7;
