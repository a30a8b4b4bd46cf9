import { expect } from "chai";
import { network } from "hardhat";

import { verifierArgument } from "../../../plugin/zero/chain/verifier-argument.ts";
import { forgeProof, trapdoorOf, verifyingKeyOf } from "./forged-proof.ts";

const SEED = "zero development verifier";
const trapdoor = trapdoorOf(SEED);
const key = verifierArgument(verifyingKeyOf(trapdoor));

describe(`ZeroDevelopmentVerifier (seed ${SEED})`, () => {
  it("verifies on the development chains as ZeroVerifier does", async () => {
    for (const chainId of [31337, 1337]) {
      const { ethers } = await network.create({ network: "l1", override: { chainId } });
      const verifier = await ethers.deployContract("ZeroDevelopmentVerifier", [key]);
      const selector = await verifier.selector();
      const claim = { selector, input: "0x01", journal: "0x02", slabs: 1, seed: SEED };
      const { programId, proof } = forgeProof({ trapdoor, ...claim });
      await verifier.verify(programId, "0x01", "0x02", proof);
      await expect(verifier.verify(programId, "0x01", "0x03", proof)).to.be.revertedWithCustomError(
        verifier,
        "ZeroVerifierNotProven",
      );
    }
  });

  it("refuses to be deployed anywhere else, naming the chain", async () => {
    for (const chainId of [1, 10, 8453, 11155111, 31338]) {
      const { ethers } = await network.create({ network: "l1", override: { chainId } });
      const factory = await ethers.getContractFactory("ZeroDevelopmentVerifier");
      await expect(factory.deploy(key))
        .to.be.revertedWithCustomError(factory, "DevelopmentChainOnly")
        .withArgs(chainId);
    }
  });

  it("refuses to verify where its code was put on another chain", async () => {
    const development = await network.create({ network: "l1" });
    const deployed = await development.ethers.deployContract("ZeroDevelopmentVerifier", [key]);
    const code = await development.ethers.provider.getCode(deployed);
    const live = await network.create({ network: "l1", override: { chainId: 1 } });
    const address = await deployed.getAddress();
    await live.provider.request({ method: "hardhat_setCode", params: [address, code] });
    const verifier = await live.ethers.getContractAt("ZeroDevelopmentVerifier", address);
    const selector = await verifier.selector();
    const { programId, proof } = forgeProof({
      trapdoor,
      selector,
      input: "0x",
      journal: "0x",
      slabs: 1,
      seed: SEED,
    });
    await expect(verifier.verify(programId, "0x", "0x", proof))
      .to.be.revertedWithCustomError(verifier, "DevelopmentChainOnly")
      .withArgs(1);
  });
});
