import { expect } from "chai";
import { encodeRlp, getBytes } from "ethers";

import {
  decode,
  decodeInteger,
  encodeInteger,
  encodeList,
  encodeString,
} from "../../../../plugin/cloud/storage/rlp.ts";

describe("storage: RLP", () => {
  it("encodes and decodes strings, integers and lists as ethers does", () => {
    for (const length of [0, 1, 2, 54, 55, 56, 255, 256, 65_536]) {
      const bytes = new Uint8Array(length).fill(0x81);
      expect(encodeString(bytes)).to.deep.equal(getBytes(encodeRlp(bytes)));
      expect(decode(encodeString(bytes))).to.deep.equal(bytes);
      const list = encodeList([encodeString(bytes), encodeList([encodeString(bytes)])]);
      expect(list).to.deep.equal(getBytes(encodeRlp([bytes, [bytes]])));
      expect(decode(list)).to.deep.equal([bytes, [bytes]]);
    }
    for (const byte of [0, 1, 0x7f, 0x80, 0xff]) {
      expect(encodeString(Uint8Array.of(byte))).to.deep.equal(getBytes(encodeRlp(Uint8Array.of(byte))));
    }
    for (const value of [0, 1, 127, 128, 255, 256, 65_535, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(decodeInteger(decode(encodeInteger(value)))).to.equal(value);
    }
  });

  for (const [what, hex, message] of [
    ["nothing", "0x", "ends where an item should begin"],
    ["bytes left over", "0x0102", "1 bytes are left over"],
    ["a string that ends early", "0x83aabb", "ends outside"],
    ["a list that ends early", "0xc3aabb", "ends outside"],
    ["an item that leaves its list", "0xc283aabbcc", "ends outside"],
    ["a length that ends early", "0xb9ff", "ends within a length"],
    ["a short string with a long length", "0xb801ff", "shortest way"],
    ["a length with a leading zero", `0xb90038${"ff".repeat(56)}`, "shortest way"],
    ["a small byte with a prefix", "0x8101", "shortest way"],
    ["a length of eight bytes", `0xbf${"ff".repeat(8)}`, "length of 8 bytes"],
    [
      "lists nested without end",
      `0x${Array.from({ length: 40 }, (_, i) => (0xc0 + 39 - i).toString(16)).join("")}`,
      "nested",
    ],
  ] as const) {
    it(`refuses ${what}`, () => {
      expect(() => decode(getBytes(hex))).to.throw(message);
    });
  }

  it("refuses integers with a leading zero, beyond 2^53, or that are lists", () => {
    expect(() => decodeInteger(Uint8Array.of(0, 1))).to.throw("not an integer");
    expect(() => decodeInteger([])).to.throw("not an integer");
    expect(() => decodeInteger(new Uint8Array(8).fill(0xff))).to.throw("too large");
  });
});
