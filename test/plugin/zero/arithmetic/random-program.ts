/** Programs over `Arithmetic` for tests that compare its back ends: straight-line, of every operation, and true of their inputs. */
import type { Arithmetic } from "../../../../plugin/zero/arithmetic/arithmetic.ts";
import { poseidon } from "../../../../plugin/zero/arithmetic/poseidon.ts";
import { residue } from "../../../../plugin/zero/field/scalar-field.ts";

/** Number of an input below 2^6. */
const smallInput = 2;

/** Computes from inputs in any arithmetic; the last result is a sum of everything computed. */
export type Program = <E>(arithmetic: Arithmetic<E>, inputs: readonly E[]) => E[];

/** xorshift32, the same everywhere. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

type Step = <E>(arithmetic: Arithmetic<E>, pick: (which: number) => E) => E[];

export interface RandomProgram {
  readonly inputs: readonly bigint[];
  readonly program: Program;
}

export function randomProgram(seed: number, length: number): RandomProgram {
  const random = randomNumbers(seed);
  const inputs = [0n, 1n, 63n, residue(-5n), ...Array.from({ length: 3 }, () => randomElement(random))];
  const steps = Array.from({ length }, () => randomStep(random));
  const program: Program = (arithmetic, given) => {
    const known = [...given];
    for (const step of steps) known.push(...step(arithmetic, (which) => known[which % known.length]!));
    return [...known, arithmetic.sum(known)];
  };
  return { inputs, program };
}

function randomElement(random: (below: number) => number): bigint {
  return residue(Array.from({ length: 8 }, () => BigInt(random(2 ** 32))).reduce((a, b) => (a << 32n) | b));
}

function randomStep(random: (below: number) => number): Step {
  const [first, second, third] = [random(1e6), random(1e6), random(1e6)];
  const factor = [0n, 1n, -1n, 2n, randomElement(random)][random(5)]!;
  const steps: Step[] = [
    (arithmetic) => [arithmetic.constant(factor)],
    (arithmetic, pick) => [arithmetic.add(pick(first), pick(second))],
    (arithmetic, pick) => [arithmetic.sub(pick(first), pick(second))],
    (arithmetic, pick) => [arithmetic.scale(pick(first), factor)],
    (arithmetic, pick) => [arithmetic.sum([pick(first), pick(second), pick(third), pick(first)])],
    (arithmetic, pick) => [arithmetic.mul(pick(first), pick(second))],
    (arithmetic, pick) => [arithmetic.settle(arithmetic.add(pick(first), pick(second)))],
    (arithmetic, pick) => {
      // 5 generates the field's units, so it is no square and the difference never 0.
      const square = arithmetic.mul(pick(first), pick(first));
      return [arithmetic.inverse(arithmetic.sub(square, arithmetic.constant(5n)), "inverse")];
    },
    (arithmetic, pick) => {
      const small = arithmetic.add(pick(smallInput), arithmetic.constant(BigInt(third % 50)));
      return arithmetic.bits(small, 7, "bits");
    },
    (arithmetic, pick) => poseidon(arithmetic, [pick(first), pick(second)], 2),
    (arithmetic, pick) => {
      const [a, b] = [arithmetic.add(pick(first), pick(0)), arithmetic.add(pick(second), pick(1))];
      const products = [arithmetic.mul(a, b), arithmetic.mul(b, a)];
      arithmetic.assertEqual(products[0]!, products[1]!, "commutativity");
      return products;
    },
  ];
  return steps[random(steps.length)]!;
}
