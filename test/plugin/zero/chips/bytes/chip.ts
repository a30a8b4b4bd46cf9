import { expect } from "chai";

import { bytes } from "../../../../../plugin/zero/chips/bytes/chip.ts";
import { tokensOf, noParameters } from "../row-defects.ts";

describe("Nexus Zero's chips: bytes", () => {
  it("puts every pair of bytes once, with their bitwise and, as often as its count says", () => {
    expect(bytes.height).to.equal(16);
    for (let i = 0; i < 2 ** 16; i += 997) {
      const tuple = [BigInt(i & 255), BigInt(i >> 8), BigInt(i & 255 & (i >> 8))];
      expect(tokensOf(bytes, { count: 3n }, noParameters, i)).to.deep.equal([
        { bus: "bytes", multiplicity: 3n, tuple },
      ]);
      expect(tokensOf(bytes, { count: 0n }, noParameters, i)).to.deep.equal([]);
    }
  });
});
