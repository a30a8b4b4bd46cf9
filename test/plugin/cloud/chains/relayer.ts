import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { toQuantity } from "ethers";
import { network } from "hardhat";

import { DeliveryError, isOutrun, Relayer } from "../../../../plugin/cloud/chains/relayer.ts";
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

  it("pays more for a transaction that blocks come without, until one is mined", async () => {
    const { cloud, served, address, gateway, block } = await undelivered();
    await served.chain.rpc("evm_setAutomine", false);
    const relayer = new Relayer(served, cloud.cloudId, address, { poll: 5, bump: 40 });
    const delivering = relayer.deliver(...block);
    const fees: bigint[] = [];
    const offered = async (): Promise<void> => {
      const { transactions } = (await served.chain.rpc("eth_getBlockByNumber", "pending", true)) as {
        transactions: { maxFeePerGas: string }[];
      };
      for (const { maxFeePerGas } of transactions) {
        if (BigInt(maxFeePerGas) !== fees.at(-1)) fees.push(BigInt(maxFeePerGas));
      }
    };
    while (fees.length === 0) await sleep(5).then(offered);
    await sleep(200).then(offered);
    expect(fees, "no block came").to.have.length(1);
    // A block that the transaction cannot afford.
    const dear = toQuantity(2n * fees[0]!);
    await served.chain.rpc("hardhat_setNextBlockBaseFeePerGas", dear);
    await served.chain.rpc("hardhat_mine", "0x1");
    while (fees.length === 1) await sleep(5).then(offered);
    expect(fees[1]! > fees[0]!).to.equal(true);
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

  it("knows a nonce that is used or in use, in the words of every client", () => {
    for (const message of [
      "replacement transaction underpriced",
      "already known",
      "nonce too low: next nonce 5, tx nonce 4",
      "Known transaction",
      "Nonce too low",
      "could not replace existing tx",
      "existing tx with same hash",
      "OldNonce",
      "AlreadyKnown",
      "ReplacementNotAllowed",
      "Transaction with the same hash was already imported.",
      "Transaction nonce is too low. Try incrementing the nonce.",
    ]) {
      expect(isOutrun(message), message).to.equal(true);
    }
    for (const message of [
      "insufficient funds for gas * price + value",
      "txpool is full",
      "intrinsic gas too low",
      "exceeds block gas limit",
      "429 Too Many Requests",
    ]) {
      expect(isOutrun(message), message).to.equal(false);
    }
  });
});
