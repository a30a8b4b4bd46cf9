import { expect } from "chai";
import { network } from "hardhat";

import { Relayer } from "../../../../plugin/cloud/chain/relayer.ts";
import { DevelopmentAccount } from "../../../../plugin/cloud/embedded/development-account.ts";

/** A cloud with a signed answer, delivered already, and what another relayer needs to deliver it again. */
async function answered() {
  const connection = await network.create("l1");
  const { nexus } = connection;
  const fibonacci = await nexus.program("fibonacci");
  const cloud = await nexus.cloud();
  const served = cloud.chains[0]!;
  const { address } = await DevelopmentAccount.open(served.chain, "another relayer");
  const signedBlock = (height: number) => {
    const { epoch, signatures } = cloud.replicas[0]!.node.certificate(height)!;
    return [epoch, cloud.record(height).chains[0]!, signatures[0]!] as const;
  };
  return { ...connection, fibonacci, cloud, served, address, signedBlock };
}

describe("plugin/cloud/chain/relayer", () => {
  it("sends nothing for what has arrived already, whoever brought it", async () => {
    const { fibonacci, cloud, served, address, signedBlock } = await answered();
    await fibonacci.call("10");
    const relayer = new Relayer(served, cloud.cloudId, address);
    expect(await relayer.deliver(...signedBlock(cloud.height))).to.deep.equal([]);
    expect(await served.chain.nonce(address)).to.equal(0n);
  });

  it("delivers what the chain has forgotten, once", async () => {
    const { nexus, ethers, cloud, served, address, signedBlock, fibonacci, networkHelpers } =
      await answered();
    await nexus.stopNode(1);
    await nexus.stopNode(2);
    const gateway = await ethers.getContractAt("NexusGateway", served.gateway.address);
    const deadline = (await networkHelpers.time.latest()) + 3_600;
    await gateway.request(cloud.cloudId, fibonacci.id, "0x3130", 0, deadline, { value: 10n ** 17n });
    const snapshot = await networkHelpers.takeSnapshot();
    await nexus.startNode(1);
    const block = signedBlock(cloud.height);
    await snapshot.restore();
    await nexus.stopNode(1);
    const relayer = new Relayer(served, cloud.cloudId, address);
    const deliveries = await relayer.deliver(...block);
    expect(deliveries.map(({ kind }) => kind)).to.deep.equal(["fulfil"]);
    expect(await relayer.deliver(...block)).to.deep.equal([]);
    const fulfilled = await gateway.queryFilter(gateway.filters.Fulfilled());
    expect(fulfilled.map(({ args }) => ethers.toUtf8String(args.output).trim())).to.deep.equal(["55"]);

    await nexus.startNode(1);
    expect(
      await gateway.queryFilter(gateway.filters.Fulfilled()),
      "the cloud's relayer sees it",
    ).to.have.length(1);
  });
});
