import { expect } from "chai";

import { popcount } from "../../../../../plugin/zero/chips/popcount/chip.ts";
import { tokensOf, noParameters } from "../row-defects.ts";

describe("Nexus Zero's chips: popcount", () => {
  it("puts every number below 2^16 with its ones, as often as its count says", () => {
    expect(popcount.height).to.equal(16);
    for (let i = 0; i < 2 ** 16; i += 997) {
      const tuple = [BigInt(i), BigInt([...i.toString(2)].filter((bit) => bit === "1").length)];
      expect(tokensOf(popcount, { count: 3n }, noParameters, i)).to.deep.equal([
        { bus: "popcount", multiplicity: 3n, tuple },
      ]);
      expect(tokensOf(popcount, { count: 0n }, noParameters, i)).to.deep.equal([]);
    }
  });
});
