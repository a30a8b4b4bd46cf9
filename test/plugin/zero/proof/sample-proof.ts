/** Proofs of the right form that prove nothing: points and scalars that look random. */
import { bn254 } from "@noble/curves/bn254.js";

import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { packConstants, packHeader } from "../../../../plugin/zero/proof/header.ts";
import type { G1Point, G2Point, Proof } from "../../../../plugin/zero/proof/messages.ts";
import { seeded } from "../../../seeded.ts";

export const sampleConstants = packConstants({
  programHeight: 9,
  imageHeight: 4,
  imageFirst: 128,
  firstPages: 17,
  mostPages: 100,
});

export function sampleG1(scalar: bigint): G1Point {
  const { x, y } = bn254.G1.Point.BASE.multiply(scalar).toAffine();
  return { x, y };
}

export function sampleG2(scalar: bigint): G2Point {
  const { x, y } = bn254.G2.Point.BASE.multiply(scalar).toAffine();
  return { x: [x.c0, x.c1], y: [y.c0, y.c1] };
}

export function sampleProof(seed: string, slabs: number): Proof {
  const random = seeded(seed);
  const element = (): bigint => random.scalar(r);
  const g1 = (): G1Point => sampleG1(element());
  return {
    selector: 0x0badcafe,
    header: packHeader({ slabs, slabBits: 18, heights: [7, 0, 16, 20] }),
    program: { commitment: g1(), constants: sampleConstants },
    group: {
      slabs: Array.from({ length: slabs }, g1),
      opening: { h: g1(), q: g1(), g: g1(), S: g1(), D: g1(), W: g1(), Wp: g1() },
    },
    sigma: element(),
    epsilon: element(),
    pi: element(),
    scalars: {
      slabs: Array.from({ length: slabs }, element),
      program: element(),
      h: element(),
      q: element(),
      g: element(),
      S: element(),
      D: element(),
      W: element(),
      Wp: element(),
      generator: element(),
    },
    groth16: { a: g1(), b: sampleG2(element()), c: g1() },
  };
}
