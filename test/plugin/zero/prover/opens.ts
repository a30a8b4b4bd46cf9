import { bn254 } from "@noble/curves/bn254.js";

import {
  scalarWords,
  type G1Point,
  type GroupMessages,
  type Scalars,
} from "../../../../plugin/zero/proof/messages.ts";

/**
 * Whether C_Λ + ωW' = τW', what the contract's pairings say of the commitments (docs/zero/protocol.md §8), by whoever knows τ.
 *
 * @param commitment C_prog
 */
export function opens(
  tau: bigint,
  commitment: G1Point,
  { slabs, opening }: GroupMessages,
  scalars: Scalars<bigint>,
): boolean {
  const { Point } = bn254.G1;
  const { h, q, g, S, D, W, Wp } = opening;
  const committed = scalars.slabs.map((_, m) =>
    slabs[m] === undefined ? Point.ZERO : Point.fromAffine(slabs[m]),
  );
  const points = [commitment, h, q, g, S, D, W, Wp].map((point) => Point.fromAffine(point));
  const all = [...committed, ...points, Point.BASE];
  const sum = scalarWords(scalars).reduce(
    (total, scalar, i) => (scalar === 0n ? total : total.add(all[i]!.multiply(scalar))),
    Point.ZERO,
  );
  return sum.equals(Point.fromAffine(Wp).multiply(tau));
}
