/**
 * The Groth16 circuit of Nexus Zero: the field half of the verifier (plugin/zero/proof) over the circuit's arithmetics. It states, of
 * π, β and λ: there are public values with hash π and Σ β^i pv_i = λ, and messages that the verifier accepts with them
 * (docs/zero/protocol.md §10).
 */
import { formOf } from "../proof/format.ts";
import { mapFieldMessages, type FieldMessages } from "../proof/messages.ts";
import { foldPublicValues, publicDigest } from "../proof/public-values.ts";
import type { Shape } from "../proof/shape.ts";
import { verifyField, type FieldInputs } from "../proof/verify-field.ts";
import type { Circuit, Element } from "../arithmetic/circuit-arithmetic.ts";
import { Constraints, type ConstraintSystem } from "../arithmetic/constraints.ts";
import { Witness } from "../arithmetic/witness.ts";

/** What the contract gives to the Groth16 verification, in this order. */
export interface CircuitInputs {
  /** π, the hash of all public values */
  readonly digest: bigint;
  readonly beta: bigint;
  /** λ_pub */
  readonly folded: bigint;
}

export interface CircuitStatement {
  readonly publicInputs: CircuitInputs;
  readonly inputs: FieldInputs<bigint>;
  readonly messages: FieldMessages<bigint>;
}

/** The production circuit may have as many constraints and public inputs as fit a domain of 2^17. */
export const mostConstraints = 2 ** 17 - 4;

const publicInputCount = 3;

/** The constraint system of every proof of this shape. Takes about 4 s for the machine's. */
export function compileVerifier(shape: Shape): ConstraintSystem {
  const constraints = new Constraints(publicInputCount);
  state(constraints, shape, {
    publicInputs: { digest: 0n, beta: 0n, folded: 0n },
    inputs: {
      ...{ seed: 0n, rho: 0n, input: 0n, journal: 0n, header: 0n, constants: 0n },
      ...{ alpha: 0n, gamma: 0n, zeta: 0n, delta: 0n, omega: 0n },
    },
    messages: formOf(shape, () => 0n),
  });
  return constraints;
}

/**
 * @returns values of all variables of `compileVerifier`
 * @throws ZeroProofError for the first thing that does not hold
 */
export function verifierWitness(shape: Shape, statement: CircuitStatement): bigint[] {
  const witness = new Witness();
  state(witness, shape, statement);
  return witness.values;
}

function state<E extends Element>(circuit: Circuit<E>, shape: Shape, statement: CircuitStatement): void {
  const { publicInputs, inputs, messages } = statement;
  const digest = circuit.input(publicInputs.digest);
  const beta = circuit.input(publicInputs.beta);
  const folded = circuit.input(publicInputs.folded);
  const values = verifyField(
    circuit,
    shape,
    mapFieldInputs(inputs, (value) => circuit.input(value)),
    mapFieldMessages(messages, (value) => circuit.input(value)),
  );
  circuit.assertEqual(publicDigest(circuit, values), digest, "π is the hash of all public values");
  circuit.assertEqual(foldPublicValues(circuit, values, beta), folded, "λ is Σ β^i pv_i");
}

/** In the order that they have here, whatever order they are given in. */
function mapFieldInputs<A, B>(inputs: FieldInputs<A>, map: (element: A) => B): FieldInputs<B> {
  const { seed, rho, input, journal, header, constants, alpha, gamma, zeta, delta, omega } = inputs;
  return {
    ...{ seed: map(seed), rho: map(rho), input: map(input), journal: map(journal) },
    ...{ header: map(header), constants: map(constants) },
    ...{ alpha: map(alpha), gamma: map(gamma), zeta: map(zeta), delta: map(delta), omega: map(omega) },
  };
}
