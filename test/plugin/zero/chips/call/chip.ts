import { expect } from "chai";

import { call } from "../../../../../plugin/zero/chips/call/chip.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { newLabel, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { handProgram } from "../hand-program.ts";
import { isAccepted, rowsOf } from "../row-defects.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = handProgram((out) => {
  const [outer, inner, main] = [newLabel(), newLabel(), newLabel()];
  out.jump("jmp", main);
  out.bind(inner);
  out.emit("mov", { d: 0, b: value(7n) });
  out.emit("ret", { a: 1 });
  out.bind(outer);
  for (const d of [5, 9, 5]) out.jump("call", inner, { d, a: 1, b: value(3n) });
  out.emit("ret", { a: 2 });
  out.bind(main);
  for (const d of [3, 0, 40]) out.jump("call", outer, { d, a: 2, b: value(20n) });
});

describe("Nexus Zero's chips: call", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, call);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("goes to no other instruction and frame, and leaves no other way back", () => {
    for (const row of rowsOf(call, table)) {
      for (const name of ["next pc", "next fp", "link pc", "link fp"]) {
        for (const wrong of [row[name]! + 1n, row[name]! - 1n, row["pc"]!, row["fp"]!, row["c"]!]) {
          if (wrong !== row[name]) expect(isAccepted(call, { ...row, [name]: wrong }), name).to.equal(false);
        }
      }
      if (row["is ret"] !== 1n) continue;
      // All of a ret's columns agree with each other, but not with the cell.
      const elsewhere = { ...row, "next pc": 1n, "link pc": 1n };
      expect(isAccepted(call, elsewhere)).to.equal(false);
    }
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(call, table, parameters)).to.deep.equal([]);
  });
});
