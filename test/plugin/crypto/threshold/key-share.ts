import { inspect } from "node:util";

import { expect } from "chai";

import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { KeyError } from "../../../../plugin/crypto/threshold/key-error.ts";
import { KeyShare } from "../../../../plugin/crypto/threshold/key-share.ts";
import { randomScalar, systemRandom } from "../../../../plugin/crypto/threshold/polynomial.ts";

describe("plugin/crypto/threshold/key-share", () => {
  const secret = 0xfeedfacecafebeefn;

  it("keeps its secret out of whatever prints it", () => {
    const share = new KeyShare(3, secret);
    const prints = [
      JSON.stringify({ share }),
      `${share.toString()}`,
      String(share),
      inspect({ share }, { depth: 9, showHidden: true }),
      Object.values(share).join(),
    ];
    for (const print of prints) {
      expect(print).to.not.match(/feedface/i);
      expect(print).to.not.contain(secret.toString());
      expect(print).to.not.contain("254, 237, 250");
    }
    expect(JSON.stringify(share)).to.equal('{"index":3,"secret":"[redacted]"}');
  });

  it("survives being stored", () => {
    const share = new KeyShare(3, secret);
    expect(KeyShare.fromBytes(3, share.toBytes()).secret).to.equal(secret);
  });

  it("is gone after destroy", () => {
    const share = new KeyShare(3, secret);
    share.destroy();
    for (const use of [() => share.secret, () => share.toBytes()]) {
      expect(use).to.throw(KeyError).with.property("code", "SHARE_DESTROYED");
    }
  });

  it("refuses bad indices and secrets, without printing them", () => {
    for (const index of [0, -1, 1.5, 65536]) {
      expect(() => new KeyShare(index, secret))
        .to.throw(KeyError)
        .with.property("code", "BAD_PARAMETER");
    }
    expect(() => new KeyShare(1, 0n))
      .to.throw(KeyError)
      .with.property("code", "DEGENERATE_KEY");
    expect(() => new KeyShare(1, -secret))
      .to.throw(KeyError)
      .with.property("message")
      .that.does.not.contain(secret.toString());
    expect(() => KeyShare.fromBytes(1, new Uint8Array(31)))
      .to.throw(KeyError)
      .with.property("code", "BAD_PARAMETER");
  });

  it("draws scalars from the system by default, all different", () => {
    const drawn = new Set(Array.from({ length: 50 }, () => randomScalar(bn254.fr, systemRandom)));
    expect(drawn.size).to.equal(50);
    for (const scalar of drawn) expect(scalar > 0n && scalar < bn254.fr.ORDER).to.equal(true);
  });
});
