import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect } from "chai";
import { hexlify } from "ethers";
import fc from "fast-check";

import { keccak256 } from "../../../plugin/crypto/keccak.ts";

const SEED = 1600;

describe(`plugin/crypto/keccak (seed ${SEED})`, () => {
  it("hashes as the specification's authors say", () => {
    // https://keccak.team/archives.html: the known answers for Keccak[r=1088, c=512] of no bits and of 0xcc.
    expect(hexlify(keccak256(new Uint8Array()))).to.equal(
      "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470",
    );
    expect(hexlify(keccak256(Uint8Array.of(0xcc)))).to.equal(
      "0xeead6dbfc7340a56caedc044696a168870549a6a7f6f56961e84a54bd9970b8a",
    );
  });

  it("agrees with noble-hashes at every length around its blocks", () => {
    for (let length = 0; length <= 5 * 136 + 1; length++) {
      const message = Uint8Array.from({ length }, (_, i) => i * 31 + length);
      expect(hexlify(keccak256(message)), `${length} bytes`).to.equal(hexlify(keccak_256(message)));
    }
  });

  it("agrees on random messages, and on those too long for its memory", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (message) => {
        expect(keccak256(message)).to.deep.equal(keccak_256(message));
      }),
      { seed: SEED },
    );
    for (const length of [130_423, 130_424, 130_425, 131_072, 200_000]) {
      const message = new Uint8Array(length).fill(length);
      expect(hexlify(keccak256(message)), `${length} bytes`).to.equal(hexlify(keccak_256(message)));
    }
  });

  it("takes views into larger buffers, and gives hashes that stay as they are", () => {
    const buffer = Uint8Array.from({ length: 300 }, (_, i) => i);
    const first = keccak256(buffer.subarray(10, 200));
    const kept = hexlify(first);
    keccak256(buffer);
    expect(hexlify(first)).to.equal(kept);
    expect(kept).to.equal(hexlify(keccak_256(buffer.slice(10, 200))));
  });
});
