import { expect } from "chai";

import { program as chip } from "../../../../../plugin/zero/chips/program/chip.ts";
import { checkTrace, defectsOf } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { newLabel, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { handProgram } from "../hand-program.ts";
import { rowOf } from "../row-defects.ts";
import { setCell } from "../set-cell.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = handProgram((out) => {
  const loop = newLabel();
  out.emit("mov", { d: 0, b: value(5n) });
  out.bind(loop);
  out.emit("sub32", { d: 0, a: 0, b: value(1n) });
  out.jump("bne", loop, { a: 0, b: value(0n) });
  out.emit("mov", { d: 1, b: value((1n << 64n) - 1n) });
});

describe("Nexus Zero's chips: program", () => {
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, chip);

  it("counts how often each instruction ran; opcode 0 fills the table up", () => {
    checkTrace(trace, parameters);
    const rows = Array.from({ length: 2 ** table.height }, (_, i) => rowOf(chip, table, i));
    expect(rows.map((row) => row["count"])).to.deep.equal([1n, 5n, 5n, 1n, 1n, 0n, 0n, 0n]);
    expect(rows.map((row) => row["op"] !== 0n)).to.deep.equal([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it("refuses another instruction, another count, and a count of what is no instruction", () => {
    for (const [row, column, to] of [
      [1, "b", 2n],
      [1, "op", 1n],
      [3, "d", 0n],
      [2, "count", 4n],
      [6, "count", 1n],
    ] as const) {
      const undo = setCell(trace, chip, row, column, to);
      expect(defectsOf(trace, parameters).join(), column).to.match(/^program \(/);
      undo();
    }
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(chip, table, parameters)).to.deep.equal([]);
  });
});
