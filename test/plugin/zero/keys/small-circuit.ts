/** A circuit of one hash with three public inputs, as the verifier's has, and one of six constraints. */
import { Constraints } from "../../../../plugin/zero/arithmetic/constraints.ts";
import type { Arithmetic } from "../../../../plugin/zero/arithmetic/arithmetic.ts";
import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { poseidon } from "../../../../plugin/zero/arithmetic/poseidon.ts";
import { Witness } from "../../../../plugin/zero/arithmetic/witness.ts";

export interface SmallCircuit {
  readonly publicInputs: readonly bigint[];
  readonly secret: bigint;
  readonly state: <E>(arithmetic: Arithmetic<E>, publicInputs: readonly E[], secret: E) => void;
}

/** hash = Poseidon(secret, b), c = b² */
export const hashCircuit: SmallCircuit = {
  publicInputs: [poseidon(plain, [5n, 7n])[0]!, 7n, 49n],
  secret: 5n,
  state(arithmetic, [hash, b, c], secret) {
    arithmetic.assertEqual(poseidon(arithmetic, [secret, b!])[0]!, hash!, "hash");
    arithmetic.assertEqual(arithmetic.mul(b!, b!), c!, "square");
  },
};

/** a = 1/secret, b = secret², c is one bit of secret + 2 */
export const tinyCircuit: SmallCircuit = {
  publicInputs: [plain.inverse(3n, "three"), 9n, 1n],
  secret: 3n,
  state(arithmetic, [a, b, c], secret) {
    arithmetic.assertEqual(arithmetic.inverse(secret, "inverse"), a!, "inverse");
    arithmetic.assertEqual(arithmetic.mul(secret, secret), b!, "square");
    const more = arithmetic.add(secret, arithmetic.constant(2n));
    arithmetic.assertEqual(arithmetic.bits(more, 3, "bits")[2]!, c!, "bit");
  },
};

export function constraintsOf({ publicInputs, state }: SmallCircuit): Constraints {
  const constraints = new Constraints(publicInputs.length);
  state(
    constraints,
    publicInputs.map(() => constraints.input()),
    constraints.input(),
  );
  return constraints;
}

export function witnessOf({ publicInputs, secret, state }: SmallCircuit): bigint[] {
  const witness = new Witness();
  state(
    witness,
    publicInputs.map((input) => witness.input(input)),
    witness.input(secret),
  );
  return witness.values;
}
