import { expect } from "chai";

import { boundary } from "../../../../../plugin/zero/chips/boundary/chip.ts";
import { checkTrace, defectsOf } from "../../../../../plugin/zero/tables/check-trace.ts";
import { traceProgram } from "../../../../../plugin/zero/tables/trace-program.ts";
import { value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import type { Program } from "../../../../../plugin/zero/vm/program.ts";
import { handProgram } from "../hand-program.ts";
import { isAccepted, limbsOf, rowDefects, rowOf, rowsOf } from "../row-defects.ts";
import { setCell } from "../set-cell.ts";
import { tableOf } from "../table-of.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const words = new BigUint64Array([5n, 6n, 7n]);

/** Reads and writes words of linear memory; makes pages before, if asked to. */
function touching(touched: readonly bigint[], pages: Program["pages"], grow = 0n, first = 20): Program {
  return handProgram(
    (out) => {
      out.emit("mov", { d: 0, b: value(grow) });
      if (grow > 0n) out.emit("mgrow", { d: 1, a: 0 });
      for (const word of touched) {
        out.emit("mov", { d: 0, b: value(8n * word) });
        out.emit("ld64", { d: 1, a: 0 });
        out.emit("st64", { a: 0, b: value(word + 1n) });
      }
      out.emit("gset", { b: value(3n), c: 2 });
      out.emit("sset", { a: 1, b: value(3n) });
    },
    { pages, image: { first, words } },
  );
}

const program = touching(
  [0n, 19n, 20n, 23n, 24n, 16_383n, 16_384n, 30_000n, 32_767n],
  { first: 2, most: 4 },
  2n,
);
/** A row's address and initial token. */
const kinds = [
  "is frame",
  "is below image",
  "is above image",
  "is grown",
  "is global",
  "is pages",
  "is scratch",
];

describe("Nexus Zero's chips: boundary", function () {
  this.timeout(30_000);
  const { trace, parameters } = traceProgram(program);
  const table = tableOf(trace, boundary);
  const rows = rowsOf(boundary, table);
  const find = (kind: string) => rows.findIndex((row) => row[kind] === 1n);

  it("takes a run that touches every region", () => {
    checkTrace(trace, parameters);
    for (const kind of kinds) expect(find(kind), kind).to.be.at.least(0);
  });

  it("takes a run that touches nothing", () => {
    const { trace: empty, parameters: own } = traceProgram(handProgram(() => undefined));
    checkTrace(empty, own);
    const row = rowOf(boundary, tableOf(empty, boundary), 0);
    expect(rowDefects(boundary, {}, own, 0)).to.include("the first row is not padding");
    expect(row["last"]).to.equal(1n);
  });

  it("gives each cell one initial token: addresses increase", () => {
    rows.forEach((row, i) => {
      if (i === 0) return;
      // The same cell once more, or a lower one, whatever is said about the distance.
      for (const by of [0n, 1n, 5n]) {
        const address = row["previous"]! + limbSum(row, "between") + 1n;
        for (const between of [-1n - by, (1n << 48n) - 1n - by, 0n]) {
          const forged = { ...row, previous: address + by, ...limbsOf("between", between, 3) };
          expect(isAccepted(boundary, forged, parameters, i)).to.equal(false);
        }
      }
    });
  });

  it("does not let the order be evaded", () => {
    const ends = rows.length - 1;
    for (const [row, column, to] of [
      [ends, "last", 0n],
      [2, "last", 1n],
      [3, "previous", 0n],
    ] as const) {
      const undo = setCell(trace, boundary, row, column, to);
      expect(defectsOf(trace, parameters), `${column} of row ${row}`).not.to.deep.equal([]);
      undo();
    }
    expect(rowDefects(boundary, { last: 1n }, parameters, 40)).to.deep.equal(["padding is not the last row"]);
  });

  it("starts nothing but grown words late, and nothing but the pages with a value", () => {
    for (const kind of kinds.filter((each) => each !== "is grown")) {
      const index = find(kind);
      const defects = rowDefects(boundary, { ...rows[index]!, created: 8n }, parameters, index);
      expect(defects).to.include("only grown words are created later than the run's start");
    }
    const pages = find("is pages");
    const second = { ...rows[pages]!, "index 0": 1n };
    expect(rowDefects(boundary, second, parameters, pages)).to.include("there is one number of pages");
  });

  it("has no row of a word in the image, beyond the memory, or of pages not granted", () => {
    const below = find("is below image");
    const above = find("is above image");
    const grown = find("is grown");
    const place = (kind: string, index: bigint, from: bigint, to: bigint, distance: bigint) => ({
      [kind]: 1n,
      ...limbsOf("index", index, 3),
      page: index / 8_192n,
      rest: index % 8_192n,
      from,
      to,
      ...limbsOf("distance", distance, 2),
    });
    const accepted = (row: Record<string, bigint>, at: number): boolean =>
      isAccepted(boundary, { ...row, previous: 0n, ...betweenOf(row) }, parameters, at);
    expect(accepted(place("is below image", 19n, 0n, 2n, 0n), below)).to.equal(true);
    expect(accepted(place("is above image", 24n, 0n, 2n, 0n), above)).to.equal(true);
    expect(accepted(place("is grown", 16_384n, 2n, 4n, 0n), grown)).to.equal(true);
    for (const distance of [0n, -1n, 1n, (1n << 32n) - 1n]) {
      for (const index of [20n, 21n, 23n]) {
        expect(accepted(place("is below image", index, 0n, 2n, distance), below)).to.equal(false);
        expect(accepted(place("is above image", index, 0n, 2n, distance), above)).to.equal(false);
      }
      for (const index of [16_384n, 16_383n + 8_192n, 1n << 33n]) {
        for (const to of [2n, 3n, 1n << 20n]) {
          const row = place("is above image", index, 0n, to, index - 24n + distance);
          expect(accepted(row, above)).to.equal(false);
          expect(accepted({ ...row, page: 1n, rest: index - 8_192n }, above)).to.equal(false);
          expect(accepted({ ...row, page: 0n, rest: index }, above)).to.equal(false);
        }
      }
    }
    for (const index of [16_383n, 32_768n]) {
      expect(accepted(place("is grown", index, 2n, 4n, 0n), grown)).to.equal(false);
    }
  });

  it("has words in granted pages only from their time on", () => {
    const grown = find("is grown");
    for (const [column, to] of [
      ["created", 0n],
      ["created", 4n],
      ["from", 1n],
      ["to", 3n],
    ] as const) {
      const undo = setCell(trace, boundary, grown, column, to);
      expect(defectsOf(trace, parameters).join(), column).to.match(/growth|memory/);
      undo();
    }
  });

  it("refuses a run beyond the memory that a larger memory allows", () => {
    const reach = [16_383n];
    const large = traceProgram(touching(reach, { first: 2, most: 2 }));
    const small = traceProgram(touching([0n], { first: 1, most: 2 }));
    checkTrace(large.trace, large.parameters);
    expect(defectsOf(large.trace, small.parameters).join()).to.include("pages exist up to the first number");
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(boundary, table, parameters)).to.deep.equal([]);
  });
});

function limbSum(row: Readonly<Record<string, bigint>>, name: string): bigint {
  return [0, 1, 2].reduce((sum, i) => sum + (row[`${name} ${i}`]! << BigInt(16 * i)), 0n);
}

/** The distance from address 0 of a word of linear memory. */
function betweenOf(row: Readonly<Record<string, bigint>>): Record<string, bigint> {
  return { ...limbsOf("between", limbSum(row, "index") + (1n << 40n) - 1n, 3) };
}
