import { expect } from "chai";

import { defineChip, type Chip } from "../../../../plugin/zero/air/chip.ts";
import { productionShape } from "../../../../plugin/zero/circuit/production-circuit.ts";
import { ioNames, shapeOf } from "../../../../plugin/zero/proof/shape.ts";
import { productionSizes } from "../../../../plugin/zero/proof/sizes.ts";
import { madeUpChips, madeUpSizes } from "../prover/reference/made-up-chips.ts";
import { madeUpShape } from "./made-up-proof.ts";

/** A chip of `count` columns of the trace. */
function chipOf(name: string, count: number, height: Chip["height"] = "declared"): Chip {
  return defineChip(name, height, (chip) => {
    for (let i = 0; i < count; i++) chip.column(`column ${i}`, 8);
  });
}

describe("the shape of a proof", () => {
  it("has every column of the machine in one block, at most 8 to a block, and those of the trace without padding", () => {
    const { chips, traceBlocks, programBlocks } = productionShape;
    const seen = chips.map(({ columns }) => columns.map(() => 0));
    for (const { chip, first, count, bits } of [...traceBlocks, ...programBlocks]) {
      expect(count).to.be.within(1, 8);
      expect(bits).to.equal(Math.ceil(Math.log2(count)));
      for (let column = first; column < first + count; column++) seen[chip]![column]! += 1;
    }
    expect(seen).to.deep.equal(chips.map(({ columns }) => columns.map(() => 1)));
    for (const { chip, first, count, bits } of traceBlocks) {
      expect(count).to.equal(2 ** bits);
      for (const { preprocessed } of chips[chip]!.columns.slice(first, first + count)) {
        expect(preprocessed).to.equal(false);
      }
    }
  });

  it("cuts a chip's columns in their order into powers of two", () => {
    for (const [count, cuts] of [
      [1, [1]],
      [8, [8]],
      [9, [8, 1]],
      [27, [8, 8, 8, 2, 1]],
      [34, [8, 8, 8, 8, 2]],
      [31, [8, 8, 8, 4, 2, 1]],
    ] as const) {
      const shape = shapeOf([chipOf("tall", count), ...madeUpChips], productionSizes);
      const own = shape.traceBlocks.filter(({ chip }) => chip === 0);
      expect(own.map((block) => block.count)).to.deep.equal(cuts);
      own.forEach(({ first }, i) => {
        expect(first).to.equal(cuts.slice(0, i).reduce((sum, columns) => sum + columns, 0));
      });
    }
  });

  it("finds the columns of the streams in the blocks that have them", () => {
    for (const { shape, same } of [
      { shape: madeUpShape, same: false },
      { shape: productionShape, same: true },
    ]) {
      const { chips, io, traceBlocks } = shape;
      for (const stream of ["input", "journal"] as const) {
        const { block, column } = io[stream];
        expect(traceBlocks).to.include(block);
        expect(block.chip).to.equal(io.chip);
        expect(column).to.be.below(block.count);
        expect(chips[io.chip]!.columns[block.first + column]!.name).to.equal(ioNames[stream]);
      }
      expect(io.input.block === io.journal.block).to.equal(same);
    }
  });

  it("refuses chips that do not fit", () => {
    const refused = (chips: readonly Chip[], sizes: Partial<typeof madeUpSizes>, what: RegExp): void => {
      expect(() => shapeOf(chips, { ...madeUpSizes, ...sizes })).to.throw(RangeError, what);
    };
    refused([...madeUpChips, chipOf("tall", 1, 7)], {}, /chip tall of 2\^7 rows is too tall/);
    refused([...madeUpChips, chipOf("empty", 0)], {}, /chip empty has no column of the trace/);
    refused(madeUpChips, { rowBits: 10 }, /chip counter does not fit all slabs/);
    refused(
      madeUpChips,
      { rowBits: 9, leafBits: 5, programBits: 9 },
      /chip program does not fit half of a slab/,
    );
    refused(
      madeUpChips.filter(({ name }) => name !== "image"),
      {},
      /chips of height program/,
    );
    refused(
      madeUpChips.map((chip) => (chip.name === "io" ? { ...chip, name: "other" } : chip)),
      {},
      /no chip io/,
    );
    refused(
      madeUpChips.map((chip) => (chip.name === "io" ? chipOf("io", 3) : chip)),
      {},
      /no column in in chip io/,
    );
    const wide = defineChip("program", "program", (chip) => {
      for (let i = 0; i < 5; i++) chip.column(`word ${i}`, 8, true);
      chip.column("count", 8);
    });
    refused(
      madeUpChips.map((chip) => (chip.name === "program" ? wide : chip)),
      {},
      /chip program has 5 preprocessed columns/,
    );
  });
});
