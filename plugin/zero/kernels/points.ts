/** Points in the kernels' memory: coordinates of 32 bytes, little-endian, in Montgomery form; in G2 real and imaginary part of each. */
import { bn254 } from "@noble/curves/bn254.js";

import type { Kernels } from "./kernels.ts";
import { ELEMENT, FQ_MODULUS, MONTGOMERY_BITS } from "./layout.ts";

export type Group = "g1" | "g2";

/** Bytes of an affine point, x and y. */
export const affineBytes: Readonly<Record<Group, number>> = { g1: 2 * ELEMENT, g2: 4 * ELEMENT };

export type PointG1 = InstanceType<typeof bn254.G1.Point>;
export type PointG2 = InstanceType<typeof bn254.G2.Point>;
export type Point<G extends Group> = G extends "g1" ? PointG1 : PointG2;

type Fp2 = ReturnType<typeof bn254.fields.Fp2.create>;
const { Fp, Fp2 } = bn254.fields;

const R = (1n << MONTGOMERY_BITS) % FQ_MODULUS;
const inverseOfR = Fp.inv(R);

/** An affine point; zeros for infinity. */
export function writePoint(kernels: Kernels, group: Group, pointer: number, point: PointG1 | PointG2): void {
  const { x, y } = point.toAffine();
  const numbers = [x, y].flatMap((coordinate) =>
    typeof coordinate === "bigint" ? [coordinate] : [coordinate.c0, coordinate.c1],
  );
  const words = new BigUint64Array(kernels.memory.buffer, pointer, affineBytes[group] / 8);
  const isInfinity = point.is0();
  numbers.forEach((number, i) => {
    const value = isInfinity ? 0n : Fp.mul(number, R);
    for (let word = 0; word < 4; word++) words[4 * i + word] = value >> BigInt(64 * word);
  });
}

/** A point in Jacobian coordinates X, Y, Z, that is (X/Z², Y/Z³). */
export function readJacobian<G extends Group>(kernels: Kernels, group: G, pointer: number): Point<G> {
  const coordinates = 3 * (affineBytes[group] / (2 * ELEMENT));
  const numbers = Array.from({ length: coordinates }, (_, i) => readNumber(kernels, pointer + i * ELEMENT));
  return (group === "g1" ? jacobianG1(numbers) : jacobianG2(numbers)) as Point<G>;
}

function readNumber(kernels: Kernels, pointer: number): bigint {
  const words = new BigUint64Array(kernels.memory.buffer, pointer, 4);
  return Fp.mul(
    words.reduceRight((value, word) => (value << 64n) | word, 0n),
    inverseOfR,
  );
}

// X/Z² and Y/Z³ are (XZ)/Z³ and Y/Z³ in projective coordinates.
function jacobianG1(numbers: readonly bigint[]): PointG1 {
  const [x, y, z] = numbers as [bigint, bigint, bigint];
  if (Fp.is0(z)) return bn254.G1.Point.ZERO;
  return new bn254.G1.Point(Fp.mul(x, z), y, Fp.mul(Fp.sqr(z), z));
}

function jacobianG2(numbers: readonly bigint[]): PointG2 {
  const [x, y, z] = [0, 2, 4].map((i) => Fp2.create({ c0: numbers[i]!, c1: numbers[i + 1]! })) as [
    Fp2,
    Fp2,
    Fp2,
  ];
  if (Fp2.is0(z)) return bn254.G2.Point.ZERO;
  return new bn254.G2.Point(Fp2.mul(x, z), y, Fp2.mul(Fp2.sqr(z), z));
}
