/** The public input and the journal are columns of the trace (docs/zero/protocol.md §9). */
import type { Arithmetic } from "../arithmetic/arithmetic.ts";
import type { Choice } from "./choice.ts";
import { prefixProducts } from "./multilinear.ts";

/** Where both columns are evaluated, and what they must be there. */
export interface StreamClaims<E> {
  /** υ, one coordinate for each row bit that the chip may have. */
  readonly point: readonly E[];
  readonly input: E;
  readonly journal: E;
}

/**
 * Σ_i ρ^i col_i = col(υ) / ∏_{k < h} (1 − υ_k) with υ_k = ρ^{2^k} / (1 + ρ^{2^k}).
 *
 * @param height h of the chip
 * @param values h_x and h_y, which the contract computes
 */
export function streamClaims<E>(
  arithmetic: Arithmetic<E>,
  rho: E,
  height: Choice<E>,
  values: { readonly input: E; readonly journal: E },
): StreamClaims<E> {
  const point: E[] = [];
  // 1 − υ_k = 1 / (1 + ρ^{2^k})
  const complements: E[] = [];
  let rhoPower = rho;
  for (let k = 0; k < height.most; k++) {
    const denominator = arithmetic.add(arithmetic.constant(1n), rhoPower);
    const complement = arithmetic.inverse(denominator, "1 + ρ^(2^k) is not zero");
    complements.push(complement);
    point.push(arithmetic.sub(arithmetic.constant(1n), complement));
    rhoPower = arithmetic.mul(rhoPower, rhoPower);
  }
  const factor = height.select(prefixProducts(arithmetic, complements));
  return {
    point,
    input: arithmetic.mul(values.input, factor),
    journal: arithmetic.mul(values.journal, factor),
  };
}
