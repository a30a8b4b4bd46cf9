import { expect } from "chai";

import { word } from "../../../../../plugin/zero/chips/word/chip.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { cell, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { handProgram } from "../hand-program.ts";
import { isAccepted, limbsOf, rowDefects, rowsOf } from "../row-defects.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const big = 0xfedc_ba98_7654_3210n;
const program = handProgram(
  (out) => {
    for (const [base, offset] of [
      [0n, 0],
      [8n, 65_520],
      [65_528n, 0],
      [4n, 12],
      [131_000n, 64],
    ] as const) {
      out.emit("mov", { d: 0, b: value(base) });
      out.emit("mov", { d: 1, b: value(big - base) });
      out.emit("ld64", { d: 2, a: 0, c: offset });
      for (const operand of [cell(1), value(base + 7n)]) {
        out.emit("st64", { a: 0, b: operand, c: offset });
        out.emit("ld64", { d: 2, a: 0, c: offset });
      }
      // The address is replaced by what is there.
      out.emit("ld64", { d: 0, a: 0, c: offset });
    }
    for (const index of [0, 3]) {
      out.emit("gget", { d: 4, c: index });
      out.emit("gset", { b: cell(1), c: index });
      out.emit("gget", { d: 4, c: index });
      out.emit("gset", { b: value(big), c: index });
    }
    for (const index of [0n, 1n, 2n]) {
      out.emit("mov", { d: 0, b: value(index) });
      for (const name of ["input", "private", "jget", "sget"] as const) out.emit(name, { d: 5, a: 0 });
      for (const operand of [cell(1), value(9n)]) {
        out.emit("sset", { a: 0, b: operand });
        out.emit("sget", { d: 5, a: 0 });
      }
    }
    out.emit("mov", { d: 0, b: value(1n) });
    out.emit("jset", { a: 0, b: cell(1) });
    out.emit("mov", { d: 0, b: value(0n) });
    out.emit("jset", { a: 0, b: value(5n) });
    out.emit("jget", { d: 6, a: 0 });
    out.emit("msize", { d: 6 });
  },
  { pages: { first: 2, most: 2 }, image: { first: 1, words: new BigUint64Array([5n, 6n, 7n]) } },
);
const input = Uint8Array.from({ length: 16 }, (_, i) => i + 1);

describe("Nexus Zero's chips: word", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(program, {
    input,
    privateInput: input.map((byte) => 255 - byte),
  });
  const table = tableOf(trace, word);
  const rows = rowsOf(word, table);
  const rowWith = (name: string) =>
    rows.find((row) => row[`is ${name}`] === 1n && row["cell before"] !== 0n)!;

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("reaches no other cell", () => {
    for (const row of rows) {
      for (const by of [1n, -1n, 1n << 40n, -(1n << 40n), 1n << 61n]) {
        for (const w of [row["cell"]! + by - (1n << 40n), row["A"]!]) {
          const forged = { ...row, cell: row["cell"]! + by, ...limbsOf("word", w, 2) };
          expect(isAccepted(word, forged)).to.equal(false);
        }
      }
    }
  });

  it("has no row for an address between words", () => {
    const row = rowWith("ld64");
    const eighth = (row["A"]! + 1n + row["c"]!) / 8n;
    expect(isAccepted(word, { ...row, A: row["A"]! + 1n, ...limbsOf("word", eighth, 2) })).to.equal(false);
  });

  it("changes no cell by reading it, and stores nothing but B", () => {
    for (const name of ["ld64", "gget", "input", "private", "sget", "msize"]) {
      const row = rowWith(name);
      expect(rowDefects(word, { ...row, value: row["value"]! + 1n })).to.include(
        "a load leaves the cell as it is",
      );
    }
    const row = rows.find((each) => each["is st64"] === 1n && each["imm"] === 1n)!;
    expect(rowDefects(word, { ...row, value: row["value"]! + 1n })).to.include("B is b when that is a value");
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(word, table, parameters)).to.deep.equal([]);
  });
});
