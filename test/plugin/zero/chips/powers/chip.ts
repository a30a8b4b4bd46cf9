import { expect } from "chai";

import { powers } from "../../../../../plugin/zero/chips/powers/chip.ts";
import { tokensOf, noParameters } from "../row-defects.ts";

describe("Nexus Zero's chips: powers", () => {
  it("puts every power of two below 2^64, as often as its count says", () => {
    expect(powers.height).to.equal(6);
    for (let i = 0; i < 2 ** 6; i += 1) {
      const tuple = [BigInt(i), 2n ** BigInt(i)];
      expect(tokensOf(powers, { count: 3n }, noParameters, i)).to.deep.equal([
        { bus: "powers", multiplicity: 3n, tuple },
      ]);
      expect(tokensOf(powers, { count: 0n }, noParameters, i)).to.deep.equal([]);
    }
  });
});
