import { expect } from "chai";

import { image } from "../../../../../plugin/zero/chips/image/chip.ts";
import { checkTrace, defectsOf } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import type { Program } from "../../../../../plugin/zero/vm/program.ts";
import { MachineTrap } from "../../../../../plugin/zero/vm/trap.ts";
import { handProgram } from "../hand-program.ts";
import { rowOf } from "../row-defects.ts";
import { setCell } from "../set-cell.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const words = new BigUint64Array([5n, 6n, 7n, 8n, 9n]);

/** Five words of image at the end of the first page, in a table of eight rows: three of them are beyond a memory of one page. */
function reading(touched: readonly bigint[], pages: Program["pages"], grow = 0n): Program {
  return handProgram(
    (out) => {
      out.emit("mov", { d: 0, b: value(grow) });
      if (grow > 0n) out.emit("mgrow", { d: 1, a: 0 });
      for (const word of touched) {
        out.emit("mov", { d: 0, b: value(8n * word) });
        out.emit("ld64", { d: 1, a: 0 });
        out.emit("st64", { a: 0, b: value(word) });
      }
    },
    { pages, image: { first: 8_187, words } },
  );
}
const inside = [8_186n, 8_187n, 8_191n];

describe("Nexus Zero's chips: image", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(reading(inside, { first: 1, most: 2 }));
  const table = tableOf(trace, image);

  it("takes what the executor does", () => {
    checkTrace(trace, parameters);
    expect([parameters.imageFirst, parameters.imageEnd]).to.deep.equal([8_187n, 8_195n]);
    expect(rowOf(image, table, 0)["after"]).to.equal(8_187n);
    expect(rowOf(image, table, 1)["after"]).to.equal(6n);
  });

  it("has no words where the table is longer than the memory", () => {
    for (const row of [5, 6, 7]) expect(rowOf(image, table, row)["exists"]).to.equal(0n);
    expect(() => traceProgram(reading([8_192n], { first: 1, most: 2 }))).to.throw(
      MachineTrap,
      /out of bounds/,
    );
    // What a larger memory allows, with this memory's image: the word is taken from nowhere.
    const large = traceProgram(reading([8_192n], { first: 2, most: 2 }));
    checkTrace(large.trace, large.parameters);
    const undo = setCell(large.trace, image, 5, "exists", 0n);
    expect(defectsOf(large.trace, large.parameters).join()).to.match(
      /memory \(1099511635968, 0, 0\) is taken 1/,
    );
    undo();
  });

  it("leaves those words to the boundary when memory grows over them", () => {
    const grown = traceProgram(reading([8_191n, 8_192n, 8_194n, 8_195n, 16_383n], { first: 1, most: 2 }, 1n));
    checkTrace(grown.trace, grown.parameters);
  });

  it("takes programs without an image, and without memory", () => {
    for (const pages of [
      { first: 0, most: 0 },
      { first: 1, most: 1 },
    ]) {
      const program = handProgram(() => undefined, { pages });
      const run = traceProgram(program);
      checkTrace(run.trace, run.parameters);
      expect(rowOf(image, tableOf(run.trace, image), 0)["exists"]).to.equal(BigInt(pages.first));
    }
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(image, table, parameters)).to.deep.equal([]);
  });
});
