/**
 * Poseidon, the hash of the circuit's half of the transcript (docs/zero/protocol.md §4), with circomlib's parameters. On the circuit
 * each S-box costs three constraints and nothing else does, but every partial round makes all lanes' linear
 * combinations one term longer: `settle` cuts them where that is cheaper for the Groth16 prover (docs/zero/circuit.md).
 */
import type { Arithmetic } from "./arithmetic.ts";
import { mostInputs, poseidonParameters, type PoseidonParameters } from "./poseidon-parameters.ts";

/**
 * circomlib's `PoseidonEx` with initial state 0, and with one output its `Poseidon`: the permutation of (0, inputs…).
 *
 * @param inputs 1 to 16 elements
 * @param outputs 1 to inputs + 1
 * @returns the first `outputs` lanes of the state
 * @throws RangeError for other numbers of inputs or outputs
 */
export function poseidon<E>(arithmetic: Arithmetic<E>, inputs: readonly E[], outputs = 1): E[] {
  const width = inputs.length + 1;
  if (inputs.length < 1 || inputs.length > mostInputs) {
    throw new RangeError(`Poseidon takes 1 to ${mostInputs} inputs, not ${inputs.length}`);
  }
  if (outputs < 1 || outputs > width) {
    throw new RangeError(`Poseidon of ${inputs.length} inputs has 1 to ${width} outputs, not ${outputs}`);
  }
  const parameters = poseidonParameters(width);
  let state: readonly E[] = [arithmetic.constant(0n), ...inputs];
  for (const constants of parameters.before) state = fullRound(arithmetic, state, constants, parameters);
  state = partialRounds(arithmetic, state, parameters);
  for (const constants of parameters.after) state = fullRound(arithmetic, state, constants, parameters);
  return state.slice(0, outputs);
}

function fullRound<E>(
  arithmetic: Arithmetic<E>,
  state: readonly E[],
  constants: readonly bigint[],
  { matrix }: PoseidonParameters,
): E[] {
  const boxed = state.map((lane, i) => box(arithmetic, lane, constants[i]!));
  return matrix.map((row) => combination(arithmetic, boxed, row));
}

function partialRounds<E>(
  arithmetic: Arithmetic<E>,
  state: readonly E[],
  { matrix, partial, restore }: PoseidonParameters,
): E[] {
  let [first, ...others] = state as [E, ...E[]];
  const ownFactor = matrix[0]![0]!;
  partial.forEach(({ constant, toFirst, fromFirst }, round) => {
    const boxed = box(arithmetic, first, constant);
    first = combination(arithmetic, [boxed, ...others], [ownFactor, ...toFirst]);
    others = others.map((lane, i) => arithmetic.add(lane, arithmetic.scale(boxed, fromFirst[i]!)));
    if (settlesAfter(round + 1, partial.length)) others = others.map((lane) => arithmetic.settle(lane));
  });
  return [first, ...restore.map((row) => combination(arithmetic, others, row))];
}

/**
 * Every 15 rounds and behind the last: on the whole circuit this costs 5 % more constraints than settling once, and leaves three quarters of the
 * coefficients, each of which the Groth16 prover reads and multiplies.
 */
function settlesAfter(rounds: number, ofRounds: number): boolean {
  return rounds % 15 === 0 || rounds === ofRounds;
}

/** (lane + constant)^5 */
function box<E>(arithmetic: Arithmetic<E>, lane: E, constant: bigint): E {
  const base = arithmetic.add(lane, arithmetic.constant(constant));
  const square = arithmetic.mul(base, base);
  return arithmetic.mul(base, arithmetic.mul(square, square));
}

function combination<E>(arithmetic: Arithmetic<E>, elements: readonly E[], factors: readonly bigint[]): E {
  return arithmetic.sum(elements.map((element, i) => arithmetic.scale(element, factors[i]!)));
}
