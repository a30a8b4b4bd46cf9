import { expect } from "chai";

import { journalOf } from "../../../plugin/node/log.ts";

describe("plugin/node/log", () => {
  it("writes an object of JSON a line, with level, time, message and fields", () => {
    const lines: string[] = [];
    const journal = journalOf((line) => lines.push(line), false);
    journal.info("signed", { height: 5, chain: 11155111n });
    journal.warn("a\nb", { reason: 'it said "no"\nand left', large: 2n ** 60n, nothing: undefined });
    journal.error("c");
    expect(lines.every((line) => !line.includes("\n"))).to.equal(true);
    const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const { time } of said) expect(new Date(time as string).toISOString()).to.equal(time);
    expect(said.map((entry) => ({ ...entry, time: undefined }))).to.deep.equal([
      { level: "info", height: 5, chain: 11155111, msg: "signed", time: undefined },
      {
        level: "warn",
        reason: 'it said "no"\nand left',
        large: (2n ** 60n).toString(),
        msg: "a\nb",
        time: undefined,
      },
      { level: "error", msg: "c", time: undefined },
    ]);
  });

  it("writes the same for people", () => {
    const lines: string[] = [];
    journalOf((line) => lines.push(line), true).warn("a block is not brought", {
      chain: 5n,
      reason: "no ether",
    });
    expect(lines[0]).to.match(/^\d\d:\d\d:\d\d\.\d{3} WARN  a block is not brought chain=5 reason=no ether$/);
  });
});
