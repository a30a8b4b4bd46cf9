import { expect } from "chai";

import { signed } from "../../../../../plugin/zero/chips/signed/chip.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { cell, newLabel, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { emitBinary, handProgram, operandPairs } from "../hand-program.ts";
import { bitChoices, isAccepted, limbsOf, rowsOf } from "../row-defects.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const program = handProgram((out) => {
  for (const bits of [32, 64] as const) {
    for (const pair of operandPairs(bits, 5n)) {
      emitBinary(out, `lts${bits}`, pair);
      emitBinary(out, `ges${bits}`, pair);
      for (const name of [`blts${bits}`, `bges${bits}`] as const) {
        for (const operand of [cell(1), value(pair[1])]) {
          const skipped = newLabel();
          out.jump(name, skipped, { a: 0, b: operand });
          out.emit("mov", { d: 2, b: value(1n) });
          out.bind(skipped);
        }
      }
    }
  }
});

describe("Nexus Zero's chips: signed", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, signed);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("has no row for a wrong answer, whatever signs and limbs come with it", () => {
    const bits = bitChoices("A sign", "B sign", "A is less than B");
    for (const name of signed.columns.map((column) => column.name).filter((each) => each.startsWith("is "))) {
      const rows = rowsOf(signed, table).filter((row) => row[name] === 1n);
      const width = name.endsWith("32") ? 32n : 64n;
      const half = 1n << (width - 1n);
      for (const row of [3, 20, 41, 57].map((i) => rows[(i * i * i) % rows.length]!)) {
        const [A, B, pc, c] = [row["A"]!, row["B"]!, row["pc"]!, row["c"]!];
        const compares = !name.startsWith("is b");
        const claim = compares ? { D: 1n - row["D"]! } : { "next pc": row["next pc"] === c ? pc + 1n : c };
        for (const choice of bits) {
          const U = A + half - 2n * half * choice["A sign"]!;
          const V = B + half - 2n * half * choice["B sign"]!;
          for (const R of [U - V, U - V + 2n * half, V - U, A - B]) {
            const witness = { ...limbsOf("A flipped", U), ...limbsOf("B flipped", V), ...limbsOf("R", R) };
            const forged = { ...row, ...claim, ...choice, ...witness };
            expect(isAccepted(signed, forged), `${name} ${A} ${B}`).to.equal(false);
          }
        }
      }
    }
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(signed, table, parameters)).to.deep.equal([]);
  });
});
