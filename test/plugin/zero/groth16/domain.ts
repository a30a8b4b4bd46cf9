// SPDX-License-Identifier: GPL-3.0-or-later
import { expect } from "chai";
import * as snarkjs from "snarkjs";

import { ByteWriter } from "../../../../plugin/zero/circuit/section-file.ts";
import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { Domain } from "../../../../plugin/zero/groth16/domain.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { power, rootOfUnity } from "../../../../plugin/zero/keys/lagrange.ts";
import { seeded } from "../../../seeded.ts";

const SEED = "transforms";

/** The value at x of the polynomial with these coefficients, by Horner's rule. */
function valueAt(coefficients: readonly bigint[], x: bigint): bigint {
  return coefficients.reduceRight((value, coefficient) => (value * x + coefficient) % r, 0n);
}

function bitReversed<T>(values: readonly T[]): T[] {
  const bits = Math.log2(values.length);
  return values.map(
    (_, i) => values[Number(`0b0${[...i.toString(2).padStart(bits, "0")].reverse().join("")}`)]!,
  );
}

describe(`transforms over a domain (seed "${SEED}")`, function () {
  this.timeout(60_000);

  const random = seeded(SEED);
  const numbers = (n: number): bigint[] =>
    Array.from({ length: n }, (_, i) => (i === 1 ? 0n : random.scalar(r)));
  let kernels: Kernels;
  let outermost: number;
  before(async () => {
    kernels = await Kernels.start(2);
    outermost = kernels.mark();
  });
  afterEach(() => kernels.release(outermost));
  after(() => kernels.close());

  for (const bits of [0, 1, 2, 3, 5, 8]) {
    it(`evaluate, interpolate and shift 2^${bits} coefficients as Horner's rule does`, () => {
      const n = 2 ** bits;
      const domain = new Domain(kernels, bits);
      const coefficients = numbers(n);
      const root = rootOfUnity(bits);
      const points = Array.from({ length: n }, (_, i) => power(root, BigInt(i)));
      const at = (scale: bigint) => points.map((point) => valueAt(coefficients, scale * point));

      const vector = kernels.fromBigints(bitReversed(coefficients));
      domain.evaluate(vector);
      expect(kernels.toBigints(vector, n)).to.deep.equal(at(1n));
      domain.interpolate(vector);
      expect(kernels.toBigints(vector, n)).to.deep.equal(bitReversed(coefficients));
      domain.shift(vector);
      domain.evaluate(vector);
      expect(kernels.toBigints(vector, n)).to.deep.equal(at(rootOfUnity(bits + 1)));
    });
  }

  it("have the values that snarkjs' engine has, 2^12 of them", async () => {
    const [bits, n] = [12, 2 ** 12];
    const domain = new Domain(kernels, bits);
    const coefficients = numbers(n);
    const { Fr } = await snarkjs.curves.getCurveFromName("bn128", { singleThread: true });
    const values = kernels.fromBigints(bitReversed(coefficients));
    domain.evaluate(values);
    // The transform is linear, so numbers out of Montgomery form stay out of it.
    expect(kernels.toBigints(values, n)).to.deep.equal(numbersOf(await Fr.fft(bytesOf(coefficients))));
    const others = numbers(n);
    const vector = kernels.fromBigints(others);
    domain.interpolate(vector);
    expect(bitReversed(kernels.toBigints(vector, n))).to.deep.equal(
      numbersOf(await Fr.ifft(bytesOf(others))),
    );
  });

  it("of several vectors are those of each", () => {
    for (const bits of [0, 1, 4]) {
      const n = 2 ** bits;
      const domain = new Domain(kernels, bits);
      const values = numbers(3 * n);
      const all = kernels.fromBigints(values);
      const transform = (vectors: number, count?: number) => {
        domain.interpolate(vectors, count);
        domain.shift(vectors, count);
        domain.evaluate(vectors, count);
      };
      transform(all, 3);
      const each = [0, 1, 2].flatMap((i) => {
        const one = kernels.fromBigints(values.slice(i * n, (i + 1) * n));
        transform(one);
        return kernels.toBigints(one, n);
      });
      expect(kernels.toBigints(all, 3 * n)).to.deep.equal(each);
    }
  });

  it("are the same on one thread and on three", async () => {
    const values = numbers(2 ** 6);
    const [one, three] = await Promise.all(
      [1, 3].map(async (threads) => {
        const own = await Kernels.start(threads);
        const domain = new Domain(own, 6);
        const vector = own.fromBigints(values);
        domain.interpolate(vector);
        domain.shift(vector);
        domain.evaluate(vector);
        const result = own.toBigints(vector, values.length);
        await own.close();
        return result;
      }),
    );
    expect(one).to.deep.equal(three);
  });
});

function bytesOf(values: readonly bigint[]): Uint8Array {
  const writer = new ByteWriter(32 * values.length);
  for (const value of values) writer.number256(value);
  return writer.bytes;
}

function numbersOf(bytes: Uint8Array): bigint[] {
  return Array.from({ length: bytes.length / 32 }, (_, i) =>
    BigInt(
      `0x${Buffer.from(bytes.slice(32 * i, 32 * i + 32))
        .reverse()
        .toString("hex")}`,
    ),
  );
}
