import { expect } from "chai";

import { Heard, type Stated } from "../../../../plugin/cloud/engines/heard.ts";

const stated = (index: number, blockHash = "0xaa", epoch = 1n): Stated => ({
  epoch,
  index,
  blockHash,
  signature: "0x",
  partials: [],
});

describe("plugin/cloud/engines/heard", () => {
  it("keeps a member's first statement of a height, and says when another contradicts it", () => {
    const heard = new Heard();
    expect(heard.addStatement(5, 5, stated(1))).to.equal("news");
    expect(heard.addStatement(5, 5, stated(1))).to.equal("known");
    expect(heard.addStatement(5, 5, stated(1, "0xbb"))).to.deep.equal(stated(1));
    expect(heard.addStatement(5, 5, stated(1, "0xbb", 2n)), "of another committee").to.equal("news");
    expect(heard.addStatement(5, 6, stated(1, "0xbb"))).to.equal("news");
    expect(heard.statements(5)).to.deep.equal([stated(1), stated(1, "0xbb", 2n)]);
  });

  it("keeps nothing from long before the last block, and nothing far ahead of it", () => {
    const heard = new Heard();
    expect(heard.addStatement(15, 14, stated(1)), "who is late").to.equal("news");
    expect(heard.addStatement(15, 7, stated(1))).to.equal("news");
    expect(heard.addStatement(15, 6, stated(1))).to.equal("too far");
    expect(heard.addStatement(15, 17, stated(1))).to.equal("news");
    expect(heard.addStatement(15, 18, stated(1))).to.equal("too far");
    heard.forgetBefore(22, 0n);
    expect(heard.statements(14)).to.deep.equal([stated(1)]);
    heard.forgetBefore(26, 0n);
    expect(heard.statements(14)).to.deep.equal([]);
    expect(heard.statements(17)).to.deep.equal([]);
  });

  it("takes no second statement from whom the first was wrong", () => {
    const heard = new Heard();
    heard.addStatement(5, 5, stated(1));
    heard.dropWrong(5, stated(1));
    expect(heard.statements(5)).to.deep.equal([]);
    expect(heard.addStatement(5, 5, stated(1))).to.equal("known");
    expect(heard.addStatement(5, 6, stated(1))).to.equal("news");
  });

  it("agrees on the head that enough members of the epoch have reached", () => {
    const heard = new Heard();
    const served = (chainId: bigint): boolean => chainId < 10n;
    const says = (index: number, head: bigint, epoch = 1n, chainId = 1n): boolean =>
      heard.addHeads({ epoch, index }, new Map([[chainId, head]]), served);
    expect(heard.agreedHead(1n, 1n, 3)).to.equal(-1n);
    expect(says(1, 100n)).to.equal(true);
    expect(says(2, 2n ** 200n), "a liar").to.equal(true);
    expect(heard.agreedHead(1n, 1n, 3)).to.equal(-1n);
    says(4, 70n, 2n);
    expect(heard.agreedHead(1n, 1n, 3), "of another epoch").to.equal(-1n);
    says(3, 90n);
    expect(heard.agreedHead(1n, 1n, 3)).to.equal(90n);
    expect(says(3, 80n), "it sees less").to.equal(false);
    expect(heard.agreedHead(1n, 1n, 3)).to.equal(90n);
    expect(heard.agreedHead(2n, 1n, 3), "another chain").to.equal(-1n);
    expect(says(1, 5n, 1n, 10n), "not served").to.equal(false);
    heard.forgetBefore(0, 2n);
    expect(heard.agreedHead(1n, 1n, 1)).to.equal(-1n);
    expect(heard.agreedHead(1n, 2n, 1)).to.equal(70n);
  });
});
