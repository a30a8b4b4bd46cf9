import { readFile } from "node:fs/promises";

import { expect, use } from "chai";
import { network } from "hardhat";

import { nexusMatchers } from "../../../plugin/api/matchers.ts";

use(nexusMatchers);

describe("Counter", () => {
  it("counts in the cloud", async () => {
    const { ethers, nexus } = await network.create("l1");
    const program = await nexus.program("counter");
    const counter = await ethers.deployContract("Counter", [
      await nexus.gateway(),
      await nexus.cloudId(),
      program.id,
    ]);

    const value = ethers.parseEther("0.01"); // all of it is the fee
    await expect(counter.add(5n, { value })).to.be.answeredBy(nexus).withOutcome("Success").withCallback();
    expect(await counter.count()).to.equal(5n);

    await nexus.setFault(1, { kind: "lying" });
    await counter.add(2n, { value });
    expect(await counter.count()).to.equal(7n);
    expect((await nexus.misbehaviours())[0]).to.include({ kind: "divergence" });
  });
});

describe("docs/plugin.md", () => {
  it("shows the test above as it is", async () => {
    const source = await readFile(new URL(import.meta.url), "utf8");
    const example = /^describe\("Counter"[^]*?^\}\);$/m.exec(source)![0];
    expect(await readFile(new URL("../../../docs/plugin.md", import.meta.url), "utf8")).to.include(example);
  });
});
