import { expect } from "chai";

import { mul } from "../../../../../plugin/zero/chips/mul/chip.ts";
import { mulTrace } from "../../../../../plugin/zero/chips/mul/trace.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { falseStatement } from "../false-statement.ts";
import { acceptedForgeries, searchOptions } from "../forgeries.ts";
import { emitBinary, handProgram, operandPairs } from "../hand-program.ts";
import { tracedChip } from "../reading.ts";
import { isAccepted, limbsOf, rowDefects } from "../row-defects.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = handProgram((out) => {
  for (const pair of operandPairs(32, 11n)) emitBinary(out, "mul32", pair);
  for (const pair of operandPairs(64, 12n)) emitBinary(out, "mul64", pair);
});
const search = searchOptions("nexus zero mul");

describe("Nexus Zero's chips: mul", function () {
  this.timeout(120_000);
  const { trace, parameters, table, rows, find, mnemonics } = tracedChip(mul, program);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("says of every row what the formulas say", () => {
    expect([...mnemonics].sort()).to.deep.equal([...mulTrace.mnemonics].sort());
    expect(rows.map((row) => falseStatement(mul, row)).filter((each) => each !== undefined)).to.deep.equal(
      [],
    );
  });

  it(`accepts no false row of many (seed "${search.seed}")`, () => {
    expect(acceptedForgeries(mul, rows, search)).to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(mul, table, parameters)).to.deep.equal([]);
  });

  it("refuses a product off by one, by 2^32, 2^64, and its high half", () => {
    for (const [name, width] of [
      ["mul32", 32n],
      ["mul64", 64n],
    ] as const) {
      const row = find(name, (1n << width) - 1n, (1n << width) - 1n);
      const product = ((1n << width) - 1n) ** 2n;
      const split = (low: bigint, high: bigint) => ({
        ...row,
        ...limbsOf("low", low),
        ...limbsOf("high", high),
      });
      const [low, high] = [product % (1n << width), product >> width];
      expect(isAccepted(mul, split(low, high))).to.equal(true);
      for (const wrong of [low + 1n, low - 1n, low + (1n << 32n), low + (1n << 64n), high, product]) {
        for (const top of [high, high - 1n, high + 1n, 0n, (product - wrong) >> width]) {
          if (wrong !== low)
            expect(isAccepted(mul, split(wrong, top)), `${name} ${wrong} ${top}`).to.equal(false);
        }
      }
    }
  });

  it("refuses mul32 with a low half of more than 32 bits", () => {
    const row = find("mul32", 0xffff_ffffn, 0xffff_ffffn);
    const product = 0xffff_ffffn ** 2n;
    const forged = { ...row, ...limbsOf("low", product), ...limbsOf("high", 0n) };
    expect(rowDefects(mul, forged)).to.deep.equal(["mul32: low has two limbs"]);
  });
});
