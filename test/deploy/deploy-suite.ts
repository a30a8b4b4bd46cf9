import { expect } from "chai";
import { network } from "hardhat";

import { addressOf } from "../../deploy/address-book.ts";
import { deploySuite } from "../../deploy/deploy-suite.ts";
import { startNode } from "./live-node.ts";

const EVERYWHERE = [
  "Bn254Verifier",
  "CommitteeRegistry",
  "DevelopmentToken",
  "EquivocationSlashing",
  "NexusGateway",
  "NexusOutbox",
  "NexusStaking",
  "NexusSubscriptions",
  "StateCheckpoints",
  "ZeroMarket",
  "ZeroMockVerifier",
  "ZeroRouter",
];
const CLOUD = `0x${"c1".repeat(32)}`;
const OWNER = "0x00000000000000000000000000000000000f00d5";
const ZERO = "0x0000000000000000000000000000000000000000";

describe("deploySuite", () => {
  for (const [name, bls12381] of [
    ["l1", true],
    ["op", true],
    ["generic", true],
    ["cancun", false],
  ] as const) {
    it(`deploys and wires everything on ${name}`, async () => {
      const connection = await network.create({ network: name });
      const book = await deploySuite(connection);
      expect(book.chainId).to.equal(31337);
      expect(book.deployments.map((one) => one.part).sort()).to.deep.equal(
        [...EVERYWHERE, ...(bls12381 ? ["Bls12381Verifier"] : [])].sort(),
      );
      const { ethers } = connection;
      const at = (part: string) => addressOf(book, part);
      const staking = await ethers.getContractAt("NexusStaking", at("NexusStaking"));
      expect(await staking.token()).to.equal(at("DevelopmentToken"));
      expect(await staking.registry()).to.equal(at("CommitteeRegistry"));
      expect(await staking.slasher()).to.equal(at("EquivocationSlashing"));
      const registry = await ethers.getContractAt("CommitteeRegistry", at("CommitteeRegistry"));
      expect(await registry.staking()).to.equal(at("NexusStaking"));
      expect(await registry.verifierOf(0)).to.equal(at("Bn254Verifier"));
      if (bls12381) expect(await registry.verifierOf(1)).to.equal(at("Bls12381Verifier"));
      const gateway = await ethers.getContractAt("NexusGateway", at("NexusGateway"));
      expect(await gateway.committees()).to.equal(at("CommitteeRegistry"));
      expect(await gateway.staking()).to.equal(at("NexusStaking"));
      for (const part of ["NexusOutbox", "StateCheckpoints"] as const) {
        const one = await ethers.getContractAt(part, at(part));
        expect(await one.getFunction("gateway").staticCall()).to.equal(at("NexusGateway"));
      }
      const router = await ethers.getContractAt("ZeroRouter", at("ZeroRouter"));
      expect(await router.owner()).to.equal((await ethers.getSigners())[0]!.address);
      const [selector] = await router.selectors();
      expect((await router.entryOf(selector!)).verifier).to.equal(at("ZeroMockVerifier"));
      const market = await ethers.getContractAt("ZeroMarket", at("ZeroMarket"));
      expect(await market.verifier()).to.equal(at("ZeroRouter"));
    });
  }

  it("takes a token, an owner and parameters", async () => {
    const connection = await network.create({ network: "l1" });
    const { ethers } = connection;
    const token = await (await ethers.deployContract("DevelopmentToken")).getAddress();
    const book = await deploySuite(connection, {
      token,
      owner: OWNER,
      parameters: {
        relayerBps: 250,
        callbackBps: 0,
        defaultCloud: CLOUD,
        finality: 1_200,
        revealDelay: 7,
        unbondingDelay: 1234,
        rentPerDay: 5n,
      },
    });
    expect(book.deployments.map((one) => one.part)).to.not.include.members([
      "DevelopmentToken",
      "ZeroMockVerifier",
    ]);
    const staking = await ethers.getContractAt("NexusStaking", addressOf(book, "NexusStaking"));
    expect(await staking.token()).to.equal(token);
    expect(await staking.unbondingDelay()).to.equal(1234);
    const gateway = await ethers.getContractAt("NexusGateway", addressOf(book, "NexusGateway"));
    expect(await gateway.relayerBps()).to.equal(250);
    expect(await gateway.callbackBps()).to.equal(0);
    expect(await gateway.defaultCloud()).to.equal(CLOUD);
    const market = await ethers.getContractAt("ZeroMarket", addressOf(book, "ZeroMarket"));
    expect(await market.revealDelay()).to.equal(7);
    const router = await ethers.getContractAt("ZeroRouter", addressOf(book, "ZeroRouter"));
    expect((await router.owner()).toLowerCase()).to.equal(OWNER);
    expect(await router.selectors()).to.deep.equal([]);
  });

  it("sends nothing when it refuses", async () => {
    const live = await startNode(10);
    try {
      const connection = await live.hre.network.create();
      for (const options of [{}, { token: ZERO, owner: OWNER }]) {
        let message = "";
        await deploySuite(connection, options).catch((error: Error) => (message = error.message));
        expect(message).to.match(/one of Hardhat's development accounts/);
      }
      expect(await connection.provider.request({ method: "eth_blockNumber" })).to.equal("0x0");
      await connection.close();
    } finally {
      await live.close();
    }
  });
});
