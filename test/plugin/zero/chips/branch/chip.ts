import { expect } from "chai";

import { branch } from "../../../../../plugin/zero/chips/branch/chip.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { cell, newLabel, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { handProgram, operandPairs } from "../hand-program.ts";
import { bitChoices, isAccepted, limbsOf, rowsOf } from "../row-defects.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = handProgram((out) => {
  for (const name of ["beq", "bne", "bltu", "bgeu"] as const) {
    for (const [a, b] of operandPairs(64, 4n)) {
      out.emit("mov", { d: 0, b: value(a) });
      out.emit("mov", { d: 1, b: value(b) });
      for (const operand of [cell(1), value(b)]) {
        const skipped = newLabel();
        out.jump(name, skipped, { a: 0, b: operand });
        out.emit("mov", { d: 2, b: value(1n) });
        out.bind(skipped);
      }
    }
  }
  for (const index of [0n, 1n, 2n, 3n, 1n << 31n, (1n << 32n) - 1n]) {
    const end = newLabel();
    out.emit("mov", { d: 0, b: value(index) });
    out.emit("jt", { a: 0, b: value(2n), c: out.length + 1 });
    for (let i = 0n; i < 3n; i++) out.jump("jmp", end);
    out.emit("mov", { d: 2, b: value(1n) });
    out.bind(end);
  }
});

describe("Nexus Zero's chips: branch", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, branch);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("goes nowhere else, whatever bits and limbs come with it", () => {
    const bits = bitChoices("k", "A is more than B", "A is less than B");
    for (const name of ["is jmp", "is beq", "is bne", "is bltu", "is bgeu", "is jt"]) {
      const rows = rowsOf(branch, table).filter((row) => row[name] === 1n);
      for (const row of [2, 21, 40, 57].map((i) => rows[(i * i) % rows.length]!)) {
        const [A, B, pc, c] = [row["A"]!, row["B"]!, row["pc"]!, row["c"]!];
        for (const next of [pc, pc + 1n, c, c + 1n, c + A, c + B].filter((each) => each !== row["next pc"])) {
          for (const R of [0n, A - B, B - A, A - B - 1n, B - A - 1n, A - B + (1n << 64n)]) {
            for (const choice of bits) {
              const forged = { ...row, "next pc": next, ...limbsOf("R", R), ...choice };
              expect(isAccepted(branch, forged), `${name} ${A} ${B} to ${next}`).to.equal(false);
            }
          }
        }
      }
    }
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(branch, table, parameters)).to.deep.equal([]);
  });
});
