import { expect } from "chai";

import { bls12381 } from "../../../../plugin/crypto/bls/bls12-381.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import {
  combine,
  TooFewPartialsError,
  verifyPartial,
  type SigningKey,
} from "../../../../plugin/crypto/threshold/combine.ts";
import { KeyError } from "../../../../plugin/crypto/threshold/key-error.ts";
import { KeyShare } from "../../../../plugin/crypto/threshold/key-share.ts";
import { partialSign, type PartialSignature } from "../../../../plugin/crypto/threshold/partial-sign.ts";
import { evaluate, randomPolynomial, randomScalar } from "../../../../plugin/crypto/threshold/polynomial.ts";
import { randomness } from "../../../../plugin/crypto/threshold/randomness.ts";
import { seeded } from "../../../seeded.ts";

/** All subsets of `size` items, in order. */
function subsets<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}

for (const suite of [bn254, bls12381]) {
  describe(`plugin/crypto/threshold/combine: ${suite.name} (seed "combine")`, () => {
    const random = seeded("combine").bytes;
    const [n, threshold] = [5, 3];
    const secret = randomScalar(suite.fr, random);
    const polynomial = randomPolynomial(secret, threshold, suite.fr, random);
    const shares = Array.from(
      { length: n },
      (_, i) => new KeyShare(i + 1, evaluate(polynomial, i + 1, suite.fr)),
    );
    const key: SigningKey = {
      suite,
      threshold,
      groupPublicKey: suite.publicKey(secret),
      sharePublicKeys: shares.map((share) => suite.publicKey(share.secret)),
    };
    const digest = random(32);
    const partials = shares.map((share) => partialSign(suite, share, digest));
    const expected = suite.sign(secret, digest);
    const wrong: PartialSignature = { index: 2, signature: partials[2]!.signature };

    const refusal = (some: readonly PartialSignature[]): TooFewPartialsError => {
      try {
        combine(key, digest, some);
      } catch (error) {
        if (error instanceof TooFewPartialsError) return error;
        throw error;
      }
      throw new Error("combined what it should have refused");
    };

    it("makes the same signature from any t partials, in any order: the one of the whole secret", () => {
      for (const subset of subsets(partials, threshold)) {
        expect(combine(key, digest, subset.reverse())).to.deep.equal({ signature: expected, bad: [] });
      }
      expect(suite.verify(digest, expected, key.groupPublicKey)).to.equal(true);
    });

    it("makes none from t − 1, however they are counted", () => {
      for (const subset of subsets(partials, threshold - 1)) {
        const error = refusal([...subset, subset[0]!]);
        expect(error.code).to.equal("TOO_FEW_PARTIALS");
        expect(error.bad).to.deep.equal([{ index: subset[0]!.index, reason: "duplicate index" }]);
      }
      // Even if t is understated, t − 1 partials do not interpolate to the group's signature.
      const lowered = { ...key, threshold: threshold - 1 };
      expect(() => combine(lowered, digest, partials.slice(0, threshold - 1)))
        .to.throw(KeyError)
        .with.property("code", "BAD_PARAMETER");
    });

    it("finds the culprit and signs without it", () => {
      const { signature, bad } = combine(key, digest, [partials[0]!, wrong, ...partials.slice(2)]);
      expect(signature).to.deep.equal(expected);
      expect(bad).to.deep.equal([{ index: 2, reason: "wrong signature" }]);
    });

    it("names everything that it left out", () => {
      const bytes = partials[0]!.signature.length;
      const junk = [
        { index: 0, signature: partials[0]!.signature },
        { index: n + 1, signature: partials[0]!.signature },
        { index: 1.5, signature: partials[0]!.signature },
        { index: 5, signature: new Uint8Array(bytes) },
        { index: 4, signature: partials[3]!.signature.subarray(1) },
      ];
      const { bad, ...combined } = combine(key, digest, [...junk, ...partials.slice(0, 3), partials[0]!]);
      expect(combined).to.deep.equal({ signature: expected });
      expect(bad).to.deep.equal([
        { index: 0, reason: "unknown index" },
        { index: 6, reason: "unknown index" },
        { index: 1.5, reason: "unknown index" },
        { index: 5, reason: "malformed signature" },
        { index: 4, reason: "malformed signature" },
        { index: 1, reason: "duplicate index" },
      ]);
      const error = refusal([partials[0]!, wrong, partials[2]!]);
      expect(error.bad).to.deep.equal([{ index: 2, reason: "wrong signature" }]);
      expect(error.message).to.contain("2 usable").and.to.contain("2 (wrong signature)");
    });

    it("refuses partials of another digest and keys that do not belong together", () => {
      const other = random(32);
      expect(refusal(shares.map((share) => partialSign(suite, share, other))).bad).to.have.length(n);
      const foreign = { ...key, groupPublicKey: suite.publicKey(7n) };
      expect(() => combine(foreign, digest, partials))
        .to.throw(KeyError)
        .with.property("code", "BAD_PARAMETER");
    });

    it("verifies single partials", () => {
      expect(verifyPartial(key, digest, partials[1]!)).to.equal(true);
      expect(verifyPartial(key, digest, wrong)).to.equal(false);
      expect(verifyPartial(key, digest, { index: 9, signature: expected })).to.equal(false);
      expect(verifyPartial(key, digest, { index: 1, signature: new Uint8Array(3) })).to.equal(false);
    });

    it("draws a seed of its own from a signature", () => {
      expect(randomness(expected)).to.have.length(32);
      expect(randomness(expected)).to.deep.equal(randomness(expected.slice()));
      expect(randomness(expected)).to.not.deep.equal(randomness(partials[0]!.signature));
    });
  });
}
