import { expect } from "chai";

import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";

describe("plugin/cloud/cometbft/validator-key", () => {
  it("is named as CometBFT names it", () => {
    // The vector of CometBFT's crypto/secp256k1/secp256k1_test.go, whose address is in Base58 there: 1CKZ9Nx4zgds8tU7nJHotKSDr4a9bYJCa3.
    const secret = Buffer.from("a96e62ed3955e65be32703f12d87b6b5cf26039ecfa948dc5107a495418e5330", "hex");
    const key = new ValidatorKey(new Uint8Array(secret));
    expect(Buffer.from(key.publicKey).toString("hex")).to.equal(
      "02950e1cdfcb133d6024109fd489f734eeb4502418e538c28481f22bce276f248c",
    );
    expect(key.address).to.equal("7c2bb42a8be69791ec763e51f5a49bcd41e82237");
  });

  it("refuses what is no secret key", () => {
    for (const secret of [new Uint8Array(31), new Uint8Array(32), new Uint8Array(32).fill(255)])
      expect(() => new ValidatorKey(secret)).to.throw(RangeError, "secp256k1");
  });
});
