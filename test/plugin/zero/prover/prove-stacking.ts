import { expect } from "chai";

import { seeded } from "../../../seeded.ts";
import { residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { copyColumn } from "../../../../plugin/zero/prover/column-memory.ts";
import { Jobs } from "../../../../plugin/zero/kernels/jobs.ts";
import { proveStacking, type StackedBlock } from "../../../../plugin/zero/prover/prove-stacking.ts";
import { challengesFrom, numbersFrom } from "./reference/challenges.ts";
import { eqAt, extend } from "./reference/multilinear.ts";
import { proveStacking as proveReference, type BlockClaim } from "./reference/stacking.ts";

type Layout = readonly (readonly [first: number, bits: number, count: number, height: number])[];

/** Blocks one behind the other in the first 24 cells of slots, each at a multiple of its length. */
function randomLayout(seed: string): Layout {
  const random = seeded(seed);
  const number = (below: number): number => Number(random.scalar(BigInt(below) + 1n)) - 1;
  const blocks: [number, number, number, number][] = [];
  for (const slot of [0, 64, 128, 192].filter((each) => each === 0 || number(2) === 0)) {
    for (let at = 0; at < 24;) {
      const [bits, height] = [number(4), number(3)];
      const length = 2 ** (bits + height);
      const first = Math.ceil(at / length) * length;
      if (first + length > 24) break;
      blocks.push([slot + first, bits, 1 + number(2 ** bits), height]);
      at = first + length;
    }
  }
  return blocks.length === 0 ? [[0, 0, 1, 0]] : blocks;
}

describe("the prover's stacking", () => {
  let kernels: Kernels;
  before(async () => {
    kernels = await Kernels.start(2);
  });
  after(() => kernels.close());

  // slots of 2^6 cells, of which slabs fill the first 2^5
  const sizes = { variables: 8, slabBits: 5, slotShift: 6 };

  /** Blocks as (first cell, column bits, columns, height), the last with a second claim about one column. */
  const layouts: readonly Layout[] = [
    [
      [0, 2, 3, 1],
      [8, 0, 1, 3],
      [16, 1, 2, 0],
      [64, 2, 4, 3],
      [192, 1, 1, 2],
    ],
    [
      [0, 0, 1, 0],
      [1, 0, 1, 0],
      [128, 3, 5, 2],
    ],
  ];

  [...layouts, ...Array.from({ length: 12 }, (_, i) => randomLayout(`random layout ${i}`))].forEach(
    (layout, number) => {
      it(`says what the reference says of layout ${number + 1} (seed stacking ${number})`, () => {
        const random = numbersFrom(`stacking ${number}`);
        const vector = new Array<bigint>(2 ** sizes.variables).fill(0n);
        const mark = kernels.mark();
        const eta = random();
        const claims: BlockClaim[] = [];
        const blocks: StackedBlock[] = [];
        const add = (first: number, bits: number, count: number, height: number, twice: boolean): void => {
          const columns = Array.from({ length: count }, () =>
            Uint16Array.from({ length: 2 ** height }, () => Number(random() % 65536n)),
          );
          columns.forEach((column, j) => {
            column.forEach((value, i) => {
              vector[first + i * 2 ** bits + j] = BigInt(value);
            });
          });
          const terms: StackedBlock["terms"][number][] = [];
          const claim = (columnPoint: readonly bigint[]): void => {
            const rowPoint = Array.from({ length: height }, random);
            terms.push({
              factor: residue(eta ** BigInt(claims.length)),
              columnWeights: Array.from({ length: 2 ** bits }, (_, j) => eqAt(columnPoint, j)),
              rowPoint,
            });
            claims.push({ first, point: [...columnPoint, ...rowPoint] });
          };
          claim(Array.from({ length: bits }, random));
          if (twice) claim(Array.from({ length: bits }, () => 1n));
          const copies = columns.map((column) => copyColumn(kernels, column));
          blocks.push({ first, bits, height, columns: copies, terms });
        };
        layout.forEach(([first, bits, count, height], i) => {
          add(first, bits, count, height, i === layout.length - 1);
        });
        const masks = [29, 30, 31, 223].map((cell) => ({ cell, value: random() }));
        for (const { cell, value } of masks) vector[cell] = value;

        const expected = proveReference(vector, claims, eta, challengesFrom("stacking"));
        const sum = claims.reduce(
          (total, { first, point }, i) =>
            total + eta ** BigInt(i) * extend(vector.slice(first, first + 2 ** point.length), point),
          0n,
        );
        const { evaluation, ...messages } = proveStacking(
          new Jobs(kernels),
          blocks,
          masks,
          residue(sum),
          sizes,
          challengesFrom("stacking"),
        );
        kernels.release(mark);
        expect(messages).to.deep.equal(expected);
        const { point } = expected;
        const slabs = Array.from({ length: 4 }, (_, slot) => vector.slice(64 * slot, 64 * slot + 32));
        const weighted = slabs.map(
          (slab, slot) => eqAt(point.slice(6), slot) * extend(slab, point.slice(0, 5)),
        );
        expect(evaluation).to.equal(residue(weighted.reduce((total, value) => total + value, 0n)));
      });
    },
  );
});
