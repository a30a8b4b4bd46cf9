import { expect } from "chai";

import { productionShape } from "../../../../plugin/zero/circuit/production-circuit.ts";
import { layOutSlabs, type PlacedBlock } from "../../../../plugin/zero/prover/slab-layout.ts";
import { seeded } from "../../../seeded.ts";

const { chips, traceBlocks, sizes, mostRowBits } = productionShape;

/** Heights by chip: given ones by name, fixed ones as they are, 0 for all others. */
function heightsOf(declared: Readonly<Record<string, number>>): number[] {
  return chips.map(({ name, height }) => (typeof height === "number" ? height : (declared[name] ?? 0)));
}

function lengthOf({ block, height }: PlacedBlock): number {
  return 2 ** (block.bits + height);
}

describe("the layout of slabs", () => {
  it("places every block at a multiple of its length, and none over another or the mask (seed: slab layout)", () => {
    const random = seeded("slab layout");
    for (let round = 0; round < 50; round++) {
      const heights = chips.map(({ height }, c) =>
        typeof height === "number"
          ? height
          : Number(random.scalar(BigInt(Math.min(18, mostRowBits[c]! + 2)))) - 1,
      );
      const { slabBits, slabs, blocks, mask } = layOutSlabs(productionShape, heights);
      expect(slabs).to.be.within(1, 16);
      expect(blocks.map(({ block }) => block)).to.deep.equal(traceBlocks);
      const ranges = [...blocks, { ...mask, height: 0, block: { bits: 0 } } as PlacedBlock].map((placed) => {
        const length = lengthOf(placed);
        expect(placed.start % length).to.equal(0);
        expect(placed.start + length).to.be.at.most(2 ** slabBits);
        expect(placed.slab).to.be.below(slabs);
        const from = placed.slab * 2 ** slabBits + placed.start;
        return [from, from + length] as const;
      });
      ranges.sort(([a], [b]) => a - b);
      ranges.slice(1).forEach(([from], i) => {
        expect(from).to.be.at.least(ranges[i]![1]);
      });
    }
  });

  it("leaves the mask a cell beside a block, also where blocks fill slabs to the last cell (seed: slab layout mask)", () => {
    const random = seeded("slab layout mask");
    const filling = {
      ...{
        add: 10,
        branch: 5,
        signed: 6,
        select: 1,
        bitwise: 4,
        shift: 1,
        count: 5,
        mul: 1,
        div: 5,
        word: 4,
      },
      ...{ narrow: 7, crossing: 8, call: 1, system: 2, program: 7, image: 1, boundary: 7, io: 2 },
    };
    const lists = Array.from({ length: 50 }, () =>
      heightsOf(Object.fromEntries(chips.map(({ name }) => [name, Number(random.scalar(12n))]))),
    );
    for (const heights of [heightsOf(filling), ...lists]) {
      const { slabBits, slabs, blocks, mask } = layOutSlabs(productionShape, heights);
      const cells = blocks.reduce((sum, block) => sum + lengthOf(block), 0);
      // What round k of the stacking binds with the 2^k cells that the mask is one of; all rounds below N are within a slab.
      const joined = Array.from({ length: slabBits }, (_, k) => {
        const beside = (Math.floor(mask.start / 2 ** k) ^ 1) * 2 ** k;
        return blocks.some(
          (block) =>
            block.slab === mask.slab &&
            block.start < beside + 2 ** k &&
            block.start + lengthOf(block) > beside,
        );
      });
      expect(joined, `${cells} cells in ${slabs} slabs`).to.include(true);
    }
    const { slabBits, blocks } = layOutSlabs(productionShape, heightsOf(filling));
    expect(blocks.reduce((sum, block) => sum + lengthOf(block), 0)).to.equal(4 * 2 ** slabBits);
  });

  it("takes the shortest slabs that hold the longest block and of which eight hold all", () => {
    // 34 columns of 2^16 rows: blocks of 2^19 cells, and not one of 2^22
    expect(layOutSlabs(productionShape, heightsOf({ add: 16 }))).to.include({ slabBits: 19, slabs: 5 });
    // nothing but the tables of 2^16 rows
    expect(layOutSlabs(productionShape, heightsOf({}))).to.include({ slabBits: 16, slabs: 4 });
    // no block longer than 2^17 cells, but more than 2^22 cells in all
    const all = heightsOf(Object.fromEntries(chips.slice(0, 14).map(({ name }) => [name, 13])));
    expect(layOutSlabs(productionShape, all)).to.include({ slabBits: 20, slabs: 5 });
  });

  it("holds a table of 2^20 rows in more slabs than eight, and refuses what does not fit them", () => {
    const heights = { add: 20, branch: 19, word: 18 };
    const { slabBits, slabs } = layOutSlabs(productionShape, heightsOf(heights));
    expect({ slabBits, slabs }).to.deep.equal({ slabBits: sizes.slabBits.most, slabs: 15 });
    expect(() => layOutSlabs(productionShape, heightsOf({ ...heights, branch: 20 }))).to.throw(
      RangeError,
      /prove a shorter run/,
    );
  });
});
