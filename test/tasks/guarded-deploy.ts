import { expect } from "chai";
import { network } from "hardhat";

import development from "../../deploy/modules/development.ts";
import { startNode, type LiveNode } from "../deploy/live-node.ts";

const MODULES = "deploy/modules";

describe("ignition deploy, guarded", () => {
  let op: LiveNode;
  before(async () => {
    op = await startNode(10);
  });
  after(() => op.close());

  async function refusalOf(args: Record<string, string>): Promise<string> {
    try {
      await op.hre.tasks.getTask(["ignition", "deploy"]).run(args);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error("was not refused");
  }

  it("refuses in a sentence, before anything is sent", async () => {
    expect(await refusalOf({ modulePath: `${MODULES}/development.ts` })).to.match(
      /mock verifier.*not for chain 10 \(OP Mainnet\)/,
    );
    expect(await refusalOf({ modulePath: `${MODULES}/suite.ts` })).to.match(
      /deployer 0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266 is one of Hardhat's development accounts/i,
    );
    const mine = "0x00000000000000000000000000000000000f00d5";
    expect(
      await refusalOf({
        modulePath: `${MODULES}/suite.ts`,
        defaultSender: mine,
        parameters: "deploy/parameters/optimism.json",
      }),
    ).to.match(/`owner`.*is not set/);
    expect(
      await refusalOf({ modulePath: `${MODULES}/zero.ts`, defaultSender: mine, parameters: "{owner}" }),
    ).to.match(/not JSON/);
    const { ethers } = await op.hre.network.create();
    expect(await ethers.provider.getBlockNumber()).to.equal(0);
  });

  it("is backed by the contracts: without the guard the development module sends nothing either", async () => {
    const { ethers, ignition } = await network.create({ network: "op", override: { chainId: 10 } });
    let message = "";
    await ignition.deploy(development).catch((error: Error) => (message = error.message));
    expect(message).to.match(/DevelopmentChainOnly\(10\)/);
    expect(await ethers.provider.getBlockNumber()).to.equal(0);
  });
});
