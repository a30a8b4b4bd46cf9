import { Field } from "@noble/curves/abstract/modular.js";
import { bn254 as curve } from "@noble/curves/bn254.js";
import { expect } from "chai";

import { mapToG1 } from "../../../../plugin/crypto/bls/bn254.ts";
import { svdwMap } from "../../../../plugin/crypto/bls/svdw.ts";
import { bn254HashVectors } from "../../../contracts/bls/vectors.ts";

describe("plugin/crypto/bls/svdw", () => {
  const { Fp } = curve.fields;

  it("maps as gnark-crypto does", () => {
    for (const { u, q } of bn254HashVectors.cases) expect(u.map(mapToG1)).to.deep.equal(q);
  });

  it("maps the exceptional elements, where a denominator vanishes, as RFC 9380 says", () => {
    // 1 - 4u² = 0 for u = ±1/2. Then x1 = -Z/2 = -1/2 when g of it is a square, and Z = 1 otherwise.
    const half = Fp.inv(2n);
    const g = Fp.add(Fp.pow(Fp.neg(half), 3n), 3n);
    const x = Fp.eql(Fp.pow(g, (Fp.ORDER - 1n) / 2n), 1n) ? Fp.neg(half) : 1n;
    for (const u of [half, Fp.neg(half)]) {
      const point = mapToG1(u);
      expect(point.x).to.equal(x);
      expect(point.y & 1n).to.equal(u & 1n);
    }
  });

  it("lands on the curve for every element of a small field, on three curves", () => {
    // Over F_1019, p ≡ 3 (mod 4); Z of each curve by RFC 9380, appendix H.1: g(Z) ≠ 0, -(3Z² + 4a) / (4g(Z)) a non-zero
    // square, and g(Z) or g(-Z/2) a square.
    const F = Field(1019n);
    const isSquare = (x: bigint): boolean => F.is0(x) || F.pow(x, (F.ORDER - 1n) / 2n) === 1n;
    for (const [a, b] of [
      [0n, 3n],
      [5n, 7n],
      [1016n, 11n],
    ] as const) {
      const g = (x: bigint): bigint => F.add(F.add(F.pow(x, 3n), F.mul(a, x)), b);
      const isZ = (z: bigint): boolean => {
        if (F.is0(g(z))) return false;
        const h = F.neg(F.div(F.add(F.mul(F.sqr(z), 3n), F.mul(a, 4n)), F.mul(g(z), 4n)));
        return !F.is0(h) && isSquare(h) && (isSquare(g(z)) || isSquare(g(F.div(F.neg(z), 2n))));
      };
      let z = 1n;
      while (!isZ(z)) z++;
      const map = svdwMap(F, { a, b, z });
      for (let u = 0n; u < F.ORDER; u++) {
        const { x, y } = map(u);
        expect(F.sqr(y)).to.equal(g(x));
        if (y !== 0n) expect(y & 1n).to.equal(u & 1n);
      }
    }
  });
});
