import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { expect, use } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../../../hardhat.config.ts";
import { nexusMatchers } from "../../../plugin/api/matchers.ts";

use(nexusMatchers);

const root = fileURLToPath(new URL("../../..", import.meta.url));
// Real proofs where there is time for them.
const mode = process.env.NEXUS_SLOW === undefined ? "mock" : "groth16";
const { network } = await createHardhatRuntimeEnvironment({ ...config, nexus: { zero: { mode } } }, {}, root);

describe("PrivateCheck", function () {
  this.timeout(600_000); // a proof takes seconds to minutes, and so does the key that is made before the first one

  it("lets in whoever proves to know the secret", async () => {
    const { ethers, nexus } = await network.create();
    const [user] = await ethers.getSigners();
    const preimage = await nexus.program("preimage");
    const challenge = ethers.id("open sesame"); // its keccak256
    const router = await nexus.addressOf("ZeroRouter");
    const selector = await nexus.zeroSelector();
    const programId = await preimage.zeroId();
    const check = await ethers.deployContract("PrivateCheck", [router, selector, programId, challenge]);

    const input = ethers.getBytes(await check.inputOf(user!));
    const { journal, proof } = await preimage.prove(input, { privateInput: "open sesame" });
    await check.enter(journal, proof);
    expect(await check.admitted(user!)).to.equal(true);
  });
});

describe("a contract that buys proofs", function () {
  this.timeout(600_000);

  it("is answered with the key of the configured mode", async () => {
    const { ethers, nexus } = await network.create();
    const fibonacci = await nexus.program("fibonacci");
    const market = await nexus.addressOf("ZeroMarket");
    const buyer = await ethers.deployContract("ProofBuyer", [
      market,
      await nexus.zeroSelector(),
      await fibonacci.zeroId(),
    ]);
    const asked = await buyer.ask!([ethers.toUtf8Bytes("30")]);
    await expect(asked).to.be.provenBy(nexus).withJournal("832040").withCallback().emitting(buyer, "Bought");
  });
});

describe("docs/zero/use.md", () => {
  it("shows the first test above as it is", async () => {
    const source = await readFile(new URL(import.meta.url), "utf8");
    const example = /^describe\("PrivateCheck"[^]*?^\}\);$/m.exec(source)![0];
    expect(await readFile(new URL("../../../docs/zero/use.md", import.meta.url), "utf8")).to.include(example);
  });
});
