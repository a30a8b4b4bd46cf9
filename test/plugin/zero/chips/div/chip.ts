import { expect } from "chai";

import { div } from "../../../../../plugin/zero/chips/div/chip.ts";
import { divTrace } from "../../../../../plugin/zero/chips/div/trace.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { falseStatement } from "../false-statement.ts";
import { acceptedForgeries, searchOptions } from "../forgeries.ts";
import { emitBinary, handProgram, operandPairs } from "../hand-program.ts";
import { resultOf } from "../meaning.ts";
import { readingOf, tracedChip } from "../reading.ts";
import { bitChoices, isAccepted, limbsOf, rowDefects, type Row } from "../row-defects.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = handProgram((out) => {
  for (const name of divTrace.mnemonics) {
    operandPairs(name.endsWith("32") ? 32 : 64, 23n).forEach((pair, i) => {
      if (resultOf(name, ...pair) !== undefined && (i % 3 === 0 || pair[0] >> 31n > 0n))
        emitBinary(out, name, pair);
    });
  }
  for (const name of divTrace.mnemonics) emitBinary(out, name, [1n, 1n]);
  for (const width of [32n, 64n]) {
    for (const name of divTrace.mnemonics.filter((each) => each.endsWith(`s${width}`))) {
      for (const [a, b] of [
        [100n, 7n],
        [-100n, 7n],
        [100n, -7n],
        [-100n, -7n],
        [-98n, 7n],
        [-3n, 7n],
        [-(1n << (width - 1n)), 1n],
      ] as const) {
        emitBinary(out, name, [BigInt.asUintN(Number(width), a), BigInt.asUintN(Number(width), b)]);
      }
    }
  }
});
const search = searchOptions("nexus zero div");
const signs = bitChoices("A sign", "B sign", "Q is negative", "M is negative");

/** The row with other magnitudes of quotient, remainder and divisor, and the result that follows. */
function withQuotient(row: Row, Q: bigint, M: bigint, divisor: bigint): Row {
  return {
    ...row,
    ...limbsOf("Q", Q - row["Q is negative"]!),
    ...limbsOf("M", M - row["M is negative"]!),
    ...limbsOf("room", divisor - M - 1n),
  };
}

describe("Nexus Zero's chips: div", function () {
  this.timeout(120_000);
  const { trace, parameters, table, rows, find, mnemonics } = tracedChip(div, program);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("says of every row what the formulas say", () => {
    expect([...mnemonics].sort()).to.deep.equal([...divTrace.mnemonics].sort());
    expect(rows.map((row) => falseStatement(div, row)).filter((each) => each !== undefined)).to.deep.equal(
      [],
    );
  });

  it(`accepts no false row of many (seed "${search.seed}")`, () => {
    expect(acceptedForgeries(div, rows, search)).to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(div, table, parameters)).to.deep.equal([]);
  });

  it("refuses wrong quotients, a remainder as large as the divisor, wrong signs", () => {
    for (const [i, row] of rows.entries()) {
      if (i % 6 !== 0) continue;
      const { name, A, B, D } = readingOf(div, row);
      const width = name.endsWith("32") ? 32n : 64n;
      const isSigned = !name.endsWith("u");
      for (const choice of isSigned ? signs : [{}]) {
        const base: Row = { ...row, ...choice };
        const magnitude = (value: bigint, sign: string) =>
          base[sign] === 1n ? (1n << width) - value : value;
        const [a, b] = [magnitude(A, "A sign"), magnitude(B, "B sign")];
        if (b === 0n) continue;
        const [q, m] = [a / b, a % b];
        for (const [Q, M] of [
          [q, m],
          [q - 1n, m + b],
          [q + 1n, m - b],
          [q + 1n, m],
          [q, m + 1n],
        ] as const) {
          const chosen = name.startsWith("div") ? Q : M;
          for (const result of [chosen, (1n << width) - chosen, -chosen]) {
            if (result === D) continue;
            const forged = { ...withQuotient(base, Q, M, b), D: result };
            expect(isAccepted(div, forged), `${name} ${A}, ${B} = ${result}`).to.equal(false);
          }
        }
      }
    }
  });

  it("has no row for a division by zero, whatever comes with it", () => {
    for (const name of divTrace.mnemonics) {
      const row = find(name, 1n, 1n);
      for (const choice of signs) {
        for (const D of [0n, 1n, (1n << 64n) - 1n, (1n << 32n) - 1n]) {
          for (const M of [0n, 1n, D]) {
            const zero = { ...row, ...limbsOf("B", 0n), b: 0n, D, ...choice };
            expect(isAccepted(div, withQuotient(zero, D, M, 0n)), name).to.equal(false);
            expect(isAccepted(div, withQuotient(zero, D, M, 1n << 64n)), name).to.equal(false);
          }
        }
      }
    }
  });

  it("has no row for an overflowing quotient, and one for its remainder", () => {
    for (const width of [32n, 64n] as const) {
      const [least, minusOne] = [1n << (width - 1n), (1n << width) - 1n];
      const name = width === 32n ? "rems32" : "rems64";
      const remainder = find(name, least, minusOne);
      expect(readingOf(div, remainder).D).to.equal(0n);
      const quotient: Row = { ...remainder, [`is ${name}`]: 0n, [`is divs${width}`]: 1n };
      for (const D of [least, 0n, minusOne, 1n]) {
        for (const choice of signs) {
          for (const Q of [least, D]) {
            expect(isAccepted(div, withQuotient({ ...quotient, ...choice, D }, Q, 0n, 1n))).to.equal(false);
          }
        }
      }
      // The same quotient with the other sign fits.
      expect(readingOf(div, find(`divs${width}`, least, 1n)).D).to.equal(least);
    }
  });

  it("refuses signs in unsigned divisions, and a negative zero", () => {
    const row = find("divu", 1n << 63n, 1n);
    expect(rowDefects(div, { ...row, "A sign": 1n })).to.include("unsigned: no signs");
    const zero = find("divs64", BigInt.asUintN(64, -3n), 7n);
    expect(readingOf(div, zero).D).to.equal(0n);
    expect(isAccepted(div, { ...zero, "Q is negative": 1n, D: 1n << 64n })).to.equal(false);
    expect(isAccepted(div, { ...zero, "Q is negative": 1n, "Q 0": -1n, D: 0n })).to.equal(false);
  });
});
