import { expect } from "chai";

import { contradictionIn } from "../../../../plugin/cloud/cometbft/contradiction.ts";

const own = "AB".repeat(32);
const others = "CD".repeat(32);
const reason = `wrong Block.Header.AppHash.  Expected ${own}, got ${others}`;

describe("plugin/cloud/cometbft/contradiction", () => {
  it("reads both results where validators signed another one, in consensus and in block sync", () => {
    for (const message of [
      `CONSENSUS FAILURE!!!: "+2/3 committed an invalid block: ${reason}"`,
      `CONSENSUS FAILURE!!!: "precommit step; +2/3 prevoted for an invalid block: ${reason}"`,
      `Error in validation: "${reason}"`,
    ]) {
      expect(contradictionIn({ level: "error", message })).to.deep.equal({
        own: `0x${own.toLowerCase()}`,
        others: `0x${others.toLowerCase()}`,
      });
    }
  });

  it("believes no proposer alone, and takes nothing else for it", () => {
    for (const [level, message] of [
      ["error", `prevote step: consensus deems this block invalid; prevoting nil: "${reason}"`],
      ["info", `Error in validation: "${reason}"`],
      ["error", 'Error in validation: "wrong Block.Header.Height. Expected 3, got 4"'],
      ["error", 'CONSENSUS FAILURE!!!: "runtime error: index out of range"'],
    ] as const) {
      expect(contradictionIn({ level, message }), message).to.equal(undefined);
    }
  });
});
