import { expect } from "chai";
import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { ZeroProofError } from "../../../../plugin/zero/arithmetic/zero-proof-error.ts";

describe("Plain arithmetic", () => {
  it("keeps every result in [0, r)", () => {
    expect(plain.constant(-1n)).to.equal(r - 1n);
    expect(plain.constant(r)).to.equal(0n);
    expect(plain.add(r - 1n, 1n)).to.equal(0n);
    expect(plain.sub(0n, 1n)).to.equal(r - 1n);
    expect(plain.scale(2n, -3n)).to.equal(r - 6n);
    expect(plain.sum([r - 1n, r - 1n, 3n])).to.equal(1n);
    expect(plain.sum([])).to.equal(0n);
    expect(plain.mul(r - 1n, r - 1n)).to.equal(1n);
    expect(plain.settle(7n)).to.equal(7n);
  });

  it("inverts what is not zero", () => {
    for (const value of [1n, 2n, 12345n, r - 1n, 1n << 253n]) {
      expect(plain.mul(value, plain.inverse(value, "value")), String(value)).to.equal(1n);
    }
    expect(() => plain.inverse(0n, "the root's denominator")).to.throw(ZeroProofError, "root's denominator");
  });

  it("takes elements apart into bits", () => {
    expect(plain.bits(6n, 4, "six")).to.deep.equal([0n, 1n, 1n, 0n]);
    expect(plain.bits((1n << 253n) - 1n, 253, "ones")).to.deep.equal(Array.from({ length: 253 }, () => 1n));
    expect(plain.bits(0n, 0, "nothing")).to.deep.equal([]);
    expect(() => plain.bits(16n, 4, "a height")).to.throw(ZeroProofError, "16 does not fit 4 bits");
    expect(() => plain.bits(0n, 254, "too many")).to.throw(RangeError, "254");
  });

  it("names the equation that does not hold", () => {
    plain.assertEqual(5n, 5n, "five");
    expect(() => plain.assertEqual(5n, 6n, "the claim of round 3"))
      .to.throw(ZeroProofError, "the claim of round 3 (5 is not 6)")
      .with.property("what", "the claim of round 3");
  });
});
