import { expect } from "chai";

import { Heard, isTimely, RENEWAL, type Stated } from "../../../../plugin/cloud/engines/heard.ts";

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
    expect(heard.addStatement(5, 5, stated(1, "0xcc")), "a third").to.equal("known");
    expect(heard.addStatement(5, 5, stated(1, "0xbb", 2n)), "of another committee").to.equal("news");
    expect(heard.addStatement(5, 6, stated(1, "0xbb"))).to.equal("news");
    expect(heard.addStatement(5, 6, stated(1)), "of a block to come").to.equal("known");
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

  it("counts what a member says until a block of the cloud comes, and renews one for every five seconds", () => {
    const heard = new Heard();
    const most = (): number => {
      let count = 0;
      while (heard.mayBePassedOn(stated(1))) count++;
      return count;
    };
    heard.forgetBefore(1, 0n, true, 1_000_000);
    expect(most()).to.equal(16);
    // Blocks of CometBFT that hold nothing are no reason to say more.
    for (let block = 1; block <= 20; block++) heard.forgetBefore(1, 0n, false, 1_000_000 + block * 200);
    expect(most()).to.equal(0);
    expect(heard.mayBePassedOn(stated(2)), "of another member").to.equal(true);
    heard.forgetBefore(1, 0n, false, 1_000_000 + RENEWAL);
    expect(most()).to.equal(1);
    heard.forgetBefore(1, 0n, false, 1_000_000 + 3.5 * RENEWAL);
    expect(most()).to.equal(2);
    heard.forgetBefore(1, 0n, false, 1_000_000 + 4 * RENEWAL);
    expect(most()).to.equal(1);
    heard.forgetBefore(1, 0n, false, 1_000_000 + 400 * RENEWAL);
    expect(most()).to.equal(16);
    heard.forgetBefore(2, 0n, true, 1_000_000 + 400 * RENEWAL);
    expect(most()).to.equal(16);
  });

  it("takes no second statement from whom the first was wrong", () => {
    const heard = new Heard();
    heard.addStatement(5, 5, stated(1));
    heard.dropWrong(5, stated(1));
    expect(heard.statements(5)).to.deep.equal([]);
    expect(heard.addStatement(5, 5, stated(1))).to.equal("known");
    expect(heard.addStatement(5, 6, stated(1))).to.equal("news");
  });

  it("keeps a member's first partial signature of its last 8 digests, and passes each on whenever it is said", () => {
    const heard = new Heard();
    const [one, two] = [Uint8Array.of(1), Uint8Array.of(2)];
    let now = 1_000n;
    const add = (index: number, digest: string, signature = one, epoch = 1n): boolean =>
      heard.addPartial({ epoch, index }, now++, digest, signature);
    expect(add(1, "0xaa")).to.equal(true);
    expect(add(1, "0xaa"), "again: what was said may be lost").to.equal(true);
    expect(add(1, "0xaa", two), "another").to.equal(false);
    expect(add(2, "0xaa", two)).to.equal(true);
    expect(add(3, "0xaa", one, 2n), "of another committee").to.equal(true);
    const signed = [
      { index: 1, signature: one },
      { index: 2, signature: two },
    ];
    expect(heard.partials(1n, "0xaa")).to.deep.equal(signed);
    heard.forgetBefore(5, 1n);
    expect(heard.partials(1n, "0xaa"), "after a block").to.deep.equal(signed);

    heard.dropWrongPartial({ epoch: 1n, index: 1 }, "0xaa");
    for (const signature of [one, two]) expect(add(1, "0xaa", signature), "wrong").to.equal(false);
    expect(heard.partials(1n, "0xaa")).to.deep.equal(signed.slice(1));

    for (let i = 0; i < 8; i++) add(2, `0x0${i}`);
    expect(heard.partials(1n, "0xaa"), "the ninth newest").to.deep.equal([]);
    expect(heard.partials(1n, "0x00")).to.deep.equal([{ index: 2, signature: one }]);
    heard.forgetBefore(7, 2n);
    expect(heard.partials(1n, "0x00")).to.deep.equal([]);
    expect(heard.partials(2n, "0xaa")).to.have.length(1);
  });

  it("lets nobody push out what members say by playing again what they said before", () => {
    const [member, one] = [{ epoch: 1n, index: 1 }, Uint8Array.of(1)];
    const id = (n: number): string => `0x${n.toString(16).padStart(64, "0")}`;
    // Also to a node that has forgotten all of it.
    for (const isNew of [false, true]) {
      let heard = new Heard();
      const said = Array.from({ length: 9 }, (_, i) => [BigInt(i), id(i)] as const);
      const wanted = Array.from({ length: 70 }, (_, i) => [BigInt(i), [id(100 + i)]] as const);
      for (const [time, digest] of said) heard.addPartial(member, time, digest, one);
      for (const [time, events] of wanted) heard.addApprovals(member, time, events);
      if (isNew) heard = new Heard();
      heard.addPartial(member, 100n, id(99), one);
      heard.addApprovals(member, 100n, [id(999)]);
      for (let round = 0; round < 3; round++) {
        const parts = said.map(([time, digest]) => heard.addPartial(member, time, digest, one));
        const events = wanted.map(([time, ids]) => heard.addApprovals(member, time, ids));
        if (!isNew || round > 0) expect([...parts, ...events]).not.to.include(true);
      }
      expect(heard.partials(1n, id(99))).to.deep.equal([{ index: 1, signature: one }]);
      expect(heard.isApproved(id(999), 1n, 1)).to.equal(true);
    }
  });

  it("takes nothing that is said far ahead of its clock", () => {
    expect(isTimely(1_000_000n, 1_000_000)).to.equal(true);
    expect(isTimely(1_000n, 1_000_000)).to.equal(true);
    expect(isTimely(1_600_000n, 1_000_000)).to.equal(true);
    expect(isTimely(1_600_001n, 1_000_000)).to.equal(false);
  });

  it("knows which events enough operators want, the newest of each", () => {
    const heard = new Heard();
    const id = (n: number): string => `0x${n.toString(16).padStart(64, "0")}`;
    let now = 1_000n;
    const say = (index: number, events: string[], epoch = 1n): boolean =>
      heard.addApprovals({ epoch, index }, now++, events);
    expect(say(1, [id(1), id(2)])).to.equal(true);
    expect(say(1, [id(2)]), "known").to.equal(false);
    say(2, [id(2)]);
    say(3, [id(2)], 2n);
    expect(heard.isApproved(id(2), 1n, 2)).to.equal(true);
    expect(heard.isApproved(id(2), 1n, 3), "the third is of another epoch").to.equal(false);
    expect(heard.isApproved(id(1), 1n, 2)).to.equal(false);
    const many = Array.from({ length: 100 }, (_, i) => id(1_000 + i));
    say(2, many);
    expect(heard.isApproved(id(2), 1n, 2), "it has said too much since").to.equal(false);
    expect(heard.isApproved(many.at(-1)!, 1n, 1)).to.equal(true);
    expect(heard.isApproved(many[0]!, 1n, 1)).to.equal(false);
    heard.forgetBefore(0, 2n);
    expect(heard.isApproved(id(1), 1n, 1)).to.equal(false);
    expect(heard.isApproved(id(2), 2n, 1)).to.equal(true);
  });

  it("takes one call to go on from each member and height, and none that is over or far ahead", () => {
    const heard = new Heard();
    const call = (index: number, height: bigint, tip = 10n): boolean =>
      heard.addWake(tip, { epoch: 1n, index }, height);
    expect(call(1, 10n)).to.equal(true);
    expect(call(1, 10n), "known").to.equal(false);
    expect(call(2, 10n), "of another member").to.equal(true);
    expect(call(3, 9n), "over").to.equal(false);
    expect(call(3, 13n), "far ahead").to.equal(false);
    expect(call(3, 12n)).to.equal(true);
    expect(call(3, 11n), "less than it said").to.equal(false);
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
