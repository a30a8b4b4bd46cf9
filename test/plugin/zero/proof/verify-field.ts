import { expect } from "chai";

import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { r, residue } from "../../../../plugin/zero/field/scalar-field.ts";
import { ZeroProofError } from "../../../../plugin/zero/arithmetic/zero-proof-error.ts";
import { publicWords, scalarWords, type FieldMessages } from "../../../../plugin/zero/proof/messages.ts";
import { logarithmBits, slabCountBits } from "../../../../plugin/zero/proof/header.ts";
import { foldPublicValues, publicDigest } from "../../../../plugin/zero/proof/public-values.ts";
import { verifyField, type FieldInputs } from "../../../../plugin/zero/proof/verify-field.ts";
import type { CommittedSlabs } from "../prover/reference/prove.ts";
import { withCell } from "../chips/wrong-cells.ts";
import {
  changeMessage,
  lineOfMessage,
  lines,
  madeUpProof,
  madeUpShape,
  madeUpWitness,
} from "./made-up-proof.ts";

/** What each line's messages are refused for. */
const refusals: Readonly<Record<string, readonly string[]>> = {
  positions: ["the buses cancel"],
  // A denominator under the numerator 0 is a factor of all of the sum.
  root: ["the buses cancel", "layer of the bus argument"],
  layer: ["layer of the bus argument"],
  zerocheck: ["constraints and leaves at z"],
  // The columns that no constraint and no leaf reads are only in the stacked vector.
  columns: ["constraints and leaves at z", "the stacked vector at y"],
  stacking: ["the stacked vector at y"],
  evaluation: ["the stacked vector at y"],
  opening: ["the inner products at ζ"],
};

function refusalOf(inputs: FieldInputs<bigint>, messages: FieldMessages<bigint>): string {
  try {
    verifyField(plain, madeUpShape, inputs, messages);
  } catch (error) {
    if (error instanceof ZeroProofError) return error.what;
    throw error;
  }
  return "accepted";
}

describe("the field half of the verifier", () => {
  const { inputs, field } = madeUpProof();

  it("accepts a proof", () => {
    const values = verifyField(plain, madeUpShape, inputs, field);
    expect(values).to.include(inputs);
    expect(values.scalars.slabs.slice(2).every((scalar) => scalar === 0n)).to.equal(true);
  });

  it("refuses it with any message changed", () => {
    lineOfMessage.forEach((line, number) => {
      const { name } = lines[line]!;
      const changed = changeMessage(field, number, (element) => residue(element + 1n));
      expect(refusals[name], `message ${number}, ${name}`).to.include(refusalOf(inputs, changed));
    });
  });

  it("refuses it with any public value changed that it reads", () => {
    for (const name of ["seed", "rho", "input", "journal", "constants", "gamma", "zeta"] as const) {
      const changed = { ...inputs, [name]: residue(inputs[name] + 1n) };
      expect(refusalOf(changed, field), name).not.to.equal("accepted");
    }
    for (let bit = slabCountBits; bit < slabCountBits + 3 * logarithmBits; bit++) {
      const changed = { ...inputs, header: inputs.header ^ (1n << BigInt(bit)) };
      expect(refusalOf(changed, field), `bit ${bit} of the header`).not.to.equal("accepted");
    }
    // M, α, δ and ω are read by the scalars alone, which the contract combines the commitments with.
    const { scalars } = verifyField(plain, madeUpShape, inputs, field);
    for (const name of ["alpha", "delta", "omega"] as const) {
      const changed = { ...inputs, [name]: residue(inputs[name] + 1n) };
      const others = verifyField(plain, madeUpShape, changed, field).scalars;
      expect(scalarWords(others), name).not.to.deep.equal(scalarWords(scalars));
    }
    const more = verifyField(plain, madeUpShape, { ...inputs, header: inputs.header + 1n }, field).scalars;
    const used = (slabs: readonly bigint[]): number => slabs.filter((scalar) => scalar !== 0n).length;
    expect(used(more.slabs)).to.equal(used(scalars.slabs) + 1);
  });

  it("refuses the points at which the opening says nothing", () => {
    const { alpha } = inputs;
    const cases = new Map([
      [0n, "ζ is not 0"],
      [1n, "ζ is neither 1 nor −1"],
      [r - 1n, "ζ is neither 1 nor −1"],
      [alpha, "ζ is not α"],
      [plain.inverse(alpha, "α"), "ζα is not 1"],
    ]);
    for (const [zeta, what] of cases) expect(refusalOf({ ...inputs, zeta }, field)).to.equal(what);
    expect(refusalOf({ ...inputs, rho: r - 1n }, field)).to.equal("1 + ρ^(2^k) is not zero");
  });

  it("refuses messages of another form", () => {
    const [round, ...rounds] = field.zerocheck as [bigint[], ...bigint[][]];
    const forms: Partial<FieldMessages<bigint>>[] = [
      { positions: [...field.positions, 0n] },
      { root: { ...field.root, q: field.root.q.slice(1) } },
      { layers: field.layers.slice(1) },
      { zerocheck: rounds },
      { zerocheck: [[...round, 0n], ...rounds] },
      { columns: field.columns.map((columns, c) => (c === 0 ? [...columns, 0n] : columns)) },
      { columns: field.columns.slice(1) },
      { stacking: [...field.stacking, [0n, 0n]] },
      { stacking: field.stacking.map((coefficients) => [...coefficients, 0n]) },
    ];
    for (const form of forms) {
      expect(() => verifyField(plain, madeUpShape, inputs, { ...field, ...form })).to.throw(
        ZeroProofError,
        /there are/,
      );
    }
  });

  it("refuses a proof about a trace that is no run, made with every care", () => {
    const { trace, input, journal } = madeUpWitness();
    const constraints = "constraints and leaves at z";
    // chip, column, row, value
    const cells: readonly (readonly [number, number, number, number | bigint, string])[] = [
      [0, 0, 1, 2, constraints], // a flag that is 2 breaks the bus too, so one of both names it
      [0, 2, 3, 5, "the buses cancel"], // jumps
      [0, 3, 3, 17, "the buses cancel"], // a clock that does not advance by 4
      [0, 5, 2, 17, constraints], // a square that is none
      [1, 1, 2, 0, "the buses cancel"], // an instruction that the table does not give
      [2, 1, 0, 9, "the buses cancel"], // memory taken at another time
      [3, 1, 1, 22n, constraints], // private input
      [4, 0, 63, 1, "the buses cancel"], // a number nobody took
    ];
    for (const [chip, column, row, value, what] of cells) {
      const { inputs, field } = madeUpProof({
        trace: withCell(trace, { chip, column, row, value }),
        input,
        journal,
      });
      const refusal = refusalOf(inputs, field);
      expect([what, "the buses cancel"], `${chip}, ${column}, ${row}`).to.include(refusal);
    }
    const [first, ...rest] = input;
    for (const streams of [
      { input: Uint8Array.from([first! + 1, ...rest]), journal },
      { input, journal: journal.slice(0, -1) },
      { input: Uint8Array.from([...input, 0]), journal },
    ]) {
      const { inputs, field } = madeUpProof({ trace, ...streams });
      expect(refusalOf(inputs, field)).to.equal("the stacked vector at y");
    }
  });

  describe("finds each block at its position alone", () => {
    // The blocks: 4, 2 and 1 columns of the counter, of 8 rows; program; image, of 4; in, private, sum, difference; journal, of 4;
    // range, of 64.
    const [first, second, third, image, journal, range] = [0, 1, 2, 4, 6, 7] as const;
    const { slabBits } = madeUpShape.sizes;
    const refusal = (tamper: (committed: CommittedSlabs) => void): string => {
      const { inputs, field } = madeUpProof(madeUpWitness(), tamper);
      return refusalOf(inputs, field);
    };
    const cellOf = ({ slabs, starts }: CommittedSlabs, block: number, cell: number): [bigint[], number] => {
      const slot = 2 ** slabBits.most;
      return [slabs[Math.floor(starts[block]! / slot)]!, (starts[block]! % slot) + cell];
    };

    it("and refuses a block of a chip said to be where another of it is", () => {
      for (const [block, other] of [
        [first, second],
        [second, first],
        [third, second],
        [journal, image],
      ] as const) {
        const what = refusal(({ starts }) => {
          starts[block] = starts[other]!;
        });
        expect(what, `block ${block} as block ${other}`).to.equal("the stacked vector at y");
      }
    });

    it("and refuses a change of any block's cells that the columns do not have", () => {
      madeUpShape.traceBlocks.forEach((_, block) => {
        const what = refusal((committed) => {
          const [slab, cell] = cellOf(committed, block, 1);
          slab[cell] = slab[cell]! + 1n;
        });
        expect(what, `block ${block}`).to.equal("the stacked vector at y");
      });
    });

    it("and accepts blocks that share cells, as both columns are what is there", () => {
      const what = refusal((committed) => {
        const { starts } = committed;
        starts[image] = starts[range]! + 60;
        // four rows of a column that is zero, and numbers that nobody takes
        const [slab, cell] = cellOf(committed, image, 0);
        expect(slab.slice(cell, cell + 4)).to.deep.equal([0n, 0n, 0n, 0n]);
      });
      expect(what).to.equal("accepted");
    });
  });

  it("hashes and folds every public value", () => {
    const values = verifyField(plain, madeUpShape, inputs, field);
    const words = publicWords(values);
    const [pi, beta] = [publicDigest(plain, values), 3n ** 99n];
    const folded = words.reduceRight((sum, word) => residue(sum * beta + word), 0n);
    expect(foldPublicValues(plain, values, residue(beta))).to.equal(folded);
    const seen = new Set([pi]);
    const single = [
      "seed",
      "rho",
      "input",
      "journal",
      "header",
      "constants",
      "sigma",
      "alpha",
      "gamma",
    ] as const;
    const others = ["zeta", "epsilon", "delta", "omega"] as const;
    for (const name of [...single, ...others])
      seen.add(publicDigest(plain, { ...values, [name]: residue(values[name] + 1n) }));
    const { slabs, ...named } = values.scalars;
    for (const [name, scalar] of Object.entries(named)) {
      const scalars = { ...values.scalars, [name]: residue(scalar + 1n) };
      seen.add(publicDigest(plain, { ...values, scalars }));
    }
    slabs.forEach((scalar, m) => {
      const scalars = { ...values.scalars, slabs: slabs.with(m, residue(scalar + 1n)) };
      seen.add(publicDigest(plain, { ...values, scalars }));
    });
    expect(seen.size).to.equal(1 + words.length);
  });
});
