import { expect } from "chai";

import { add } from "../../../../../plugin/zero/chips/add/chip.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import { emitBinary, handProgram, operandPairs } from "../hand-program.ts";
import { bitChoices, isAccepted, limbsOf, rowDefects, rowsOf } from "../row-defects.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const of32 = ["add32", "sub32"] as const;
const of64 = ["add64", "sub64", "eq", "ne", "ltu", "geu"] as const;

const program = handProgram((out) => {
  for (const name of of32) for (const pair of operandPairs(32, 1n)) emitBinary(out, name, pair);
  for (const name of of64) for (const pair of operandPairs(64, 2n)) emitBinary(out, name, pair);
  for (const [a] of operandPairs(64, 3n)) {
    out.emit("mov", { d: 0, b: value(a) });
    out.emit("wrap", { d: 1, a: 0 });
    out.emit("mov", { d: 1, b: { kind: "cell", cell: 0 } });
  }
});

describe("Nexus Zero's chips: add", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, add);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("has no row for a wrong result, whatever bits and limbs come with it", () => {
    const bits = bitChoices("k", "A is more than B", "A is less than B");
    for (const name of add.columns.map((column) => column.name).filter((each) => each.startsWith("is "))) {
      const rows = rowsOf(add, table).filter((row) => row[name] === 1n);
      for (const row of [3, 20, 41, 57].map((i) => rows[(i * i) % rows.length]!)) {
        const [A, B, D] = [row["A"]!, row["B"]!, row["D"]!];
        for (const wrong of [D + 1n, D ^ 1n, D + (1n << 32n), D + (1n << 64n), -D - 1n]) {
          for (const R of [wrong, A, A + B, A - B, A - B - 1n, B - A - 1n, A - B + (1n << 64n)]) {
            for (const choice of bits) {
              const forged = { ...row, D: wrong, ...limbsOf("R", R), ...choice };
              expect(isAccepted(add, forged), `${name} ${A} ${B} = ${wrong}`).to.equal(false);
            }
          }
        }
      }
    }
  });

  it("refuses two opcodes in a row, half an opcode, and padding with an immediate", () => {
    const row = rowsOf(add, table)[0]!;
    expect(rowDefects(add, row)).to.deep.equal([]);
    expect(rowDefects(add, { ...row, "is wrap": 1n })).to.include("a row has one opcode");
    expect(rowDefects(add, { ...row, "is mov": 2n })).to.include("is mov is a bit");
    expect(rowDefects(add, { imm: 1n })).to.include("imm only where there is a b");
    expect(rowDefects(add, {})).to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(add, table, parameters)).to.deep.equal([]);
  });
});
