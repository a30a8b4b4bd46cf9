import { expect } from "chai";

import { count } from "../../../../../plugin/zero/chips/count/chip.ts";
import { countTrace } from "../../../../../plugin/zero/chips/count/trace.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { falseStatement } from "../false-statement.ts";
import { acceptedForgeries, searchOptions } from "../forgeries.ts";
import { value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { edges32, edges64, handProgram, randomNumbers } from "../hand-program.ts";
import { readingOf, tracedChip } from "../reading.ts";
import { bitChoices, isAccepted, limbsOf, rowDefects, type Row } from "../row-defects.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = handProgram((out) => {
  const next = randomNumbers(19n);
  for (const name of countTrace.mnemonics) {
    const width = name.endsWith("32") ? 32 : 64;
    const operands = [
      ...(width === 32 ? edges32 : edges64),
      ...[0x80n, 0x180n, 0x8000n, 0x1_8000n, 0x7fff_8000n, 0xffff_ff7fn],
      ...Array.from({ length: 12 }, () => next(width)),
    ];
    for (const a of operands) {
      out.emit("mov", { d: 0, b: value(a) });
      out.emit(name, { d: 2, a: 0 });
    }
  }
});
const search = searchOptions("nexus zero count");

describe("Nexus Zero's chips: count", function () {
  this.timeout(120_000);
  const { trace, parameters, table, rows, find, mnemonics } = tracedChip(count, program);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("says of every row what the formulas say", () => {
    expect([...mnemonics].sort()).to.deep.equal([...countTrace.mnemonics].sort());
    expect(rows.map((row) => falseStatement(count, row)).filter((each) => each !== undefined)).to.deep.equal(
      [],
    );
  });

  it(`accepts no false row of many (seed "${search.seed}")`, () => {
    expect(acceptedForgeries(count, rows, search)).to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(count, table, parameters)).to.deep.equal([]);
  });

  it("refuses another number of zeros, with its own power and limbs", () => {
    for (const row of rows) {
      const { name, A, D } = readingOf(count, row);
      if (!/^c[lt]z/.test(name)) continue;
      for (const wrong of [D + 1n, D - 1n, D + 32n, D - 32n, 0n, 31n, 32n, 63n, 64n]) {
        if (wrong === D || wrong < 0n) continue;
        for (const exponent of [wrong, wrong + 32n, wrong - 32n].filter((each) => each >= 0n && each < 64n)) {
          for (const V of [A << exponent, A >> exponent, 0n]) {
            for (const bit of [0n, 1n]) {
              const forged = {
                ...row,
                D: wrong,
                bit,
                ...limbsOf("V", V),
                "power, or ones 0": 1n << exponent,
              };
              expect(isAccepted(count, forged), `${name} ${A} = ${wrong}`).to.equal(false);
            }
          }
        }
      }
    }
  });

  it("refuses other numbers of ones", () => {
    const row = find("popcnt", (1n << 64n) - 1n);
    expect(isAccepted(count, { ...row, D: 63n })).to.equal(false);
    expect(isAccepted(count, { ...row, D: 63n, "power, or ones 0": 15n })).to.equal(false);
    expect(isAccepted(count, { ...row, D: 65n, "ones 2": 17n })).to.equal(false);
    expect(isAccepted(count, { ...row, "power, or ones 0": 15n, "ones 2": 17n })).to.equal(false);
  });

  it("refuses flipped signs and other low bits in an extension", () => {
    for (const row of rows) {
      const { name, D } = readingOf(count, row);
      const [, from, to] = /^ext(\d+)s(\d+)$/.exec(name)?.map(Number) ?? [];
      if (from === undefined) continue;
      const above = (1n << BigInt(to!)) - (1n << BigInt(from));
      const other = row["bit"] === 1n ? D - above : D + above;
      const second = row["second byte, or ones 1"]!;
      for (const wrong of [other, D ^ 1n, D + 256n, D + (1n << 32n), D + (1n << 64n)]) {
        for (const choice of bitChoices("bit")) {
          for (const byte of [second, second + 1n, second - 1n, 0n]) {
            const forged: Row = { ...row, ...choice, D: wrong, "second byte, or ones 1": byte };
            expect(isAccepted(count, forged), `${name} ${wrong}`).to.equal(false);
          }
        }
      }
    }
  });

  it("refuses a variant with opcodes that do not have it", () => {
    const row = find("ext32s64", 0x8000_0000n);
    expect(rowDefects(count, { ...row, "counts 64 bits": 1n })).to.include(
      "counts 64 bits: its opcodes only",
    );
    expect(rowDefects(count, { ...row, "extends to 64 bits": 1n })).to.include(
      "extends to 64 bits: its opcodes only",
    );
    expect(rowDefects(count, { "counts 64 bits": 1n })).to.include("counts 64 bits: its opcodes only");
  });
});
