import { expect } from "chai";
import hre from "hardhat";

import { addressOf } from "../../deploy/address-book.ts";
import { deploySuite } from "../../deploy/deploy-suite.ts";
import { startNode, type LiveNode } from "../deploy/live-node.ts";
import { printed } from "./printed.ts";

describe("nexus:status", () => {
  let node: LiveNode;
  before(async () => {
    node = await startNode();
  });
  after(() => node.close());

  it("says that a simulated network is empty, and what to do", async () => {
    expect(await printed(hre, "nexus:status")).to.match(
      /Nothing of Nexus is deployed.*\n.*simulated[^]*npx hardhat node/,
    );
  });

  it("says how to deploy where nothing is", async () => {
    expect(await printed(node.hre, "nexus:status")).to.match(
      /Nothing of Nexus.*live[^]*nexus:deploy --network live/,
    );
    expect(JSON.parse(await printed(node.hre, "nexus:status", { json: true }))).to.deep.equal({
      network: "live",
      chainId: 31337,
      parts: [],
      clouds: [],
      selectors: [],
    });
  });

  it("shows parts, clouds, stake and verifiers", async () => {
    const connection = await node.hre.network.create();
    const book = await deploySuite(connection);
    const { ethers } = connection;
    const [operator] = await ethers.getSigners();
    const token = await ethers.getContractAt("DevelopmentToken", addressOf(book, "DevelopmentToken"));
    const staking = await ethers.getContractAt("NexusStaking", addressOf(book, "NexusStaking"));
    const stake = 5n * 10n ** 18n;
    await token.mint(operator!, stake);
    await token.approve(staking, stake);
    await staking.register(0);
    await staking.delegate(operator!, stake, 0);
    const registry = await ethers.getContractAt("CommitteeRegistry", addressOf(book, "CommitteeRegistry"));
    await registry.createCloud({
      size: 4,
      threshold: 3,
      scheme: 0,
      epochLength: 3600,
      confirmationWindow: 60,
      minStake: 1,
      prices: { perRequest: 0, perFuel: 0, perByte: 0 },
    });

    const result = JSON.parse(await printed(node.hre, "nexus:status", { json: true })) as Record<
      string,
      unknown
    > & {
      parts: { part: string; hasCode: boolean }[];
      clouds: Record<string, unknown>[];
    };
    expect(result.parts).to.have.length(13);
    expect(result.parts.every((one) => one.hasCode)).to.equal(true);
    expect(result.staking).to.deep.equal({
      token: await token.getAddress(),
      operators: 1,
      active: stake.toString(),
      held: stake.toString(),
    });
    expect(result.clouds).to.have.length(1);
    expect(result.clouds[0]).to.include({ suite: "BN254", epoch: 0, threshold: 3, size: 4 });
    expect(result.selectors).to.have.length(1);

    const table = await printed(node.hre, "nexus:status");
    expect(table).to.include("Nexus on live (chain 31337)");
    for (const text of ["NexusGateway", "3 of 4", "none yet", stake.toString(), "active"]) {
      expect(table).to.include(text);
    }
    for (const { address } of book.deployments) expect(table).to.include(address);

    await connection.provider.request({
      method: "hardhat_setCode",
      params: [addressOf(book, "NexusGateway"), "0x"],
    });
    expect(await printed(node.hre, "nexus:status")).to.match(
      /1 of these parts are recorded but not on the chain/,
    );
    await connection.close();
  });
});
