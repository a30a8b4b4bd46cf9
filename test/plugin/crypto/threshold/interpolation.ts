import { expect } from "chai";
import fc from "fast-check";

import { bls12381 } from "../../../../plugin/crypto/bls/bls12-381.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import {
  interpolatePoint,
  interpolateScalar,
  lagrangeCoefficients,
} from "../../../../plugin/crypto/threshold/interpolation.ts";
import { KeyError } from "../../../../plugin/crypto/threshold/key-error.ts";
import { evaluate, randomPolynomial, randomScalar } from "../../../../plugin/crypto/threshold/polynomial.ts";
import { seeded } from "../../../seeded.ts";

const SEED = 0x4e65787573;

describe(`plugin/crypto/threshold/interpolation (seed ${SEED})`, () => {
  it("has the textbook's coefficients", () => {
    // Shamir, "How to share a secret", with indices 1, 2, 3: f(0) = 3f(1) − 3f(2) + f(3).
    expect(lagrangeCoefficients([1, 2, 3], 0)).to.deep.equal({ weights: [3n, -3n, 1n], denominator: 1n });
    // 1·f(2)·… : λ₂ = 4·5/((4−2)(5−2)) = 10/3, λ₄ = 2·5/((2−4)(5−4)) = −5, λ₅ = 2·4/((2−5)(4−5)) = 8/3.
    expect(lagrangeCoefficients([2, 4, 5], 0)).to.deep.equal({ weights: [10n, -15n, 8n], denominator: 3n });
    expect(lagrangeCoefficients([7], 0)).to.deep.equal({ weights: [1n], denominator: 1n });
    expect(lagrangeCoefficients([1, 2, 3], 2).weights).to.deep.equal([0n, 1n, 0n]);
  });

  it("recovers the Wikipedia example of Shamir's sharing, f(x) = 1234 + 166x + 94x²", () => {
    expect(interpolateScalar(bn254.fr, [2, 4, 5], [1942n, 3402n, 4414n], 0)).to.equal(1234n);
  });

  for (const { name, fr, g1 } of [bn254, bls12381]) {
    it(`finds any polynomial's values from any indices, in the field and in the exponent, on ${name}`, () => {
      const indices = fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 9 });
      const check = fc.property(indices, fc.integer({ min: 0, max: 20 }), fc.string(), (some, at, seed) => {
        const random = seeded(`${SEED} ${seed}`).bytes;
        const polynomial = randomPolynomial(randomScalar(fr, random), some.length, fr, random);
        const values = some.map((index) => evaluate(polynomial, index, fr));
        const expected = evaluate(polynomial, at, fr);
        expect(interpolateScalar(fr, some, values, at)).to.equal(expected);
        const points = values.map((value) => g1.multiply(g1.generator, value));
        const point = interpolatePoint(g1, fr, some, points, at);
        expect(point.equals(g1.multiply(g1.generator, expected))).to.equal(true);
      });
      fc.assert(check, { seed: SEED, numRuns: 15 });
    });
  }

  it("reduces weights that are longer than the field", () => {
    const { fr, g1 } = bn254;
    const random = seeded("long weights").bytes;
    const indices = Array.from({ length: 40 }, (_, i) => 1 + ((i * 12_345) % 65_521));
    const polynomial = randomPolynomial(5n, 40, fr, random);
    const points = indices.map((index) => g1.multiply(g1.generator, evaluate(polynomial, index, fr)));
    const { weights } = lagrangeCoefficients(indices, 0);
    expect(weights.some((weight) => weight > 1n << 192n || weight < -(1n << 192n))).to.equal(true);
    expect(interpolatePoint(g1, fr, indices, points, 0).equals(g1.multiply(g1.generator, 5n))).to.equal(true);
  });

  it("refuses repeated, zero, fractional and missing indices", () => {
    for (const bad of [[1, 1], [0, 1], [-1], [1.5], [65536], []]) {
      expect(() => lagrangeCoefficients(bad, 0))
        .to.throw(KeyError)
        .with.property("code", "BAD_PARAMETER");
    }
  });
});
