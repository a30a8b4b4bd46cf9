import { bls12381 } from "./bls12-381.ts";
import { bn254 } from "./bn254.ts";
import type { Suite } from "./suite.ts";

/**
 * The suite with a given id, as the contracts number them.
 *
 * @throws RangeError for any other number
 */
export function suiteById(id: number): Suite {
  const suite = [bn254, bls12381][id];
  if (suite === undefined) throw new RangeError(`no BLS suite has id ${id}: 0 is BN254, 1 is BLS12-381`);
  return suite;
}
