import type { Suite } from "../bls/suite.ts";

/**
 * Everything public about a threshold key. Points are encoded as the suite's contracts take them.
 *
 * With f the secret polynomial of degree `threshold − 1`:
 */
export interface GroupKey {
  readonly suite: Suite;
  /** How many partial signatures make a signature, t. */
  readonly threshold: number;
  /** f(0)·g₂: what contracts verify signatures with. */
  readonly groupPublicKey: Uint8Array;
  /** f(1)·g₂ … f(n)·g₂: the member of index i has entry i − 1. */
  readonly sharePublicKeys: readonly Uint8Array[];
  /** The coefficients of f times g₁, `threshold` of them: what a resharing checks its deals against. */
  readonly publicPolynomial: readonly Uint8Array[];
}
