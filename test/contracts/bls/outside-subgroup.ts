import type { IField } from "@noble/curves/abstract/modular.js";
import { concatBytes, numberToBytesBE } from "@noble/curves/utils.js";

import { bls12381Options } from "../../../plugin/crypto/bls/bls12-381.ts";
import { bn254Options } from "../../../plugin/crypto/bls/bn254.ts";

/** A point of y² = x³ + b outside its subgroup: the first x = 1, 2, 3… that has a y will do. */
function first<F>(field: IField<F>, b: F): { x: F; y: F } {
  for (let x = field.ONE; ; x = field.add(x, field.ONE)) {
    try {
      return { x, y: field.sqrt(field.add(field.mul(field.sqr(x), x), b)) };
    } catch {
      // Not a square: try the next x.
    }
  }
}

/**
 * Encoded points that are on the curve and outside the subgroup of prime order, of the suite with this id. BN254's G1 has
 * prime order, so there is none.
 */
export function outsideSubgroup(id: 0 | 1): { publicKey: Uint8Array; signature?: Uint8Array } {
  const { curve, numberLength, imaginaryFirst } = id === 0 ? bn254Options : bls12381Options;
  const encode = (...numbers: bigint[]): Uint8Array =>
    concatBytes(...numbers.map((number) => numberToBytesBE(number, numberLength)));
  const { x, y } = first(curve.fields.Fp2, curve.G2.Point.CURVE().b);
  const publicKey = imaginaryFirst ? encode(x.c1, x.c0, y.c1, y.c0) : encode(x.c0, x.c1, y.c0, y.c1);
  if (id === 0) return { publicKey };
  const point = first(curve.fields.Fp, curve.G1.Point.CURVE().b);
  return { publicKey, signature: encode(point.x, point.y) };
}
