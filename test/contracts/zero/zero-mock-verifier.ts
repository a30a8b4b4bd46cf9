import { expect } from "chai";
import { keccak256, toUtf8Bytes } from "ethers";
import { network } from "hardhat";

import { mockProof } from "./mock-proof.ts";

const PROGRAM = keccak256(toUtf8Bytes("program"));

describe("ZeroMockVerifier", () => {
  it("deploys and verifies on the development chains", async () => {
    for (const chainId of [31337, 1337]) {
      const { ethers } = await network.create({ network: "l1", override: { chainId } });
      const mock = await ethers.deployContract("ZeroMockVerifier");
      const proof = mockProof(PROGRAM, "0x01", "0x02");
      await mock.verify(PROGRAM, "0x01", "0x02", proof);
      await expect(mock.verify(PROGRAM, "0x01", "0x03", proof)).to.be.revertedWithCustomError(
        mock,
        "ZeroMockWrongClaim",
      );
    }
  });

  it("refuses to be deployed anywhere else, naming the chain", async () => {
    for (const chainId of [1, 10, 8453, 11155111, 31338]) {
      const { ethers } = await network.create({ network: "l1", override: { chainId } });
      const factory = await ethers.getContractFactory("ZeroMockVerifier");
      await expect(factory.deploy())
        .to.be.revertedWithCustomError(factory, "DevelopmentChainOnly")
        .withArgs(chainId);
    }
  });

  it("refuses to verify where its code was put on another chain", async () => {
    const development = await network.create({ network: "l1" });
    const deployed = await development.ethers.deployContract("ZeroMockVerifier");
    const code = await development.ethers.provider.getCode(deployed);
    const live = await network.create({ network: "l1", override: { chainId: 1 } });
    const address = await deployed.getAddress();
    await live.provider.request({ method: "hardhat_setCode", params: [address, code] });
    const mock = await live.ethers.getContractAt("ZeroMockVerifier", address);
    await expect(mock.verify(PROGRAM, "0x01", "0x02", mockProof(PROGRAM, "0x01", "0x02")))
      .to.be.revertedWithCustomError(mock, "DevelopmentChainOnly")
      .withArgs(1);
  });

  it("names what is wrong with a proof", async () => {
    const { ethers } = await network.create({ network: "l1" });
    const mock = await ethers.deployContract("ZeroMockVerifier");
    const proof = mockProof(PROGRAM, "0x01", "0x02");
    await expect(mock.verify(PROGRAM, "0x01", "0x02", proof + "00"))
      .to.be.revertedWithCustomError(mock, "ZeroMockWrongLength")
      .withArgs(37);
    await expect(mock.verify(PROGRAM, "0x01", "0x02", "0x01020304" + proof.slice(10)))
      .to.be.revertedWithCustomError(mock, "ZeroMockWrongSelector")
      .withArgs("0x01020304", await mock.selector());
  });
});
