import { mulAddUnsafe, pippenger } from "@noble/curves/abstract/curve.js";
import type { WeierstrassPoint, WeierstrassPointCons } from "@noble/curves/abstract/weierstrass.js";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";

import { BlsEncodingError, type Group } from "./suite.ts";

/** From so many points on, Pippenger's method is the faster one, on both curves. */
const MANY_POINTS = 256;

/** How a group's points are laid out in bytes. */
export interface Layout<F> {
  /** Name of the group in errors, for instance `BN254 G1`. */
  readonly name: string;
  /** Bytes of one base-field number, big endian, zero-padded on the left. */
  readonly numberLength: number;
  /** Base-field numbers per coordinate: 1 in G1, 2 in G2. */
  readonly degree: 1 | 2;
  /** The characteristic: every number must be below it. */
  readonly p: bigint;
  readonly toNumbers: (coordinate: F) => bigint[];
  readonly fromNumbers: (numbers: bigint[]) => F;
}

/** The group of `Point`, with the strict encoding x ‖ y of `layout`. */
export function group<F>(Point: WeierstrassPointCons<F>, layout: Layout<F>): Group<WeierstrassPoint<F>> {
  type P = WeierstrassPoint<F>;
  const { name, numberLength, degree, p } = layout;
  const { Fp, Fn } = Point;
  const { a, b } = Point.CURVE();
  const encodedLength = 2 * degree * numberLength;

  const onCurve = (x: F, y: F): boolean => Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(x, Fp.add(Fp.sqr(x), a)), b));

  function encode(point: P): Uint8Array {
    if (point.is0()) throw new BlsEncodingError("infinity", `${name}: infinity has no encoding`);
    const { x, y } = point.toAffine();
    const numbers = [...layout.toNumbers(x), ...layout.toNumbers(y)];
    return concatBytes(...numbers.map((number) => numberToBytesBE(number, numberLength)));
  }

  function decode(bytes: Uint8Array): P {
    if (bytes.length !== encodedLength) {
      throw new BlsEncodingError(
        "length",
        `${name}: ${bytes.length} bytes given, a point has ${encodedLength}`,
      );
    }
    const numbers = Array.from({ length: 2 * degree }, (_, i) =>
      bytesToNumberBE(bytes.subarray(i * numberLength, (i + 1) * numberLength)),
    );
    const large = numbers.find((number) => number >= p);
    if (large !== undefined) {
      throw new BlsEncodingError(
        "coordinate",
        `${name}: coordinate 0x${large.toString(16)} is not below the field's prime`,
      );
    }
    if (numbers.every((number) => number === 0n)) {
      throw new BlsEncodingError("infinity", `${name}: infinity is not accepted`);
    }
    const x = layout.fromNumbers(numbers.slice(0, degree));
    const y = layout.fromNumbers(numbers.slice(degree));
    if (!onCurve(x, y)) throw new BlsEncodingError("curve", `${name}: the point is not on the curve`);
    const point = Point.fromAffine({ x, y });
    if (!point.isTorsionFree()) {
      throw new BlsEncodingError("subgroup", `${name}: the point is not in the subgroup of prime order`);
    }
    return point;
  }

  return {
    generator: Point.BASE,
    infinity: Point.ZERO,
    encodedLength,
    multiply: (point, scalar) =>
      scalar === 0n || (point.is0() && Fn.isValid(scalar)) ? Point.ZERO : point.multiply(scalar),
    // Straus with shared doublings is faster than Pippenger for few points, on both curves.
    linearCombination: (points, scalars) =>
      points.length < MANY_POINTS
        ? mulAddUnsafe(Point, [...points], [...scalars])
        : pippenger(Point, [...points], [...scalars]),
    evaluate: (commitment, index) => {
      if (!Fn.isValid(index)) throw new RangeError(`${name}: index ${index} is not in [0, order)`);
      return commitment.reduceRight(
        (sum, coefficient) => timesPublic(sum, index, Point.ZERO).add(coefficient),
        Point.ZERO,
      );
    },
    encode,
    decode,
  };
}

/** `index · point` by double-and-add: indices have a few bits, for which tables do not pay. */
function timesPublic<F>(
  point: WeierstrassPoint<F>,
  index: bigint,
  zero: WeierstrassPoint<F>,
): WeierstrassPoint<F> {
  if (index === 0n || point.is0()) return zero;
  if (index >> 16n !== 0n) return point.multiplyUnsafe(index);
  let product = point;
  for (let bit = index.toString(2).length - 2; bit >= 0; bit--) {
    product = product.double();
    if ((index >> BigInt(bit)) & 1n) product = product.add(point);
  }
  return product;
}
