/** Header, constants and positions: every bit has a meaning, and every range is enforced. */
import { expect } from "chai";

import { plain } from "../../../../plugin/zero/arithmetic/plain.ts";
import { productionShape } from "../../../../plugin/zero/circuit/production-circuit.ts";
import { ZeroProofError } from "../../../../plugin/zero/arithmetic/zero-proof-error.ts";
import type { Choice } from "../../../../plugin/zero/proof/choice.ts";
import { decode, decodePositions, packPositions } from "../../../../plugin/zero/proof/decode.ts";
import {
  packConstants,
  packHeader,
  type Header,
  type ProgramConstants,
} from "../../../../plugin/zero/proof/header.ts";
import { madeUpShape } from "./made-up-proof.ts";

const header: Header = { slabs: 2, slabBits: 9, heights: [3, 2] };
const constants: ProgramConstants = {
  programHeight: 3,
  imageHeight: 2,
  imageFirst: 3,
  firstPages: 1,
  mostPages: 2 ** 20 - 1,
};

const decoded = (ofHeader: Partial<Header> = {}, ofConstants: Partial<ProgramConstants> = {}) =>
  decode(
    plain,
    madeUpShape,
    packHeader({ ...header, ...ofHeader }),
    packConstants({ ...constants, ...ofConstants }),
  );

function valueOf(choice: Choice<bigint>): number {
  const values = Array.from({ length: 32 }, (_, value) => value).filter((value) => choice.is(value) === 1n);
  expect(values.length).to.equal(1);
  return values[0]!;
}

function refused(attempt: () => unknown, what: string): void {
  expect(attempt, what)
    .to.throw(ZeroProofError)
    .that.satisfies((error: ZeroProofError) => error.what === what, what);
}

describe("header and constants", () => {
  it("are decoded", () => {
    const { slabs, slabBits, heights, parameters } = decoded();
    expect(valueOf(slabs)).to.equal(2);
    expect(valueOf(slabBits)).to.equal(9);
    expect(heights.map(valueOf)).to.deep.equal([3, 3, 2, 2, 6]);
    expect(parameters).to.deep.equal({
      imageFirst: 3n,
      imageEnd: 7n,
      firstPages: 1n,
      mostPages: 2n ** 20n - 1n,
    });
  });

  it("have no spare bit", () => {
    const [headerBits, constantsBits] = [5 + 3 * 5, 80];
    const [h, c] = [packHeader(header), packConstants(constants)];
    for (const bit of [0, 1, 100]) {
      const above = (bits: number): bigint => 1n << BigInt(bits + bit);
      refused(() => decode(plain, madeUpShape, h + above(headerBits), c), "header");
      refused(() => decode(plain, madeUpShape, h, c + above(constantsBits)), "constants");
    }
  });

  it("are in range", () => {
    for (const slabs of [1, 4]) expect(valueOf(decoded({ slabs }).slabs)).to.equal(slabs);
    for (const slabs of [0, 5, 15]) refused(() => decoded({ slabs }), "number of slabs");
    for (const slabBits of [0, 7, 10, 31]) refused(() => decoded({ slabBits }), "slab length");
    // A chip has 2^6 rows at most, io 2^4.
    expect(decoded({ heights: [6, 4] }).heights.map(valueOf)).to.deep.equal([6, 3, 2, 4, 6]);
    for (const height of [7, 31]) refused(() => decoded({ heights: [height, 2] }), "height of counter");
    for (const height of [5, 31]) refused(() => decoded({ heights: [3, height] }), "height of io");
    for (const programHeight of [5, 31]) refused(() => decoded({}, { programHeight }), "height of program");
    for (const imageHeight of [4, 31]) refused(() => decoded({}, { imageHeight }), "height of image");
  });

  it("place the image behind the program, at a multiple of its length", () => {
    for (let programHeight = 0; programHeight <= 4; programHeight++) {
      for (let imageHeight = 0; imageHeight <= 3; imageHeight++) {
        const { imageStart } = decoded({}, { programHeight, imageHeight });
        expect(imageStart.indexOf(1n)).to.equal(Math.max(programHeight, imageHeight));
        expect(imageStart.filter((bit) => bit !== 0n)).to.deep.equal([1n]);
      }
    }
  });
});

describe("positions", () => {
  // Column bits of the blocks: 2, 1 and 0 of the counter, 0 of program and image, 2 and 0 of io, 0 of the range table; 2^11 cells of slabs.
  const lengths = [9, 10, 11, 11, 11, 9, 11, 11];
  const most = lengths.map((length) => 2n ** BigInt(length) - 1n);

  it("are decoded to every bit, within the slabs' slots", () => {
    const positions = most.map((position, i) => position - BigInt(i));
    const bits = decodePositions(plain, madeUpShape, positions);
    expect(bits.map(({ length }) => length)).to.deep.equal(lengths);
    const integers = bits.map((list) => list.reduce((sum, bit, k) => sum + (bit << BigInt(k)), 0n));
    expect(integers).to.deep.equal(positions);
    most.forEach((position, i) => {
      const { chip, first } = madeUpShape.traceBlocks[i]!;
      refused(
        () => decodePositions(plain, madeUpShape, positions.with(i, position + 1n)),
        `position of ${madeUpShape.chips[chip]!.name} from column ${first} on`,
      );
    });
  });

  it("are packed one behind the other", () => {
    const [word, ...others] = packPositions(plain, madeUpShape, most);
    expect(others).to.deep.equal([]);
    expect(word).to.equal(2n ** 83n - 1n);
    const shifts = [0n, 9n, 19n, 30n, 41n, 52n, 61n, 72n];
    shifts.forEach((shift, i) => {
      const one = most.map((_, k) => (k === i ? 1n : 0n));
      expect(packPositions(plain, madeUpShape, one)).to.deep.equal([1n << shift]);
    });
  });

  it("of the machine fill words of 253 bits, none split", () => {
    const lengths = productionShape.traceBlocks.map(({ bits }) => 26 - bits);
    const words = packPositions(
      plain,
      productionShape,
      lengths.map((length) => 2n ** BigInt(length) - 1n),
    );
    const used = words.map((word) => word.toString(2));
    for (const bits of used.slice(0, -1)) expect(bits).to.match(/^1{228,253}$/);
    expect(used.at(-1)).to.match(/^1{1,253}$/);
    expect(used.join("").length).to.equal(lengths.reduce((sum, length) => sum + length, 0));
  });
});
