import { expect } from "chai";

import { address, bytes32, toBytes, uint } from "../../../plugin/contracts/abi-words.ts";

describe("plugin/contracts/abi-words", () => {
  it("reads hexadecimal strings of whole bytes, in either case, and nothing else", () => {
    expect(toBytes("0x")).to.deep.equal(new Uint8Array());
    expect(toBytes("0x00fFAb")).to.deep.equal(Uint8Array.of(0, 255, 171));
    for (const bad of [
      "",
      "00",
      "0x0",
      "0xzz",
      "0x00zz",
      "0x00 0",
      "0X00",
      "x000",
      "0x0011g",
      `0x${"g".repeat(100)}`,
    ]) {
      expect(() => toBytes(bad), bad).to.throw(TypeError, "no 0x-prefixed hex string");
    }
  });

  it("refuses words that are too short or too long, and numbers that do not fit", () => {
    expect(() => bytes32(`0x${"00".repeat(31)}`)).to.throw(
      RangeError,
      "expected a 32-byte word, got 31 bytes",
    );
    expect(() => address(new Uint8Array(21))).to.throw(
      RangeError,
      "expected an address of 20 bytes, got 21 bytes",
    );
    expect(() => uint(256n, 8)).to.throw(RangeError, "256 does not fit in uint8");
    expect(() => uint(-1n, 256)).to.throw(RangeError, "does not fit in uint256");
    expect(uint(255n, 8)).to.deep.equal(uint(255n, 256));
    expect(uint(2n ** 256n - 1n, 256)).to.deep.equal(new Uint8Array(32).fill(255));
  });
});
