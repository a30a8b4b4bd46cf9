import { expect } from "chai";

import { turnOf, Turns } from "../../../../plugin/cloud/live/turns.ts";

describe("plugin/cloud/live/turns", () => {
  it("gives each member one turn for a block, another one first for the next block and for the next chain", () => {
    for (const size of [1, 2, 4, 7, 128]) {
      for (const [chainId, height] of [
        [1n, 1],
        [11155111n, 5],
        [2n ** 53n, 100_003],
      ] as const) {
        const turns = Array.from({ length: size }, (_, index) => turnOf({ size, index }, chainId, height));
        expect([...turns].sort((a, b) => a - b)).to.deep.equal([...turns.keys()]);
        const later = turns.map((_, index) => turnOf({ size, index }, chainId, height + 1));
        expect(later, "the next block begins with the next member").to.deep.equal(
          turns.map((_, index) => turns[(index + size - 1) % size]),
        );
        const other = turns.map((_, index) => turnOf({ size, index }, chainId + 1n, height));
        expect(other).to.deep.equal(later);
        expect(turnOf({ size, index: undefined }, chainId, height)).to.equal(size);
      }
    }
  });

  it("begins a turn when those before have had their time since the block was signed", () => {
    let now = 1_000;
    const at = (index: number | undefined): Turns =>
      new Turns(
        4n,
        50,
        () => ({ size: 4, index }),
        () => now,
      );
    // Of block 4 the order is 0, 1, 2, 3.
    const [first, third, guest] = [at(0), at(2), at(undefined)];
    now = 5_000;
    for (const turns of [first, third, guest]) turns.noteSigned(4);
    expect([first, third, guest].map((turns) => turns.isDue(4))).to.deep.equal([true, false, false]);
    now = 5_099;
    expect(third.isDue(4)).to.equal(false);
    now = 5_100;
    expect([third.isDue(4), guest.isDue(4)]).to.deep.equal([true, false]);
    now = 5_200;
    expect(guest.isDue(4)).to.equal(true);
  });

  it("counts from its own beginning for what was signed before, and waits while it knows no members", () => {
    let now = 0;
    const places: { size: number; index: number }[] = [];
    const turns = new Turns(
      4n,
      50,
      () => places[0],
      () => now,
    );
    now = 149;
    expect(turns.isDue(4)).to.equal(false);
    places.push({ size: 4, index: 3 });
    expect(turns.isDue(4)).to.equal(false);
    now = 150;
    expect(turns.isDue(4)).to.equal(true);
  });
});
