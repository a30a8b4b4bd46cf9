import { bn254 } from "@noble/curves/bn254.js";
import { expect } from "chai";

import { FixedBase } from "../../../../plugin/zero/kernels/fixed-base.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { FR_MODULUS } from "../../../../plugin/zero/kernels/layout.ts";
import { multiscalar, type Terms } from "../../../../plugin/zero/kernels/multiscalar.ts";
import { affineBytes, writePoint, type Group } from "../../../../plugin/zero/kernels/points.ts";
import { seeded } from "../../../seeded.ts";

const r = FR_MODULUS;
const SEED = "multiscalar";
const modulo = (value: bigint): bigint => ((value % r) + r) % r;

/** One type for points of both groups. */
const curves = {
  g1: bn254.G1.Point,
  g2: bn254.G2.Point as unknown as typeof bn254.G1.Point,
};

for (const group of ["g1", "g2"] as const) {
  const { BASE, ZERO } = curves[group];
  const multipleOf = (scalar: bigint) => (modulo(scalar) === 0n ? ZERO : BASE.multiply(modulo(scalar)));

  describe(`multiscalar products in ${group} (seed "${SEED}")`, () => {
    const random = seeded(`${SEED} ${group}`);
    let kernels: Kernels;
    let base: FixedBase;
    let mark: number;
    before(async () => {
      kernels = await Kernels.start(2);
      base = new FixedBase(kernels, group);
      mark = kernels.mark();
    });
    afterEach(() => kernels.release(mark));
    after(() => kernels.close());

    /** Points that are these multiples of the generator. */
    const pointsOf = (multiples: readonly bigint[]): number => {
      const points = kernels.alloc(multiples.length * affineBytes[group]);
      base.multiples(points, kernels.scalars(multiples), multiples.length);
      return points;
    };
    const expectSum = (lists: readonly Terms[], expected: bigint): void => {
      const sum = multiscalar(kernels, group as Group, lists) as typeof BASE;
      expect(sum.equals(multipleOf(expected))).to.equal(true);
    };

    it("has a table of multiples of the generator", () => {
      const multiples = [
        0n,
        1n,
        2n,
        4095n,
        4096n,
        r - 1n,
        ...Array.from({ length: 20 }, () => random.scalar(r)),
      ];
      const points = pointsOf(multiples);
      multiples.forEach((multiple, i) => {
        const alone = kernels.alloc(affineBytes[group]);
        writePoint(kernels, group, alone, multipleOf(multiple));
        const made = kernels.bytes(points + i * affineBytes[group], affineBytes[group]);
        expect([...made], String(multiple)).to.deep.equal([...kernels.bytes(alone, affineBytes[group])]);
      });
    });

    // Of one term, of less than a queue, of more, and of as many as are cut into parts.
    for (const count of [0, 1, 2, 3, 600, 5000, ...(group === "g1" ? [9_000] : [])]) {
      it(`of ${count} terms are right`, () => {
        const multiples = Array.from({ length: count }, () => random.scalar(r));
        const scalars = Array.from({ length: count }, (_, i) => [r - 1n, 0n, 1n][i] ?? random.scalar(r));
        const expected = multiples.reduce((sum, multiple, i) => sum + multiple * scalars[i]!, 0n);
        expectSum(
          [{ points: pointsOf(multiples), scalars: kernels.scalars(scalars), width: 32, count }],
          expected,
        );
      });
    }

    it("of equal, opposite and infinite points are right", () => {
      const multiples = Array.from({ length: 900 }, (_, i) => [0n, 5n, r - 5n, 5n, 10n, r - 10n][i % 6]!);
      for (const scalar of [1n, 2n, 7n, 255n, r - 1n, (1n << 253n) + 12345n]) {
        const scalars = multiples.map((_, i) => (i % 7 === 0 ? scalar : 3n));
        const expected = multiples.reduce((sum, multiple, i) => sum + multiple * scalars[i]!, 0n);
        expectSum(
          [{ points: pointsOf(multiples), scalars: kernels.scalars(scalars), width: 32, count: 900 }],
          expected,
        );
      }
    });

    // All terms of a window lie in one bucket, which has less, as many and more sums than share an inversion, at the first level or later.
    for (const count of [1023, 1025, 2047, 2049, ...(group === "g1" ? [4095, 4097] : [])]) {
      it(`of ${count} terms with one scalar and points that are equal, or cancel, are right`, () => {
        const kinds: readonly ((i: number) => bigint)[] = [
          () => 5n,
          (i) => (i % 2 === 0 ? 5n : r - 5n),
          // Pairs cancel at the second level only.
          (i) => (i % 4 < 2 ? 5n : r - 5n),
          () => 0n,
        ];
        for (const kind of kinds) {
          const multiples = Array.from({ length: count }, (_, i) => kind(i));
          const points = pointsOf(multiples);
          const sum = multiples.reduce((total, multiple) => total + multiple, 0n);
          const scalars = kernels.alloc(2 * count);
          kernels.bytes(scalars, 2 * count).fill(0xff);
          expectSum([{ points, scalars, width: 2, count }], 65_535n * sum);
          const wide = kernels.scalars(multiples.map(() => r - 1n));
          expectSum([{ points, scalars: wide, width: 32, count }], -sum);
        }
      });
    }

    it("take narrow scalars and numbers of points, in several lists", () => {
      const multiples = Array.from({ length: 300 }, () => random.scalar(r));
      const points = pointsOf(multiples);
      let expected = 0n;
      const lists = [1, 2, 4, 8].map((width) => {
        const count = 500;
        const most = 256n ** BigInt(width);
        const values = Array.from({ length: count }, (_, i) => [most - 1n, 1n, 0n][i] ?? random.scalar(most));
        const numbers = Uint32Array.from({ length: count }, () => Number(random.scalar(300n)));
        values.forEach((value, i) => (expected += value * multiples[numbers[i]!]!));
        const scalars = kernels.alloc(count * width);
        values.forEach((value, i) => {
          for (let byte = 0; byte < width; byte++) {
            kernels.bytes(scalars + i * width, width)[byte] = Number((value >> BigInt(8 * byte)) & 255n);
          }
        });
        const indices = kernels.alloc(numbers.byteLength);
        new Uint32Array(kernels.memory.buffer, indices, count).set(numbers);
        return { points, indices, scalars, width, count };
      });
      expectSum(lists, expected);
    });

    it("give back the room they took", () => {
      const before = kernels.mark();
      const points = pointsOf([1n, 2n]);
      const scalars = kernels.scalars([3n, 4n]);
      const taken = kernels.mark();
      expectSum([{ points, scalars, width: 32, count: 2 }], 11n);
      expect(kernels.mark()).to.equal(taken);
      kernels.release(before);
    });
  });
}
