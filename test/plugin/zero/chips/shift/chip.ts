import { expect } from "chai";

import { shift } from "../../../../../plugin/zero/chips/shift/chip.ts";
import { shiftTrace } from "../../../../../plugin/zero/chips/shift/trace.ts";
import { checkTrace } from "../../../../../plugin/zero/tables/check-trace.ts";
import { inverseOf, residue } from "../../../../../plugin/zero/field/scalar-field.ts";
import { falseStatement } from "../false-statement.ts";
import { acceptedForgeries, searchOptions } from "../forgeries.ts";
import { cell, value } from "../../../../../plugin/zero/vm/code-buffer.ts";
import type { Mnemonic } from "../../../../../plugin/zero/vm/instruction.ts";
import { edges32, edges64, handProgram, randomNumbers } from "../hand-program.ts";
import { readingOf, tracedChip } from "../reading.ts";
import { isAccepted, limbsOf, rowDefects, type Row } from "../row-defects.ts";
import { unnoticedColumns } from "../walk-columns.ts";

const kinds = ["shl", "shru", "shrs", "rotl", "rotr"] as const;
const amounts = [
  0n,
  1n,
  8n,
  15n,
  16n,
  17n,
  31n,
  32n,
  33n,
  47n,
  48n,
  63n,
  64n,
  65n,
  95n,
  127n,
  1n << 31n,
  0xffff_ffffn,
];
const negative = 0x8123_4567n;
const program = handProgram((out) => {
  for (const width of [32, 64] as const) {
    const next = randomNumbers(17n);
    for (const kind of kinds) {
      const name = `${kind}${width}` as Mnemonic;
      const emit = (a: bigint, b: bigint, isValue: boolean): void => {
        out.emit("mov", { d: 0, b: value(a) });
        out.emit("mov", { d: 1, b: value(b) });
        out.emit(name, { d: 2, a: 0, b: isValue ? value(b) : cell(1) });
      };
      amounts.forEach((b, i) => {
        for (const a of [width === 32 ? edges32.at(-1 - (i % 4))! : edges64.at(-1 - (i % 5))!, next(width)]) {
          emit(a, b, i % 2 === 0);
        }
      });
      emit(negative << BigInt(width - 32), 5n, false);
      emit(next(width), next(width), false);
    }
    const large = `shl${width}` as Mnemonic;
    if (width === 64) out.emit(large, { d: 2, a: 0, b: value((1n << 64n) - 1n) });
  }
});
const search = searchOptions("nexus zero shift");

/** The helper columns for another amount than the operand's; the operand's limbs stay. */
function withAmount(row: Row, width: bigint, isLeft: boolean, A: bigint, B: bigint, amount: bigint): Row {
  const exponent = isLeft ? amount : width - 1n - amount;
  const power = 1n << (exponent < 0n ? 0n : exponent);
  const product = A * power * (isLeft ? 1n : 2n);
  return {
    ...row,
    amount: residue(amount),
    power,
    ...limbsOf("rest", (B - amount) * inverseOf(32n)),
    ...limbsOf("high", product >> width),
    ...limbsOf("low", product % (1n << width)),
  };
}

describe("Nexus Zero's chips: shift", function () {
  this.timeout(120_000);
  const { trace, parameters, table, rows, find, mnemonics } = tracedChip(shift, program);

  it("takes what the executor does", () => checkTrace(trace, parameters));

  it("says of every row what the formulas say", () => {
    expect([...mnemonics].sort()).to.deep.equal([...shiftTrace.mnemonics].sort());
    expect(rows.map((row) => falseStatement(shift, row)).filter((each) => each !== undefined)).to.deep.equal(
      [],
    );
  });

  it(`accepts no false row of many (seed "${search.seed}")`, () => {
    expect(acceptedForgeries(shift, rows, search)).to.deep.equal([]);
  });

  it("notices a change in every column", () => {
    expect(unnoticedColumns(shift, table, parameters)).to.deep.equal([]);
  });

  it("refuses amounts that are off by one, by the width, and not reduced", () => {
    for (const row of rows) {
      const { name, A, B, D } = readingOf(shift, row);
      const width = BigInt(name.slice(-2));
      const isLeft = name.startsWith("shl") || name.startsWith("rotl");
      const amount = row["amount"]!;
      const honest = withAmount(row, width, isLeft, A, B, amount);
      expect(isAccepted(shift, honest), `${name} ${A}, ${B}`).to.equal(true);
      for (const wrong of [
        amount + 1n,
        amount - 1n,
        amount + 32n,
        amount - 32n,
        amount + 64n,
        amount - width,
      ]) {
        const forged = withAmount(row, width, isLeft, A, B, wrong);
        const [high, low] = ["high", "low"].map((part) =>
          [3, 2, 1, 0].reduce((sum, i) => (sum << 16n) + forged[`${part} ${i}`]!, 0n),
        );
        for (const result of [D, low!, high!, high! + low!]) {
          expect(isAccepted(shift, { ...forged, D: result }), `${name} ${A}, ${B} by ${wrong}`).to.equal(
            false,
          );
        }
      }
    }
  });

  it("refuses a flipped sign, with or without ones above", () => {
    for (const width of [32n, 64n]) {
      const row = find(`shrs${width}` as Mnemonic, negative << (width - 32n), 5n);
      const D = row["D"]! - (1n << width) + (1n << (width - 5n));
      expect(isAccepted(shift, { ...row, "A sign": 0n, D })).to.equal(false);
      expect(isAccepted(shift, { ...row, D })).to.equal(false);
      expect(isAccepted(shift, { ...row, "A sign": 0n })).to.equal(false);
    }
  });

  it("refuses 64 bits in a shift of 32, and an amount that is no integer", () => {
    const row = find("shru32", (1n << 32n) - 1n, 0n);
    const wide = {
      ...row,
      ...limbsOf("A", (1n << 40n) - 1n),
      ...limbsOf("high", (1n << 40n) - 1n),
      D: (1n << 40n) - 1n,
    };
    expect(rowDefects(shift, wide)).to.include("of 32 bits: A and low are below 2^32");
    const half = residue((1n << 253n) * 3n);
    expect(isAccepted(shift, { ...row, amount: half, "rest 0": residue(-half) })).to.equal(false);
  });
});
