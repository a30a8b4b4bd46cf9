import { expect } from "chai";
import { concat, keccak256, solidityPacked, toUtf8Bytes } from "ethers";
import { network } from "hardhat";

import { mockSelector as SELECTOR } from "../../../plugin/zero/proof/mock-proof.ts";
import { mockProof } from "../zero/mock-proof.ts";

const PROGRAM = keccak256(toUtf8Bytes("knows the preimage"));
const CHALLENGE = keccak256(toUtf8Bytes("open sesame"));
const YES = toUtf8Bytes("yes");

describe("PrivateCheck", () => {
  async function deploy() {
    const { ethers } = await network.create({ network: "l1" });
    const [owner, ali, thief] = await ethers.getSigners();
    const router = await ethers.deployContract("ZeroRouter", [owner!.address, 0, []]);
    await router.add(await ethers.deployContract("ZeroMockVerifier"));
    const door = await ethers.deployContract("PrivateCheck", [router, SELECTOR, PROGRAM, CHALLENGE]);
    return { ethers, router, door, ali: ali!, thief: thief! };
  }

  it("admits whoever proves to know the secret", async () => {
    const { door, ali } = await deploy();
    const input = await door.inputOf(ali);
    expect(input).to.equal(
      concat([
        CHALLENGE,
        solidityPacked(["uint256", "address", "address"], [31337, await door.getAddress(), ali.address]),
      ]),
    );
    await expect(door.connect(ali).enter(YES, mockProof(PROGRAM, input, YES)))
      .to.emit(door, "Admitted")
      .withArgs(ali.address);
    expect(await door.admitted(ali)).to.equal(true);
  });

  it("refuses a proof made for another caller, another door or another journal", async () => {
    const { ethers, router, door, ali, thief } = await deploy();
    const mock = await ethers.getContractFactory("ZeroMockVerifier");
    const proof = mockProof(PROGRAM, await door.inputOf(ali), YES);
    await expect(door.connect(thief).enter(YES, proof)).to.be.revertedWithCustomError(
      mock,
      "ZeroMockWrongClaim",
    );
    const other = await ethers.deployContract("PrivateCheck", [router, SELECTOR, PROGRAM, CHALLENGE]);
    await expect(other.connect(ali).enter(YES, proof)).to.be.revertedWithCustomError(
      mock,
      "ZeroMockWrongClaim",
    );
    const no = toUtf8Bytes("no");
    await expect(door.connect(ali).enter(no, mockProof(PROGRAM, await door.inputOf(ali), no)))
      .to.be.revertedWithCustomError(door, "PrivateCheckRefused")
      .withArgs(no);
    expect(await door.admitted(ali)).to.equal(false);
    expect(await door.admitted(thief)).to.equal(false);
  });
});
