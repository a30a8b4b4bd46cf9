import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { network } from "hardhat";

import { DeliveryError, Relayer } from "../../../../plugin/cloud/chains/relayer.ts";
import { DevelopmentAccount } from "../../../../plugin/chain/development-account.ts";

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

/** A block signed by a cloud whose chain has gone back to before it was delivered; its request has an hour. */
async function undelivered() {
  const parts = await answered();
  const { nexus, ethers, cloud, served, signedBlock, fibonacci, networkHelpers } = parts;
  await nexus.stopNode(1);
  await nexus.stopNode(2);
  const gateway = await ethers.getContractAt("NexusGateway", served.gateway.address);
  const deadline = (await networkHelpers.time.latest()) + 3_600;
  await gateway.request(
    cloud.cloudId,
    fibonacci.id,
    "0x3130",
    0,
    deadline,
    { fuel: 10n ** 8n, outputBytes: 1_024n },
    {
      value: 10n ** 17n,
    },
  );
  const snapshot = await networkHelpers.takeSnapshot();
  await nexus.startNode(1);
  const block = signedBlock(cloud.height);
  await snapshot.restore();
  await nexus.stopNode(1);
  return { ...parts, gateway, block, deadline };
}

describe("plugin/cloud/chains/relayer", () => {
  it("sends nothing for what has arrived already, whoever brought it", async () => {
    const { fibonacci, cloud, served, address, signedBlock } = await answered();
    await fibonacci.call("10");
    const relayer = new Relayer(served, cloud.cloudId, address);
    expect(await relayer.deliver(...signedBlock(cloud.height))).to.deep.equal([]);
    expect(await served.chain.nonce(address)).to.equal(0n);
  });

  it("delivers what the chain has forgotten, once", async () => {
    const { nexus, ethers, cloud, served, address, gateway, block } = await undelivered();
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

  it("pays more for a transaction that is not mined, until one is", async () => {
    const { cloud, served, address, gateway, block } = await undelivered();
    await served.chain.rpc("evm_setAutomine", false);
    const relayer = new Relayer(served, cloud.cloudId, address, { poll: 5, bump: 40 });
    const delivering = relayer.deliver(...block);
    const fees: bigint[] = [];
    while (fees.length < 3) {
      await sleep(5);
      const { transactions } = (await served.chain.rpc("eth_getBlockByNumber", "pending", true)) as {
        transactions: { nonce: string; maxFeePerGas: string }[];
      };
      expect(transactions.length).to.be.at.most(1);
      for (const { nonce, maxFeePerGas } of transactions) {
        expect(BigInt(nonce)).to.equal(0n);
        if (BigInt(maxFeePerGas) !== fees.at(-1)) fees.push(BigInt(maxFeePerGas));
      }
    }
    expect(fees[1]).to.equal((fees[0]! * 5n) / 4n + 1n);
    expect(fees[2]).to.equal((fees[1]! * 5n) / 4n + 1n);
    await served.chain.rpc("hardhat_mine", "0x1");
    const [delivery, ...others] = await delivering;
    expect(others).to.deep.equal([]);
    expect(BigInt((await served.chain.receipt(delivery!.transactionHash))!.status)).to.equal(1n);
    expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(1);
    expect(await served.chain.nonce(address)).to.equal(1n);
  });

  it("says what the chain refused, and does not try the same again", async () => {
    const { cloud, served, address, gateway, block } = await undelivered();
    await served.chain.rpc("evm_setAutomine", false);
    const mine = async () => void (await served.chain.rpc("hardhat_mine", "0x1"));
    const relayer = new Relayer(served, cloud.cloudId, address, { poll: 5, bump: 5_000, mine });
    const [epoch, record, signature] = block;
    const forged = { ...record, header: { ...record.header, height: record.header.height + 1n } };
    let refusal: unknown;
    await relayer.deliver(epoch, forged, signature).catch((error: unknown) => (refusal = error));
    expect(refusal).to.be.instanceOf(DeliveryError);
    expect(String(refusal)).to.match(/refused fulfil in transaction 0x[0-9a-f]{64}/);
    expect(await served.chain.nonce(address)).to.equal(1n);
    expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(0);
    expect(await relayer.deliver(...block), "what is signed").to.have.length(1);
  });

  it("spends nothing on answers whose deadline has passed", async () => {
    const { cloud, served, address, block, deadline, networkHelpers } = await undelivered();
    await networkHelpers.time.increaseTo(deadline);
    const relayer = new Relayer(served, cloud.cloudId, address);
    expect(await relayer.deliver(...block)).to.deep.equal([]);
    expect(await served.chain.nonce(address)).to.equal(0n);
  });
});
