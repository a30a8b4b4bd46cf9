import { expect } from "chai";

import { system } from "../../../../../plugin/zero/chips/system/chip.ts";
import { checkTrace, defectsOf } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { cell, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { MachineTrap } from "../../../../../plugin/zero/vm/trap.ts";
import { handProgram } from "../hand-program.ts";
import { bitChoices, isAccepted, limbsOf, rowDefects, rowsOf } from "../row-defects.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const pages = { first: 1, most: 4 };
const program = handProgram(
  (out) => {
    // Refused, refused, granted, granted nothing, refused, granted the last.
    for (const more of [4n, (1n << 32n) - 1n, 2n, 0n, 2n, 1n]) {
      out.emit("mov", { d: 0, b: value(more) });
      out.emit("mgrow", { d: 1, a: 0 });
      out.emit("msize", { d: 2 });
    }
    for (const word of [8_192n, 24_575n, 24_576n, 32_767n]) {
      out.emit("mov", { d: 0, b: value(8n * word) });
      out.emit("ld64", { d: 1, a: 0 });
      out.emit("st64", { a: 0, b: value(word) });
    }
    out.emit("log", { a: 0, b: value(0n) });
    out.emit("mov", { d: 1, b: value(0n) });
    out.emit("log", { a: 0, b: cell(1) });
    out.emit("exit", { b: cell(1) });
  },
  { pages },
);

describe("Nexus Zero's chips: system", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, system);
  const rows = rowsOf(system, table);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("grants and refuses as it must", () => {
    for (const row of rows.filter((each) => each["is mgrow"] === 1n)) {
      const [before, A] = [row["pages before"]!, row["A"]!];
      const granted = row["granted"] === 1n;
      const claim = granted
        ? { pages: before, D: 0xffff_ffffn, granted: 0n, "new words": 0n }
        : { pages: before + A, D: before, granted: 1n, "new words": 1n };
      for (const R of [0n, before + A - 4n, 4n - before - A, before + A - 5n]) {
        expect(isAccepted(system, { ...row, ...claim, ...limbsOf("R", R, 3) }, parameters)).to.equal(false);
        for (const choice of bitChoices("granted")) {
          for (const wrong of [{ D: row["D"]! + 1n }, { pages: row["pages"]! + 1n }]) {
            const forged = { ...row, ...choice, ...wrong, ...limbsOf("R", R, 3) };
            expect(isAccepted(system, forged, parameters)).to.equal(false);
          }
        }
      }
    }
  });

  it("makes no words where nothing is granted", () => {
    for (const row of rows.filter((each) => each["granted"] === 0n)) {
      const defects = rowDefects(system, { ...row, "new words": 1n }, parameters);
      expect(defects).to.include("words are new only where pages are granted");
      if (row["is mgrow"] === 0n) {
        expect(rowDefects(system, { ...row, granted: 1n }, parameters)).to.include(
          "only an mgrow is granted",
        );
      }
    }
  });

  it("exits with 0 only", () => {
    const row = rows.find((each) => each["is exit"] === 1n)!;
    expect(rowDefects(system, { ...row, B: 1n }, parameters)).to.include("exit: the code is 0");
    const failing = handProgram((out) => void out.emit("exit", { b: value(3n) }));
    expect(() => traceProgram(failing)).to.throw(MachineTrap, /exited with code 3/);
  });

  it("does not go on after an exit", () => {
    const other = tableOf(trace, system).columns[system.columns.findIndex(({ name }) => name === "is exit")]!;
    const row = other.findIndex((each) => Number(each) === 1);
    other[row] = 0;
    const defects = defectsOf(trace, parameters);
    other[row] = 1;
    expect(defects).not.to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(system, table, parameters)).to.deep.equal([]);
  });
});
