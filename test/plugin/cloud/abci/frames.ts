import { expect } from "chai";
import fc from "fast-check";

import { frame, FrameError, FrameReader } from "../../../../plugin/cloud/abci/frames.ts";

const SEED = 0x61626369;

/** All messages that a reader gives of `bytes`, which come in pieces that end at `cuts`. */
function read(reader: FrameReader, bytes: Uint8Array, cuts: readonly number[] = []): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  let at = 0;
  for (const end of ends) {
    reader.push(bytes.slice(at, end));
    at = end;
    for (let next = reader.next(); next !== undefined; next = reader.next()) messages.push(next);
  }
  return messages;
}

describe(`plugin/cloud/abci/frames (seed ${SEED})`, () => {
  it("frames as CometBFT does: the length as an unsigned varint, then the bytes", () => {
    expect([...frame(new Uint8Array())]).to.deep.equal([0]);
    expect([...frame(Uint8Array.of(7, 8))]).to.deep.equal([2, 7, 8]);
    expect([...frame(new Uint8Array(127)).subarray(0, 2)]).to.deep.equal([127, 0]);
    expect([...frame(new Uint8Array(128)).subarray(0, 2)]).to.deep.equal([0x80, 1]);
    expect([...frame(new Uint8Array(300)).subarray(0, 2)]).to.deep.equal([0xac, 2]);
    expect([...frame(new Uint8Array(16_384)).subarray(0, 3)]).to.deep.equal([0x80, 0x80, 1]);
  });

  it("gives back any messages, however the bytes are cut", () => {
    const lengths = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(127, 128, 129, 16_383, 16_384));
    fc.assert(
      fc.property(
        fc.array(lengths, { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        (sizes, cuts) => {
          const messages = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
          const bytes = Buffer.concat(messages.map(frame));
          expect(read(new FrameReader(16_384), bytes, cuts)).to.deep.equal(messages);
        },
      ),
      { seed: SEED },
    );
  });

  it("refuses a message that is too long when its length is seen, and not when it has come", () => {
    expect(read(new FrameReader(300), frame(new Uint8Array(300)))).to.have.length(1);
    expect(() => read(new FrameReader(299), Uint8Array.of(0xac, 2))).to.throw(
      FrameError,
      "300 bytes, and at most 299",
    );
  });

  it("refuses lengths of more than four bytes, and those padded with zeros", () => {
    const reader = (): FrameReader => new FrameReader(2 ** 28 - 1);
    expect(read(reader(), Uint8Array.of(0xff, 0xff, 0xff))).to.deep.equal([]);
    expect(() => read(reader(), Uint8Array.of(0x80, 0x80, 0x80, 0x80))).to.throw(FrameError, "four bytes");
    expect(() => read(reader(), Uint8Array.of(0x82, 0))).to.throw(FrameError, "padded");
    expect(read(reader(), Uint8Array.of(0))).to.deep.equal([new Uint8Array()]);
  });

  it("is made for lengths that four bytes can say only", () => {
    for (const longest of [0, -1, 1.5, 2 ** 28, Number.NaN]) {
      expect(() => new FrameReader(longest)).to.throw(RangeError);
    }
  });
});
