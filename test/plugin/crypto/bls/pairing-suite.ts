import { concatBytes, hexToBytes } from "@noble/curves/utils.js";
import { expect } from "chai";

import { bls12381, bls12381Options } from "../../../../plugin/crypto/bls/bls12-381.ts";
import { bn254, bn254Options } from "../../../../plugin/crypto/bls/bn254.ts";
import { pairingSuite } from "../../../../plugin/crypto/bls/pairing-suite.ts";
import { BlsEncodingError } from "../../../../plugin/crypto/bls/suite.ts";
import { suiteById } from "../../../../plugin/crypto/bls/suites.ts";
import { bls12381HashVectors, signatureVectors } from "../../../contracts/bls/vectors.ts";
import { seeded } from "../../../seeded.ts";

const digest = hexToBytes("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");

describe("plugin/crypto/bls: vectors of other implementations", () => {
  it("hashes to BLS12-381 as RFC 9380 does", () => {
    for (const { message, p } of bls12381HashVectors.cases) {
      expect(bls12381Options.hashToCurve(message, bls12381HashVectors.dst).toAffine()).to.deep.equal(p);
    }
  });

  for (const vector of signatureVectors) {
    const { scheme, title, dst, message, hash, publicKey, signature } = vector;
    const options = scheme === "BN254" ? bn254Options : bls12381Options;
    it(`${scheme}: ${title}`, () => {
      // The same curve and hash, with the tag of the other implementation in place of ours.
      const suite = pairingSuite({ ...options, tags: { signature: dst, possession: "unused" } });
      const hashed = options.hashToCurve(message, dst);
      if (hash) expect(suite.g1.encode(hashed)).to.deep.equal(hash);
      if (!signature || !publicKey) return;
      const key = suite.g2.decode(publicKey);
      const point = suite.g1.decode(signature);
      if (message.length === 32) {
        expect(suite.verify(message, signature, publicKey)).to.equal(true);
        expect(suite.verify(message, point.negate(), publicKey)).to.equal(false);
      } else {
        const left = options.curve.pairing(point, suite.g2.generator);
        const right = options.curve.pairing(hashed, key);
        expect(options.curve.fields.Fp12.eql(left, right)).to.equal(true);
      }
    });
  }
});

for (const suite of [bn254, bls12381]) {
  describe(`plugin/crypto/bls/pairing-suite: ${suite.name}`, () => {
    const secret = 0x1234567890abcdefn;
    const publicKey = suite.publicKey(secret);
    const signature = suite.sign(secret, digest);

    it("is found by its id", () => {
      expect(suiteById(suite.id)).to.equal(suite);
      expect(() => suiteById(2)).to.throw(RangeError, "no BLS suite has id 2");
    });

    it("verifies what it signs, in bytes or in points", () => {
      expect(signature).to.have.length(suite.signatureLength);
      expect(publicKey).to.have.length(suite.publicKeyLength);
      const point = suite.g1.decode(signature);
      const key = suite.g2.decode(publicKey);
      expect(suite.verify(digest, signature, publicKey)).to.equal(true);
      expect(suite.verify(digest, point, key)).to.equal(true);
      expect(suite.verify(digest, signature, key)).to.equal(true);
    });

    it("is deterministic", () => {
      expect(suite.sign(secret, digest)).to.deep.equal(signature);
    });

    it("refuses another digest, key or signature", () => {
      const other = Uint8Array.from(digest);
      other[31]! ^= 1;
      expect(suite.verify(other, signature, publicKey)).to.equal(false);
      expect(suite.verify(digest, signature, suite.publicKey(secret + 1n))).to.equal(false);
      expect(suite.verify(digest, suite.sign(secret + 1n, digest), publicKey)).to.equal(false);
      expect(suite.verify(digest, suite.g1.decode(signature).negate(), publicKey)).to.equal(false);
    });

    it("tells whether points of the two groups have the same logarithm", () => {
      const { g1, g2 } = suite;
      const [five, six] = [g1.multiply(g1.generator, 5n), g1.multiply(g1.generator, 6n)];
      const other = g2.multiply(g2.generator, 5n);
      expect(suite.sameLogarithm(five, other)).to.equal(true);
      expect(suite.sameLogarithm(six, other)).to.equal(false);
      expect(suite.sameLogarithm(five.negate(), other)).to.equal(false);
      expect(suite.sameLogarithm(g1.infinity, g2.infinity)).to.equal(true);
      expect(suite.sameLogarithm(g1.infinity, other)).to.equal(false);
      expect(suite.sameLogarithm(five, g2.infinity)).to.equal(false);
    });

    it("keeps the domains apart", () => {
      const proof = suite.provePossession(secret, digest);
      expect(suite.verifyPossession(digest, proof, publicKey)).to.equal(true);
      expect(suite.verify(digest, proof, publicKey)).to.equal(false);
      expect(suite.verifyPossession(digest, signature, publicKey)).to.equal(false);
    });

    it("throws for infinity and malformed bytes, as the contracts revert", () => {
      const { infinity } = suite.g1;
      expect(() => suite.verify(digest, infinity, publicKey)).to.throw(
        BlsEncodingError,
        "signature is infinity",
      );
      expect(() => suite.verify(digest, signature, suite.g2.infinity)).to.throw(
        BlsEncodingError,
        "key is infinity",
      );
      expect(() => suite.verify(digest, signature.subarray(1), publicKey)).to.throw(
        BlsEncodingError,
        "bytes given",
      );
      expect(() => suite.verify(digest, signature, concatBytes(publicKey, publicKey))).to.throw(
        BlsEncodingError,
      );
    });

    it("takes 32-byte digests and secrets in [1, order) only, and does not print a bad secret", () => {
      expect(() => suite.sign(secret, digest.subarray(1))).to.throw(RangeError, "31 given");
      for (const bad of [0n, -1n, suite.fr.ORDER, suite.fr.ORDER + 5n]) {
        for (const use of [() => suite.sign(bad, digest), () => suite.publicKey(bad)]) {
          expect(use)
            .to.throw(RangeError, "[1, order)")
            .with.property("message")
            .that.does.not.contain(bad === 0n ? "is 0" : bad.toString());
        }
      }
    });

    it("draws different secrets in range", () => {
      const secrets = Array.from({ length: 8 }, () => suite.randomSecret());
      expect(new Set(secrets).size).to.equal(8);
      for (const drawn of secrets) expect(drawn > 0n && drawn < suite.fr.ORDER).to.equal(true);
    });

    it("makes of 3 shares of 5 the signature of the group, and of 2 shares none", () => {
      const { fr, g1, g2 } = suite;
      const random = seeded("3 of 5");
      const coefficients = Array.from({ length: 3 }, () => random.scalar(fr.ORDER));
      const commitment = coefficients.map((c) => g2.multiply(g2.generator, c));
      const share = (i: bigint): bigint =>
        coefficients.reduceRight((sum, c) => fr.add(fr.mul(sum, i), c), 0n);
      const lagrange = (indices: bigint[], i: bigint): bigint =>
        indices.filter((j) => j !== i).reduce((product, j) => fr.mul(product, fr.div(j, fr.sub(j, i))), 1n);
      const combine = (indices: bigint[]): Uint8Array =>
        g1.encode(
          g1.linearCombination(
            indices.map((i) => g1.decode(suite.sign(share(i), digest))),
            indices.map((i) => lagrange(indices, i)),
          ),
        );
      const groupKey = g2.encode(commitment[0]!);
      for (const i of [1n, 5n]) {
        const shareKey = g2.evaluate(commitment, i);
        expect(suite.verify(digest, suite.sign(share(i), digest), shareKey)).to.equal(true);
      }
      expect(combine([1n, 3n, 5n])).to.deep.equal(suite.sign(coefficients[0]!, digest));
      expect(combine([2n, 3n, 4n])).to.deep.equal(combine([1n, 3n, 5n]));
      expect(suite.verify(digest, combine([1n, 2n, 5n]), groupKey)).to.equal(true);
      expect(suite.verify(digest, combine([1n, 2n]), groupKey)).to.equal(false);
    });
  });
}
