import { expect } from "chai";

import { narrow } from "../../../../../plugin/zero/chips/narrow/chip.ts";
import { narrowTrace } from "../../../../../plugin/zero/chips/narrow/trace.ts";
import { inverseOf, residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { falseStatement } from "../false-statement.ts";
import { acceptedForgeries, searchOptions } from "../forgeries.ts";
import { crosses, memoryProgram } from "../memory-program.ts";
import { accessBits } from "../meaning.ts";
import { readingOf, tracedChip } from "../reading.ts";
import { isAccepted, limbsOf, rowDefects, type Row } from "../row-defects.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = memoryProgram(narrowTrace.mnemonics, ({ name, address }) => !crosses(name, address));
const search = searchOptions("nexus zero narrow");

/** The row with the access moved by some bytes, and the window that is there. */
function moved(row: Row, bytes: bigint): Row {
  const { A, c } = readingOf(narrow, row);
  const word = row["word 0"]! + (row["word 1"]! << 16n);
  const offset = A + c - 8n * word + bytes;
  const exponent = 56n - 8n * offset;
  const power = exponent < 0n ? inverseOf(1n << -exponent) : 1n << exponent;
  const digits = residue(row["cell before"]! * power * 256n);
  return {
    ...row,
    power,
    ...limbsOf("below", digits % (1n << 64n)),
    ...limbsOf("window", digits >> 64n),
  };
}

describe("Nexus Zero's chips: narrow", function () {
  this.timeout(120_000);
  const { trace, parameters, table, rows, mnemonics } = tracedChip(narrow, program);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("says of every row what the formulas say", () => {
    expect([...mnemonics].sort()).to.deep.equal([...narrowTrace.mnemonics].sort());
    expect(rows.map((row) => falseStatement(narrow, row)).filter((each) => each !== undefined)).to.deep.equal(
      [],
    );
  });

  it(`accepts no false row of many (seed "${search.seed}")`, () => {
    expect(acceptedForgeries(narrow, rows, search)).to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(narrow, table, parameters)).to.deep.equal([]);
  });

  it("refuses shifted addresses, in the window, the word, or both", () => {
    for (const row of rows) {
      expect(isAccepted(narrow, moved(row, 0n))).to.equal(true);
      for (const bytes of [-8n, -2n, -1n, 1n, 2n, 8n]) {
        const there = moved(row, bytes);
        expect(isAccepted(narrow, there), `${readingOf(narrow, row).name} ${bytes}`).to.equal(false);
        const word = row["word 0"]! + bytes;
        expect(isAccepted(narrow, { ...there, "word 0": word })).to.equal(false);
        expect(isAccepted(narrow, { ...row, "word 0": word })).to.equal(false);
      }
    }
  });

  it("refuses an access that reaches into the next word", () => {
    for (const row of rows) {
      const { name } = readingOf(narrow, row);
      if (accessBits(name) === 8 || row["power"] !== 1n << BigInt(accessBits(name) - 8)) continue;
      // The last offset inside of the word, one further.
      const further = { ...moved(row, 1n), c: row["c"]! + 1n };
      expect(rowDefects(narrow, further).join(), name).to.include("range has no");
    }
  });

  it("refuses other results, signs and bytes of loads", () => {
    for (const row of rows) {
      const { name, D } = readingOf(narrow, row);
      if (!name.startsWith("ld")) continue;
      const results = [D + 1n, D ^ 0x80n, D + (1n << 32n), D + (1n << 64n), (1n << 64n) - D];
      for (const bits of [8n, 16n, 32n]) {
        for (const width of [32n, 64n])
          results.push(D + (1n << width) - (1n << bits), D - (1n << width) + (1n << bits));
      }
      for (const wrong of results) {
        if (wrong === D) continue;
        for (const sign of [0n, 1n]) {
          for (const shift of [0n, 1n, -1n]) {
            const forged: Row = {
              ...row,
              ...limbsOf("data", wrong),
              sign,
              "window byte 1": row["window byte 1"]! + shift,
            };
            expect(isAccepted(narrow, forged), `${name} ${wrong}`).to.equal(false);
          }
        }
      }
      expect(isAccepted(narrow, { ...row, cell: row["cell"]! + 1n })).to.equal(false);
    }
  });

  it("refuses stores that change another byte, too few or too many", () => {
    for (const row of rows) {
      const { name } = readingOf(narrow, row);
      if (!name.startsWith("st")) continue;
      const after = row["cell"]!;
      const changes = Array.from({ length: 8 }, (_, i) => after ^ (1n << BigInt(8 * i)));
      for (const cell of [...changes, row["cell before"]!, after + (1n << 64n)]) {
        if (cell === after) continue;
        for (const byte of [0n, 1n, -1n]) {
          const forged = { ...row, cell, "data byte 1": row["data byte 1"]! + byte };
          expect(isAccepted(narrow, forged), `${name} ${cell}`).to.equal(false);
          expect(isAccepted(narrow, { ...forged, sign: 1n - row["sign"]! })).to.equal(false);
        }
      }
      expect(rowDefects(narrow, { ...row, "data before": row["data before"]! + 1n })).to.include(
        "a store leaves its operand as it is",
      );
    }
  });

  it("refuses a sign where there is none, and two of them", () => {
    const row = rows.find((each) => each["is ld8u"] === 1n && each["signed"] === 1n)!;
    expect(rowDefects(narrow, { ...row, "signed to 64 bits": 1n })).to.include(
      "not both signed and signed to 64 bits",
    );
    const wide = rows.find((each) => each["is ld32u"] === 1n)!;
    expect(rowDefects(narrow, { ...wide, "signed to 64 bits": 1n })).to.include(
      "signed to 64 bits: its opcodes only",
    );
    const store = rows.find((each) => each["is st8"] === 1n)!;
    expect(rowDefects(narrow, { ...store, signed: 1n })).to.include("signed: its opcodes only");
  });
});
