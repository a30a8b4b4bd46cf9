/** One encoding of a proof: it comes back, and nothing else is taken. */
import { bytesToNumberBE, numberToBytesBE } from "@noble/curves/utils.js";
import { expect } from "chai";

import { r } from "../../../../plugin/zero/field/scalar-field.ts";
import { ZeroProofError } from "../../../../plugin/zero/arithmetic/zero-proof-error.ts";
import { decodeProof, encodeProof, proofLength, q } from "../../../../plugin/zero/proof/encoding.ts";
import { sampleProof } from "./sample-proof.ts";

/** What is wrong with bytes, by name. */
function refusal(bytes: Uint8Array): string {
  try {
    decodeProof(bytes);
  } catch (error) {
    if (error instanceof ZeroProofError) return error.what;
    throw error;
  }
  return "nothing";
}

function withWord(bytes: Uint8Array, word: number, value: bigint): Uint8Array {
  const changed = bytes.slice();
  changed.set(numberToBytesBE(value, 32), 4 + 32 * word);
  return changed;
}

function wordOf(bytes: Uint8Array, word: number): bigint {
  return bytesToNumberBE(bytes.subarray(4 + 32 * word, 36 + 32 * word));
}

describe("encoding of a Zero proof", () => {
  for (const slabs of [1, 3, 16]) {
    it(`gives a proof of ${slabs} slabs back (seed encoding)`, () => {
      const proof = sampleProof("encoding", slabs);
      const bytes = encodeProof(proof);
      expect(bytes.length).to.equal(proofLength(slabs));
      expect(decodeProof(bytes)).to.deep.equal(proof);
      expect(encodeProof(decodeProof(bytes))).to.deep.equal(bytes);
    });
  }

  it("refuses a second representation of every word", () => {
    const bytes = encodeProof(sampleProof("encoding", 2));
    const words = (bytes.length - 4) / 32;
    expect(words).to.equal(44);
    const isElement = (word: number): boolean => word === 0 || word === 3 || (word >= 22 && word < 36);
    for (let word = 0; word < words; word++) {
      const order = isElement(word) ? r : q;
      const second = wordOf(bytes, word) + order;
      expect(refusal(withWord(bytes, word, second)), `word ${word}`).to.equal(`word ${word}`);
      expect(refusal(withWord(bytes, word, order)), `word ${word}`).to.equal(`word ${word}`);
    }
  });

  it("refuses points off the curve and at infinity, by their first word", () => {
    const bytes = encodeProof(sampleProof("encoding", 2));
    const points = [1, 4, 6, ...Array.from({ length: 7 }, (_, i) => 8 + 2 * i), 36, 42];
    for (const word of points) {
      const off = withWord(bytes, word + 1, (wordOf(bytes, word + 1) + 1n) % q);
      expect(refusal(off), `off the curve at ${word}`).to.equal(`word ${word}`);
      const infinity = withWord(withWord(bytes, word, 0n), word + 1, 0n);
      expect(refusal(infinity), `infinity at ${word}`).to.equal(`word ${word}`);
    }
    let infinity = bytes;
    for (let word = 38; word < 42; word++) infinity = withWord(infinity, word, 0n);
    expect(refusal(infinity)).to.equal("word 38");
  });

  it("refuses other lengths and other numbers of slabs", () => {
    const bytes = encodeProof(sampleProof("encoding", 2));
    expect(refusal(new Uint8Array())).to.equal("length");
    expect(refusal(bytes.subarray(0, bytes.length - 1))).to.equal("length");
    expect(refusal(new Uint8Array([...bytes, 0]))).to.equal("length");
    const header = wordOf(bytes, 0);
    for (const slabs of [0n, 17n, 31n]) {
      expect(refusal(withWord(bytes, 0, header - 2n + slabs))).to.equal("number of slabs");
    }
    expect(refusal(withWord(bytes, 0, header + 1n))).to.equal("length");
  });

  it("does not encode what does not fit its header", () => {
    const proof = sampleProof("encoding", 2);
    const { slabs } = proof.group;
    expect(() => encodeProof({ ...proof, group: { ...proof.group, slabs: slabs.slice(1) } })).to.throw(
      RangeError,
      "2 slabs, there are 1 with 2 scalars",
    );
  });
});
