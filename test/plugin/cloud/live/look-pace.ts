import { expect } from "chai";

import { LookPace } from "../../../../plugin/cloud/live/look-pace.ts";

/** What the pace comes to while a chain's newest final block changes every so many milliseconds, by `step`. */
function paceOf(blockTime: number, change: number, step: bigint): number {
  let now = 0;
  const pace = new LookPace(blockTime, () => now);
  // Much longer than the pace is measured over.
  while (now < 10 * Math.max(change, 20_000)) {
    pace.note(BigInt(Math.floor(now / change)) * step);
    now += pace.interval;
  }
  return pace.interval;
}

describe("plugin/cloud/live/look-pace", () => {
  it("looks four times for each change of a chain's final block", () => {
    expect(paceOf(500, 2_000, 1n)).to.be.closeTo(500, 30);
    expect(paceOf(500, 4_000, 1n)).to.be.closeTo(1_000, 60);
  });

  it("looks neither more often than twice in a block of the cloud nor less often than once in four", () => {
    expect(paceOf(500, 250, 1n)).to.equal(250);
    expect(paceOf(500, 12_000, 1n)).to.equal(2_000);
    expect(paceOf(1_000, 12_000, 1n)).to.be.closeTo(3_000, 600);
  });

  it("counts changes, of which a chain that finalises many blocks at once has few, and a standing one none", () => {
    expect(paceOf(500, 384_000, 32n)).to.equal(2_000);
    let now = 0;
    const pace = new LookPace(500, () => now);
    expect(pace.interval).to.equal(1_000);
    for (; now < 60_000; now += pace.interval) pace.note(7n);
    expect(pace.interval).to.equal(2_000);
  });
});
