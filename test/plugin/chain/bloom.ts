import { expect } from "chai";
import { id, toBeHex } from "ethers";

import { LogsBloom } from "../../../plugin/chain/bloom.ts";
import { seeded } from "../../seeded.ts";
import { bloomOf } from "../cloud/chains/scripted-chain.ts";

const SEED = "blooms";

describe("plugin/chain/bloom", () => {
  it("finds what Ethereum's definition puts in, and nothing else", () => {
    const token = "0xdac17f958d2ee523a2206206994597c13d831ec7";
    const transfer = id("Transfer(address,address,uint256)");
    const bloom = LogsBloom.parse(bloomOf([{ address: token, topics: [transfer] }]))!;
    expect(bloom.mayHold([token], [])).to.equal(true);
    expect(bloom.mayHold([token.toUpperCase().replace("0X", "0x")], [transfer])).to.equal(true);
    expect(bloom.mayHold([token], [id("Approval(address,address,uint256)")])).to.equal(false);
    expect(bloom.mayHold([toBeHex(1, 20)], [transfer])).to.equal(false);
  });

  it(`never denies what was logged, and denies most of what was not (seed "${SEED}")`, () => {
    const random = seeded(SEED);
    const word = (length: number): string => `0x${Buffer.from(random.bytes(length)).toString("hex")}`;
    let denied = 0;
    for (let round = 0; round < 50; round++) {
      const logs = Array.from({ length: 20 }, () => ({ address: word(20), topics: [word(32), word(32)] }));
      const bloom = LogsBloom.parse(bloomOf(logs))!;
      for (const { address, topics } of logs) expect(bloom.mayHold([address], topics)).to.equal(true);
      if (!bloom.mayHold([word(20)], [word(32)])) denied++;
    }
    expect(denied).to.be.above(45);
  });

  it("says nothing where the header says nothing", () => {
    for (const bloom of [undefined, null, "", "0x", "0x00", toBeHex(0, 256), toBeHex(1, 255), "nonsense"]) {
      expect(LogsBloom.parse(bloom), String(bloom)).to.equal(undefined);
    }
    expect(LogsBloom.parse(toBeHex(1, 256))!.mayHold([toBeHex(1, 20)], [])).to.equal(false);
  });
});
