import { fileURLToPath } from "node:url";

import { expect, use } from "chai";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../../../hardhat.config.ts";
import { nexusMatchers } from "../../../plugin/api/matchers.ts";

use(nexusMatchers);

const root = fileURLToPath(new URL("../../..", import.meta.url));

describe("program.prove, with mock proofs", () => {
  async function connect() {
    const nexus = { zero: { mode: "mock" as const }, cloud: { nodes: 1 } };
    const hre = await createHardhatRuntimeEnvironment({ ...config, nexus }, {}, root);
    return hre.network.create("l1");
  }

  it("gives proofs that the network's router takes, of nothing but what they are about", async () => {
    const { ethers, nexus } = await connect();
    const fibonacci = await nexus.program("fibonacci");
    const router = await ethers.getContractAt("ZeroRouter", await nexus.addressOf("ZeroRouter"));
    const mock = await ethers.getContractAt("ZeroMockVerifier", await nexus.addressOf("ZeroMockVerifier"));
    const { programId, input, journal, proof, instructions } = await fibonacci.prove("30");
    expect(programId).to.equal(await fibonacci.zeroId());
    expect(new TextDecoder().decode(journal).trim()).to.equal(await fibonacci.call("30"));
    expect(instructions).to.be.greaterThan(100);
    await router.verify(programId, input, journal, proof);
    for (const [other, said] of [
      [fibonacci.id, journal],
      [programId, input],
    ] as const) {
      await expect(router.verify(other, input, said, proof)).to.be.revertedWithCustomError(
        mock,
        "ZeroMockWrongClaim",
      );
    }
  });

  it("has a matcher for what the router accepts", async () => {
    const { nexus } = await connect();
    const proof = await (await nexus.program("fibonacci")).prove("10");
    const other = { ...proof, journal: proof.input };
    await expect(proof).to.be.acceptedBy(nexus);
    await expect(other).not.to.be.acceptedBy(nexus);
    const failure = (assertion: Promise<void>) =>
      assertion.then(
        () => "",
        (error: Error) => error.message,
      );
    expect(await failure(expect(other).to.be.acceptedBy(nexus))).to.match(
      /but it says: .*ZeroMockWrongClaim/,
    );
    expect(await failure(expect(proof).not.to.be.acceptedBy(nexus))).to.match(/but it accepts it/);
  });

  it("says why there is no proof", async () => {
    const { nexus } = await connect();
    const fibonacci = await nexus.program("fibonacci");
    const message = await fibonacci.prove("many").then(
      () => "",
      (error: Error) => error.message,
    );
    expect(message).to.match(/^fibonacci ended with exit code 1, .*"many" is not a number/);
  });
});
