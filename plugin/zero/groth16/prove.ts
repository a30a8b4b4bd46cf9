/**
 * Groth16 over BN254 (ePrint 2016/260), with keys as snarkjs writes them. For a witness w, and r and s that hide it:
 *
 *     A = [α]₁ + Σ w_i A_i + r [δ]₁
 *     B = [β]₂ + Σ w_i B_i + s [δ]₂
 *     C = Σ_private w_i C_i + Σ h_j H_j + s A + r B₁ − r s [δ]₁
 *
 * where the points A_i to H_j are the key's, h is of `quotient.ts`, and B₁ is B in G1.
 */
import { bn254 } from "@noble/curves/bn254.js";

import { randomElement } from "../field/random-element.ts";
import { residue } from "../field/scalar-field.ts";
import { ELEMENT } from "../kernels/layout.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { multiscalar } from "../kernels/multiscalar.ts";
import type { Group, Point } from "../kernels/points.ts";
import type { Zkey } from "../keys/zkey-sections.ts";
import type { G1Point, G2Point, Groth16Proof } from "../proof/messages.ts";
import { loadPoints, pointLists, type PointList } from "./proving-key.ts";
import { oddCosetValues } from "./quotient.ts";

export const steps = ["witness", "quotient", "A", "B1", "B2", "C", "H"] as const;
export type Step = (typeof steps)[number];

export interface Groth16Options {
  /** Called when a step begins. */
  readonly begin?: (step: Step) => void;
  /** Uniform numbers in [0, r), which hide the witness; those of the system when left out, as they must be outside of tests. */
  readonly random?: () => bigint;
}

/**
 * Blocks the thread meanwhile, and uses the others of the kernels. bench/zero-groth16.ts measures it.
 *
 * @param witness values of all variables in [0, r), variable 0 being 1; that they satisfy the constraints is not checked here, and a
 * proof of ones that do not is not valid
 * @throws RangeError for a witness of another circuit, or more of one than the kernels' memory holds
 */
export function proveGroth16(
  kernels: Kernels,
  zkey: Zkey,
  witness: readonly bigint[],
  { begin = () => undefined, random = randomElement }: Groth16Options = {},
): Groth16Proof {
  const { variables, publicInputs, domainSize, path } = zkey;
  if (witness.length !== variables) {
    throw new RangeError(
      `the witness has ${witness.length} values, and ${path} is of a circuit of ${variables}`,
    );
  }
  const mark = kernels.mark();
  try {
    begin("witness");
    const values = kernels.scalars(witness);
    begin("quotient");
    const heights = oddCosetValues(kernels, zkey, values);
    const sum = <L extends keyof typeof pointLists>(name: L, scalars: number, count: number) => {
      begin(name);
      return sumOfList<(typeof pointLists)[L]["group"]>(kernels, zkey, pointLists[name], scalars, count);
    };
    const firstPrivate = publicInputs + 1;
    const ofA = sum("A", values, variables);
    const ofB1 = sum("B1", values, variables);
    const ofB2 = sum("B2", values, variables);
    const ofC = sum("C", values + firstPrivate * ELEMENT, variables - firstPrivate);
    const ofH = sum("H", heights, domainSize);

    const [r, s] = [random(), random()];
    const delta1 = g1(zkey.delta1);
    const a = g1(zkey.alpha1).add(ofA).add(delta1.multiplyUnsafe(r));
    const b1 = g1(zkey.beta1).add(ofB1).add(delta1.multiplyUnsafe(s));
    const b2 = g2(zkey.beta2).add(ofB2).add(g2(zkey.delta2).multiplyUnsafe(s));
    const c = [ofH, a.multiplyUnsafe(s), b1.multiplyUnsafe(r), delta1.multiplyUnsafe(residue(-r * s))].reduce(
      (total, point) => total.add(point),
      ofC,
    );
    const { x, y } = b2.toAffine();
    return {
      a: { ...a.toAffine() },
      b: { x: [x.c0, x.c1], y: [y.c0, y.c1] },
      c: { ...c.toAffine() },
    };
  } finally {
    kernels.release(mark);
  }
}

/** Σ scalar_i·point_i over the first `count` points of a list. */
function sumOfList<G extends Group>(
  kernels: Kernels,
  zkey: Zkey,
  list: PointList & { readonly group: G },
  scalars: number,
  count: number,
): Point<G> {
  const mark = kernels.mark();
  const points = loadPoints(kernels, zkey, list, count);
  const sum = multiscalar(kernels, list.group, [{ points, scalars, width: ELEMENT, count }]);
  kernels.release(mark);
  return sum;
}

function g1({ x, y }: G1Point) {
  return bn254.G1.Point.fromAffine({ x, y });
}

function g2({ x, y }: G2Point) {
  const pair = ([c0, c1]: readonly [bigint, bigint]) => bn254.fields.Fp2.create({ c0, c1 });
  return bn254.G2.Point.fromAffine({ x: pair(x), y: pair(y) });
}
