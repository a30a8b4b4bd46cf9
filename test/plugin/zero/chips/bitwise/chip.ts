import { expect } from "chai";

import { bitwise } from "../../../../../plugin/zero/chips/bitwise/chip.ts";
import { bitwiseTrace } from "../../../../../plugin/zero/chips/bitwise/trace.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { falseStatement } from "../false-statement.ts";
import { acceptedForgeries, searchOptions } from "../forgeries.ts";
import { emitBinary, handProgram, operandPairs } from "../hand-program.ts";
import { tracedChip } from "../reading.ts";
import { isAccepted, rowDefects } from "../row-defects.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const names = ["and", "or", "xor"] as const;
const [x, y] = [0x0123_4567_89ab_cdefn, 0xfedc_0f0f_3333_5555n];
const program = handProgram((out) => {
  for (const name of names) {
    for (const pair of operandPairs(64, 13n)) emitBinary(out, name, pair);
    emitBinary(out, name, [x, y]);
  }
});
const search = searchOptions("nexus zero bitwise");

describe("Nexus Zero's chips: bitwise", function () {
  this.timeout(120_000);
  const { trace, parameters, table, rows, find, mnemonics } = tracedChip(bitwise, program);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("says of every row what the formulas say", () => {
    expect([...mnemonics].sort()).to.deep.equal([...bitwiseTrace.mnemonics].sort());
    expect(
      rows.map((row) => falseStatement(bitwise, row)).filter((each) => each !== undefined),
    ).to.deep.equal([]);
  });

  it(`accepts no false row of many (seed "${search.seed}")`, () => {
    expect(acceptedForgeries(bitwise, rows, search)).to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(bitwise, table, parameters)).to.deep.equal([]);
  });

  it("refuses a byte too large, a wrong and of two bytes, a wrong result", () => {
    for (const name of names) {
      const row = find(name, x, y);
      for (let i = 0; i < 8; i++) {
        const [own, wrong] = [`both byte ${i}`, row[`both byte ${i}`]! ^ 1n];
        expect(rowDefects(bitwise, { ...row, [own]: wrong }).join(), `${name} ${i}`).to.include(
          "bytes has no",
        );
        // With the result that it would give.
        const change = (wrong - row[own]!) << BigInt(8 * i);
        for (const factor of [1n, -1n, 2n, -2n]) {
          const forged = { ...row, [own]: wrong, D: row["D"]! + factor * change };
          expect(isAccepted(bitwise, forged)).to.equal(false);
        }
        for (const operand of [`A byte ${i}`, `B byte ${i}`]) {
          expect(isAccepted(bitwise, { ...row, [operand]: row[operand]! + 256n })).to.equal(false);
        }
      }
      for (const D of [row["D"]! + 1n, row["D"]! + (1n << 64n), x & y, x | y, x ^ y, x + y]) {
        if (D !== row["D"]) expect(isAccepted(bitwise, { ...row, D }), `${name} ${D}`).to.equal(false);
      }
    }
  });

  it("refuses bytes that make the same number with a carry between them", () => {
    const row = find("xor", x, y);
    const forged = { ...row, "A byte 0": row["A byte 0"]! + 256n, "A byte 1": row["A byte 1"]! - 1n };
    expect(rowDefects(bitwise, forged).join()).to.include("bytes has no");
  });
});
