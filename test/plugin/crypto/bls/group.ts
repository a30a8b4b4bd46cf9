import { bls12_381 } from "@noble/curves/bls12-381.js";
import { bn254 as noble254 } from "@noble/curves/bn254.js";
import { concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { expect } from "chai";

import { bls12381 } from "../../../../plugin/crypto/bls/bls12-381.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { BlsEncodingError, type EncodingFault, type Group } from "../../../../plugin/crypto/bls/suite.ts";
import { outsideSubgroup } from "../../../contracts/bls/outside-subgroup.ts";
import { seeded } from "../../../seeded.ts";

const curves = [
  { suite: bn254, noble: noble254, numberLength: 32 },
  { suite: bls12381, noble: bls12_381, numberLength: 64 },
];

/** The fault of decoding `bytes`; fails when they decode. */
function faultOf<P>(group: Group<P>, bytes: Uint8Array): EncodingFault {
  try {
    group.decode(bytes);
  } catch (error) {
    if (error instanceof BlsEncodingError) return error.fault;
    throw error;
  }
  throw new Error("the bytes decoded");
}

for (const { suite, noble, numberLength } of curves) {
  describe(`plugin/crypto/bls/group: ${suite.name}`, () => {
    const { Fp } = noble.fields;
    const random = seeded(`group ${suite.name}`);
    const number = (x: bigint): Uint8Array => numberToBytesBE(x, numberLength);
    const point = (...numbers: bigint[]): Uint8Array => concatBytes(...numbers.map(number));
    const g1 = suite.g1.encode(suite.g1.generator);
    const g2 = suite.g2.encode(suite.g2.generator);

    it("writes the generators as the EIPs do", () => {
      const { x, y } = noble.G1.Point.BASE.toAffine();
      expect(g1).to.deep.equal(point(x, y));
      const q = noble.G2.Point.BASE.toAffine();
      expect(g2).to.deep.equal(
        suite.id === 0 ? point(q.x.c1, q.x.c0, q.y.c1, q.y.c0) : point(q.x.c0, q.x.c1, q.y.c0, q.y.c1),
      );
      if (suite.id === 0) expect(g1).to.deep.equal(point(1n, 2n));
    });

    it("decodes what it encodes", () => {
      for (let i = 0; i < 4; i++) {
        const secret = random.scalar(suite.fr.ORDER);
        const p = suite.g1.multiply(suite.g1.generator, secret);
        expect(suite.g1.decode(suite.g1.encode(p)).equals(p)).to.equal(true);
        const q = suite.g2.multiply(suite.g2.generator, secret);
        expect(suite.g2.decode(suite.g2.encode(q)).equals(q)).to.equal(true);
      }
    });

    it("refuses wrong lengths", () => {
      for (const bytes of [new Uint8Array(), g1.subarray(1), new Uint8Array([...g1, 0]), g2]) {
        expect(faultOf(suite.g1, bytes)).to.equal("length");
      }
      for (const bytes of [new Uint8Array(), g2.subarray(1), new Uint8Array([...g2, 0]), g1]) {
        expect(faultOf(suite.g2, bytes)).to.equal("length");
      }
    });

    it("refuses every coordinate that is not below the prime, also one that reduces to a good point", () => {
      const { x, y } = noble.G1.Point.BASE.toAffine();
      expect(faultOf(suite.g1, point(x + Fp.ORDER, y))).to.equal("coordinate");
      expect(faultOf(suite.g1, point(x, y + Fp.ORDER))).to.equal("coordinate");
      expect(faultOf(suite.g1, point(Fp.ORDER, 0n))).to.equal("coordinate");
      const q = noble.G2.Point.BASE.toAffine();
      const numbers = [q.x.c0, q.x.c1, q.y.c0, q.y.c1];
      for (let i = 0; i < 4; i++) {
        const grown = numbers.map((n, j) => (i === j ? n + Fp.ORDER : n));
        expect(faultOf(suite.g2, point(...grown))).to.equal("coordinate");
      }
      if (numberLength === 64) {
        const padded = Uint8Array.from(g1);
        padded[0] = 1;
        expect(faultOf(suite.g1, padded)).to.equal("coordinate");
      }
    });

    it("refuses infinity both ways", () => {
      expect(faultOf(suite.g1, new Uint8Array(g1.length))).to.equal("infinity");
      expect(faultOf(suite.g2, new Uint8Array(g2.length))).to.equal("infinity");
      expect(() => suite.g1.encode(suite.g1.infinity)).to.throw(BlsEncodingError, "infinity");
      expect(() => suite.g2.encode(suite.g2.infinity)).to.throw(BlsEncodingError, "infinity");
    });

    it("refuses points off the curve", () => {
      for (const i of [numberLength - 1, 2 * numberLength - 1]) {
        const bent = Uint8Array.from(g1);
        bent[i]! ^= 1;
        expect(faultOf(suite.g1, bent)).to.equal("curve");
      }
      for (let i = 0; i < 4; i++) {
        const bent = Uint8Array.from(g2);
        bent[(i + 1) * numberLength - 1]! ^= 1;
        expect(faultOf(suite.g2, bent)).to.equal("curve");
      }
    });

    it("refuses points outside the subgroup of prime order", () => {
      const { publicKey, signature } = outsideSubgroup(suite.id);
      expect(faultOf(suite.g2, publicKey)).to.equal("subgroup");
      if (signature) expect(faultOf(suite.g1, signature)).to.equal("subgroup");
    });

    it("multiplies by 0 and refuses scalars outside the field", () => {
      expect(suite.g2.multiply(suite.g2.generator, 0n).is0()).to.equal(true);
      expect(suite.g2.multiply(suite.g2.infinity, 5n).is0()).to.equal(true);
      for (const scalar of [-1n, suite.fr.ORDER, suite.fr.ORDER + 1n]) {
        expect(() => suite.g1.multiply(suite.g1.generator, scalar)).to.throw(RangeError);
        expect(() => suite.g1.multiply(suite.g1.infinity, scalar)).to.throw(RangeError);
        expect(() => suite.g2.evaluate([suite.g2.generator], scalar)).to.throw(RangeError);
        expect(() => suite.g1.linearCombination([suite.g1.generator], [scalar])).to.throw(Error);
      }
    });

    it("evaluates a Feldman commitment where the polynomial is", () => {
      const { fr, g2: group } = suite;
      const coefficients = [
        random.scalar(suite.fr.ORDER),
        random.scalar(suite.fr.ORDER),
        0n,
        random.scalar(suite.fr.ORDER),
      ];
      const commitment = coefficients.map((c) => group.multiply(group.generator, c));
      for (const index of [0n, 1n, 2n, 13n, 65_535n, 65_536n, fr.ORDER - 1n]) {
        const value = coefficients.reduceRight((sum, c) => fr.add(fr.mul(sum, index), c), 0n);
        const expected = group.multiply(group.generator, value);
        expect(group.evaluate(commitment, index).equals(expected)).to.equal(true);
      }
      expect(group.evaluate([], 1n).is0()).to.equal(true);
    });

    it("adds up linear combinations", () => {
      const { g1: group } = suite;
      for (const size of [0, 1, 2, 5, 300]) {
        const scalars = Array.from({ length: size }, () => random.scalar(suite.fr.ORDER));
        const points = scalars.map((_, i) => group.multiply(group.generator, BigInt(i)));
        const sum = scalars.reduce((total, s, i) => suite.fr.add(total, suite.fr.mul(s, BigInt(i))), 0n);
        const expected = group.multiply(group.generator, sum);
        expect(group.linearCombination(points, scalars).equals(expected)).to.equal(true);
      }
      expect(() => group.linearCombination([group.generator], [])).to.throw(Error);
    });
  });
}
