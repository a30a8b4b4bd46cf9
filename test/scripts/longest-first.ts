import { existsSync } from "node:fs";

import { expect } from "chai";

import { LONGEST, longestFirst } from "../../scripts/longest-first.ts";

describe("scripts/longest-first", () => {
  it("puts the long files first and keeps all others, each once", () => {
    expect(longestFirst(["a", "b", "c", "d"], ["d", "absent", "b"])).to.deep.equal(["d", "b", "a", "c"]);
    expect(longestFirst(["a", "b"], [])).to.deep.equal(["a", "b"]);
  });

  it("names files that there are", () => {
    expect(LONGEST.filter((file) => !existsSync(file))).to.deep.equal([]);
    expect(new Set(LONGEST).size).to.equal(LONGEST.length);
  });
});
