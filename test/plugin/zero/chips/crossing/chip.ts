import { expect } from "chai";

import { crossing } from "../../../../../plugin/zero/chips/crossing/chip.ts";
import { crossingTrace } from "../../../../../plugin/zero/chips/crossing/trace.ts";
import { inverseOf, residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { falseStatement } from "../false-statement.ts";
import { acceptedForgeries, searchOptions } from "../forgeries.ts";
import { crosses, memoryProgram } from "../memory-program.ts";
import { readingOf, tracedChip } from "../reading.ts";
import { isAccepted, limbsOf, rowDefects, type Row } from "../row-defects.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = memoryProgram(crossingTrace.mnemonics, ({ name, address }) => crosses(name, address));
const search = searchOptions("nexus zero crossing");
const word = 1n << 64n;
const numberOf = (row: Row, name: string): bigint =>
  [3, 2, 1, 0].reduce((sum, i) => (sum << 16n) + row[`${name} ${i}`]!, 0n);

/** The row with the access moved by some bytes, and the window that is there. */
function moved(row: Row, bytes: bigint): Row {
  const { A, c } = readingOf(crossing, row);
  const offset = A + c - 8n * (row["word 0"]! + (row["word 1"]! << 16n)) + bytes;
  const exponent = 56n - 8n * offset;
  const power = exponent < 0n ? inverseOf(1n << -exponent) : 1n << exponent;
  const digits = residue((row["first before"]! + row["second before"]! * word) * power * 256n);
  return {
    ...row,
    power,
    ...limbsOf("below", digits % word),
    ...limbsOf("window", (digits / word) % word),
    ...limbsOf("above", digits / word ** 2n),
  };
}

describe("Nexus Zero's chips: crossing", function () {
  this.timeout(120_000);
  const { trace, parameters, table, rows, mnemonics } = tracedChip(crossing, program);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("says of every row what the formulas say", () => {
    expect([...mnemonics].sort()).to.deep.equal([...crossingTrace.mnemonics].sort());
    expect(
      rows.map((row) => falseStatement(crossing, row)).filter((each) => each !== undefined),
    ).to.deep.equal([]);
  });

  it(`accepts no false row of many (seed "${search.seed}")`, () => {
    expect(acceptedForgeries(crossing, rows, search)).to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(crossing, table, parameters)).to.deep.equal([]);
  });

  it("refuses shifted addresses, in the window, the word, or both", () => {
    for (const row of rows) {
      expect(isAccepted(crossing, moved(row, 0n))).to.equal(true);
      for (const bytes of [-8n, -4n, -1n, 1n, 4n, 8n]) {
        const there = moved(row, bytes);
        expect(isAccepted(crossing, there), `${readingOf(crossing, row).name} ${bytes}`).to.equal(false);
        expect(isAccepted(crossing, { ...there, "word 0": row["word 0"]! + bytes })).to.equal(false);
        expect(isAccepted(crossing, { ...row, "word 0": row["word 0"]! + bytes })).to.equal(false);
      }
    }
  });

  it("refuses windows with a carry moved between the digits", () => {
    for (const row of rows) {
      for (const [low, high] of [
        ["below", "window"],
        ["window", "above"],
      ] as const) {
        for (const carry of [1n, -1n]) {
          const forged = {
            ...row,
            ...limbsOf(low, numberOf(row, low) + carry * word),
            ...limbsOf(high, numberOf(row, high) - carry),
          };
          expect(rowDefects(crossing, forged).join()).to.match(/range has no/);
        }
      }
    }
  });

  it("refuses other results and signs of loads, and loads that write", () => {
    for (const row of rows) {
      const { name, D } = readingOf(crossing, row);
      if (!name.startsWith("ld")) continue;
      const results = [D + 1n, D ^ 0x8000n, D + (1n << 32n), D + word, word - D - 1n, D >> 8n];
      for (const bits of [16n, 32n]) {
        for (const width of [32n, 64n])
          results.push(D + (1n << width) - (1n << bits), D - (1n << width) + (1n << bits));
      }
      for (const wrong of results.filter((each) => each !== D)) {
        for (const sign of [0n, 1n]) {
          const forged = { ...row, ...limbsOf("data", wrong), sign };
          expect(isAccepted(crossing, forged), `${name} ${wrong}`).to.equal(false);
        }
      }
      for (const cell of ["first", "second"]) {
        expect(isAccepted(crossing, { ...row, ...limbsOf(cell, numberOf(row, cell) ^ 1n) })).to.equal(false);
      }
    }
  });

  it("refuses stores that change another byte, too few or too many, or carry between the words", () => {
    for (const row of rows) {
      const { name } = readingOf(crossing, row);
      if (!name.startsWith("st")) continue;
      const both = numberOf(row, "first") + numberOf(row, "second") * word;
      const before = row["first before"]! + row["second before"]! * word;
      const changes = Array.from({ length: 16 }, (_, i) => both ^ (1n << BigInt(8 * i)));
      for (const wrong of [...changes, before].filter((each) => each !== both)) {
        const forged = { ...row, ...limbsOf("first", wrong % word), ...limbsOf("second", wrong / word) };
        expect(isAccepted(crossing, forged), `${name} ${wrong}`).to.equal(false);
      }
      for (const carry of [1n, -1n]) {
        const forged = {
          ...row,
          ...limbsOf("first", numberOf(row, "first") + carry * word),
          ...limbsOf("second", numberOf(row, "second") - carry),
        };
        expect(rowDefects(crossing, forged).join()).to.match(/range has no/);
      }
    }
  });

  it("takes an access inside of one word for what it is, and a sign only where there is one", () => {
    for (const row of rows) {
      // One byte further back the address may be inside of the first word: the same formulas hold.
      const { c } = readingOf(crossing, row);
      if (c === 0n) continue;
      const back = { ...moved({ ...row, c: c - 1n }, 0n) };
      if (isAccepted(crossing, back)) expect(falseStatement(crossing, back)).to.equal(undefined);
    }
    const eight = rows.find((each) => each["is ld64"] === 1n)!;
    expect(rowDefects(crossing, { ...eight, signed: 1n })).to.include("signed: its opcodes only");
  });
});
