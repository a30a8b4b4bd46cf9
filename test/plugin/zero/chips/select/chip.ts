import { expect } from "chai";

import { select } from "../../../../../plugin/zero/chips/select/chip.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { cell, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { edges64, handProgram } from "../hand-program.ts";
import { bitChoices, isAccepted, limbsOf, rowsOf } from "../row-defects.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = handProgram((out) => {
  out.emit("mov", { d: 0, b: value(11n) });
  out.emit("mov", { d: 1, b: value(22n) });
  for (const condition of edges64) {
    out.emit("mov", { d: 3, b: value(condition) });
    for (const operand of [cell(1), value(33n)]) out.emit("select", { d: 2, a: 0, b: operand, c: 3 });
    // All operands and the result in one cell.
    out.emit("select", { d: 3, a: 3, b: cell(3), c: 3 });
  }
});

describe("Nexus Zero's chips: select", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, select);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("has no row for the other operand", () => {
    for (const row of rowsOf(select, table)) {
      const [A, B, C, D] = [row["A"]!, row["B"]!, row["C"]!, row["D"]!];
      for (const wrong of [A, B, C, A + B, 0n].filter((each) => each !== D)) {
        for (const R of [0n, C, C - 1n, -1n]) {
          for (const choice of bitChoices("C is not 0")) {
            const forged = { ...row, D: wrong, ...limbsOf("R", R), ...choice };
            expect(isAccepted(select, forged), `${A} ${B} ${C}`).to.equal(false);
          }
        }
      }
    }
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(select, table, parameters)).to.deep.equal([]);
  });
});
