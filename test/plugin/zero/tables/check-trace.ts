import { expect } from "chai";

import { add } from "../../../../plugin/zero/chips/add/chip.ts";
import { branch } from "../../../../plugin/zero/chips/branch/chip.ts";
import type { Chip } from "../../../../plugin/zero/air/chip.ts";
import { chips } from "../../../../plugin/zero/chips/index.ts";
import { io } from "../../../../plugin/zero/chips/io/chip.ts";
import { program as programChip } from "../../../../plugin/zero/chips/program/chip.ts";
import { range } from "../../../../plugin/zero/chips/range/chip.ts";
import { word } from "../../../../plugin/zero/chips/word/chip.ts";
import { checkTrace, defectsOf } from "../../../../plugin/zero/tables/check-trace.ts";
import type { Table } from "../../../../plugin/zero/trace/trace.ts";
import { traceProgram } from "../../../../plugin/zero/tables/trace-program.ts";
import { cell, newLabel, value } from "../../../../plugin/zero/vm/code-buffer.ts";
import { handProgram } from "../chips/hand-program.ts";
import { rowsOf, type Row } from "../chips/row-defects.ts";
import { setCell } from "../chips/set-cell.ts";
import { tableOf } from "../chips/table-of.ts";

/** Sums word 1 of the input three times, in a word of memory, and writes it to the journal. */
const program = handProgram((out) => {
  const loop = newLabel();
  out.emit("mov", { d: 0, b: value(1n) });
  out.emit("input", { d: 1, a: 0 });
  out.emit("mov", { d: 2, b: value(64n) });
  out.emit("mov", { d: 3, b: value(3n) });
  out.bind(loop);
  out.emit("ld64", { d: 4, a: 2 });
  out.emit("add64", { d: 4, a: 4, b: cell(1) });
  out.emit("st64", { a: 2, b: cell(4) });
  out.emit("sub32", { d: 3, a: 3, b: value(1n) });
  out.jump("bne", loop, { a: 3, b: value(0n) });
  out.emit("ld64", { d: 4, a: 2 });
  out.emit("jset", { a: 0, b: cell(4) });
  out.emit("mov", { d: 0, b: value(0n) });
  out.emit("jset", { a: 0, b: value(8n) });
});
const input = Uint8Array.of(9, 8, 7, 6, 5, 4, 3, 2);

describe("Nexus Zero's traces: the reference evaluator", function () {
  this.timeout(30_000);
  const { trace, parameters, journal } = traceProgram(program, { input });

  type Forgery = readonly [chip: Chip, row: number, column: string, value: bigint];
  /** What the evaluator says to a trace with some cells changed. */
  const forged = (...cells: Forgery[]): string => {
    const undo = cells.map((each) => setCell(trace, ...each));
    const defects = defectsOf(trace, parameters);
    for (const each of undo.reverse()) each();
    expect(defects).not.to.deep.equal([]);
    return defects.join("\n");
  };
  const find = (chip: Chip, holds: (row: Row) => boolean, nth = 0): [index: number, row: Row] => {
    const found = rowsOf(chip, tableOf(trace, chip)).flatMap((row, i) =>
      holds(row) ? [[i, row] as const] : [],
    );
    return [...found[nth]!];
  };
  const loads = (nth: number) => find(word, (row) => row["is ld64"] === 1n, nth);

  it("takes what the executor did", () => {
    checkTrace(trace, parameters);
    expect(new DataView(journal.buffer, journal.byteOffset).getBigUint64(0, true)).to.equal(
      BigInt.asUintN(64, 3n * new DataView(input.buffer).getBigUint64(0, true)),
    );
  });

  it("leaves a trace as it was when its forgeries are undone", () => {
    forged([add, 0, "D", 77n]);
    checkTrace(trace, parameters);
  });

  it("names the bus, the token and the rows of a stale value", () => {
    const [first, row] = loads(1);
    const [, before] = loads(0);
    const said = forged(
      [word, first, "value", before["value"]!],
      [word, first, "cell before", before["value"]!],
    );
    expect(said).to.include(
      `memory (1099511627784, ${before["value"]!}, ${row["cell time"]!}) is taken 1 times too often`,
    );
    expect(said).to.include(`word row ${first} (-1)`);
  });

  it("refuses a stale value together with its time", () => {
    const [index] = loads(1);
    const [, before] = loads(0);
    // The token of the first load was taken by the store behind it; here it is taken a second time.
    const time = before["ts"]! + 2n;
    const said = forged(
      [word, index, "value", before["value"]!],
      [word, index, "cell before", before["value"]!],
      [word, index, "cell time", time],
    );
    expect(said).to.match(/memory .* is taken 1 times too often/);
  });

  it("refuses an access that takes what comes after it", () => {
    const [index, row] = loads(0);
    expect(forged([word, index, "cell time", row["ts"]! + 22n])).to.match(/range \(\d{60,}\) is taken/);
  });

  it("refuses two instructions in the other order", () => {
    const [first, one] = loads(0);
    const [second, other] = loads(1);
    const said = forged([word, first, "ts", other["ts"]!], [word, second, "ts", one["ts"]!]);
    expect(said).to.include("memory");
    // A state is the same whenever the loop is at this instruction, but for its time.
    const [sum, at] = find(add, (row) => row["is add64"] === 1n);
    expect(forged([add, sum, "ts", at["ts"]! + 4n])).to.match(/state \(5, 0, \d+\) is put 1 times too often/);
  });

  it("refuses a shifted address", () => {
    const [index, row] = loads(0);
    const shifted = forged([word, index, "cell", row["cell"]! + 1n]);
    expect(shifted).to.include("memory: the cell is the word");
    // With another offset of the instruction, the program does not have it.
    const said = forged(
      [word, index, "cell", row["cell"]! + 1n],
      [word, index, "c", row["c"]! + 8n],
      [word, index, "word 0", row["word 0"]! + 1n],
    );
    expect(said).to.match(/program \(4, \d+, 4, 2, 0, 8\) is taken 1 times too often/);
  });

  it("refuses a skipped instruction", () => {
    const [index] = find(add, (row) => row["is add64"] === 1n);
    const said = forged(...add.columns.map(({ name }): Forgery => [add, index, name, 0n]));
    expect(said).to.match(/state \(5, 0, \d+\) is put 1 times too often/);
    // The jump over it is an instruction that leads elsewhere.
    const [at, row] = find(branch, (each) => each["next pc"] === 4n);
    expect(forged([branch, at, "next pc", row["next pc"]! + 1n])).to.include(
      "bne: next pc = c where they differ",
    );
  });

  it("refuses an instruction executed twice, and one that is not the program's", () => {
    const table = tableOf(trace, add);
    const used = rowsOf(add, table).length;
    expect(used).to.be.below(2 ** table.height);
    const copy = add.columns.map(({ name }): Forgery => [add, used, name, rowsOf(add, table)[1]![name]!]);
    expect(forged(...copy)).to.include("state");
    const [index] = find(add, (row) => row["is add64"] === 1n);
    expect(forged([add, index, "is add64", 0n], [add, index, "is sub64", 1n])).to.include("program (5");
  });

  it("refuses a run that ends early", () => {
    const end = find(programChip, (row) => row["count"] === 1n && row["op"] !== 0n);
    expect(forged([programChip, end[0], "count", 0n])).to.include("program");
  });

  it("refuses a forged byte of the input and of the journal", () => {
    const [index, row] = find(word, (each) => each["is input"] === 1n);
    const wrong = row["value"]! ^ 1n;
    expect(forged([word, index, "value", wrong], [word, index, "cell before", wrong])).to.include(
      "memory (4398046511105",
    );
    const sum = rowsOf(io, tableOf(trace, io))[1]!["journal"]!;
    expect(forged([io, 1, "journal", sum ^ 0xff00n])).to.include("memory (6597069766657");
    expect(forged([io, 0, "journal", 7n])).to.include("memory (6597069766656");
  });

  it("refuses a lookup that is not counted", () => {
    const counts = tableOf(trace, range);
    const used = rowsOf(range, counts).findIndex((row) => row["count"]! > 1n);
    expect(forged([range, used, "count", 1n])).to.match(/range \(\d+\) is taken \d+ times too often: .*row/);
  });

  describe("the shape of a trace", () => {
    const replaced = (chip: Chip, table: Partial<Table>): string => {
      const tables = trace.map((each, i) => (chips[i] === chip ? { ...each, ...table } : each));
      return defectsOf(tables, parameters).join();
    };
    it("has a table for every chip", () => {
      expect(defectsOf(trace.slice(1), parameters)[0]).to.match(
        /^the trace has \d+ tables, but there are \d+ chips$/,
      );
    });
    it("has the heights that are fixed: a taller range table would have larger limbs", () => {
      const columns = [new Uint32Array(2 ** 17)];
      expect(replaced(range, { height: 17, columns })).to.equal("range: the height is 17, but always 16");
      expect(replaced(add, { height: 21 })).to.equal("add: a height of 21 is not in 0 … 20");
    });
    it("has every column in its length", () => {
      const { columns } = tableOf(trace, add);
      expect(replaced(add, { columns: columns.slice(1) })).to.match(
        /^add: the table has \d+ columns, not \d+$/,
      );
      const short = columns.map((each, i) => (i === 0 ? each.slice(1) : each));
      expect(replaced(add, { columns: short })).to.match(/^add: column pc has 15 entries, not 16$/);
    });
  });
});
