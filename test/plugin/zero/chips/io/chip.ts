import { expect } from "chai";

import { io } from "../../../../../plugin/zero/chips/io/chip.ts";
import { checkTrace, defectsOf } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { cell, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { handProgram } from "../hand-program.ts";
import { isAccepted, limbsOf, rowsOf } from "../row-defects.ts";
import { setCell } from "../set-cell.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

/** Adds up words 1 of both inputs, and writes 8 bytes. */
const program = handProgram((out) => {
  out.emit("mov", { d: 0, b: value(1n) });
  out.emit("input", { d: 1, a: 0 });
  out.emit("private", { d: 2, a: 0 });
  out.emit("add64", { d: 1, a: 1, b: cell(2) });
  out.emit("jset", { a: 0, b: cell(1) });
  out.emit("mov", { d: 0, b: value(0n) });
  out.emit("jset", { a: 0, b: value(8n) });
});
const input = Uint8Array.from({ length: 13 }, (_, i) => 17 * i + 1);

describe("Nexus Zero's chips: io", function () {
  this.timeout(30_000);
  const { trace, parameters, journal } = traceProgram(program, { input, privateInput: input.slice(3) });
  const table = tableOf(trace, io);

  it("takes what the executor does, and has the streams as protocol.md §9 asks for them", () => {
    checkTrace(trace, parameters);
    const rows = rowsOf(io, table);
    const bytes = new DataView(input.buffer);
    expect(rows.map((row) => row["in"])).to.deep.equal([
      13n,
      bytes.getBigUint64(0, true),
      new DataView(Uint8Array.of(...input.slice(8), 0, 0, 0).buffer).getBigUint64(0, true),
    ]);
    expect(rows.map((row) => row["journal"])).to.deep.equal([
      8n,
      new DataView(journal.buffer, journal.byteOffset).getBigUint64(0, true),
      0n,
    ]);
  });

  it("refuses a forged byte of each stream", () => {
    for (const column of ["in", "private", "journal"]) {
      for (const row of [0, 1]) {
        const word = rowsOf(io, table)[row]![column]!;
        const undo = setCell(trace, io, row, column, word ^ 0x100n);
        const defects = defectsOf(trace, parameters);
        undo();
        // Nothing reads word 0 of the inputs: another length is another input, which the claims of §9 tell apart.
        if (row === 0 && column === "in") expect(defects).to.deep.equal([]);
        else expect(defects, `${column} ${row}`).not.to.deep.equal([]);
      }
    }
  });

  it("has private words below 2^64 only", () => {
    const row = rowsOf(io, table)[1]!;
    expect(isAccepted(io, row, parameters, 1)).to.equal(true);
    for (const secret of [1n << 64n, -1n, (1n << 64n) + 5n, 1n << 200n]) {
      expect(
        isAccepted(io, { ...row, private: secret, ...limbsOf("private", secret) }, parameters, 1),
      ).to.equal(false);
    }
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(io, table, parameters)).to.deep.equal([]);
  });
});
