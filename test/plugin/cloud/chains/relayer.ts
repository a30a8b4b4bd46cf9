import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { SigningKey, toQuantity } from "ethers";
import { network } from "hardhat";

import { EvmChain, type Eip1193, type Finality } from "../../../../plugin/chain/evm-chain.ts";
import { DeliveryError, SIMULATED_BOUNDS } from "../../../../plugin/cloud/chains/relayer.ts";
import type { ServedChain } from "../../../../plugin/cloud/chains/served-chain.ts";
import { DevelopmentAccount } from "../../../../plugin/chain/development-account.ts";
import { SigningProvider } from "../../../../plugin/chain/signing-provider.ts";
import { relayerOf } from "./relayer-of.ts";

/** A cloud with a signed answer, delivered already, and what another relayer needs to deliver it again. */
async function answered() {
  const connection = await network.create("l1");
  const { nexus, provider } = connection;
  const fibonacci = await nexus.program("fibonacci");
  const cloud = await nexus.cloud();
  const served = cloud.chains[0]!;
  const { address } = await DevelopmentAccount.open(served.chain, "another relayer");
  const signedBlock = (height: number) => {
    const { epoch, signatures } = cloud.replicas[0]!.node.certificate(height)!;
    return [epoch, cloud.record(height).chains[0]!, signatures[0]!] as const;
  };
  return { ...connection, provider, fibonacci, cloud, served, address, signedBlock };
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
    const relayer = relayerOf(served, cloud.cloudId, address);
    expect(await relayer.deliver(...signedBlock(cloud.height))).to.deep.equal([]);
    expect(await served.chain.nonce(address)).to.equal(0n);
  });

  it("asks a chain once whether it has the many answers of a block, and one by one for those whose logs it is not shown", async () => {
    const { ethers, provider, cloud, served, address, fibonacci, networkHelpers } = await answered();
    const gateway = await ethers.getContractAt("NexusGateway", served.gateway.address);
    const deadline = (await networkHelpers.time.latest()) + 3_600;
    const limits = { fuel: 10n ** 7n, outputBytes: 1_024n };
    const many = 8;
    await provider.request({ method: "evm_setAutomine", params: [false] });
    for (let i = 0; i < many; i++) {
      const paying = { value: 10n ** 17n, gasLimit: 500_000n };
      await gateway.request(cloud.cloudId, fibonacci.id, "0x3130", 0, deadline, limits, paying);
    }
    await provider.request({ method: "evm_mine" });
    const record = cloud.record(cloud.height).chains[0]!;
    expect(record.answers).to.have.length(many);
    let logs: "whole" | "none" | "half" | "refused" = "whole";
    let asked: string[] = [];
    const counting: Eip1193 = {
      request: async (args) => {
        asked.push(args.method);
        if (args.method !== "eth_getLogs" || logs === "whole") return provider.request(args);
        if (logs === "refused") throw new Error("query returned more than 10000 results");
        return logs === "none" ? [] : ((await provider.request(args)) as unknown[]).slice(many / 2);
      },
    };
    const relayer = relayerOf(through(served, counting), cloud.cloudId, address);
    const calls = async (): Promise<number> => {
      asked = [];
      expect(await relayer.has(record)).to.equal(true);
      return asked.filter((method) => method === "eth_call").length;
    };
    expect(await calls()).to.equal(0);
    expect(asked.filter((method) => method === "eth_getLogs")).to.have.length(1);
    for (const [shown, left] of [
      ["half", many / 2] as const,
      ["none", many] as const,
      ["refused", many] as const,
    ]) {
      logs = shown;
      expect(await calls(), shown).to.equal(left);
    }
  });

  it("delivers what the chain has forgotten, once", async () => {
    const { nexus, ethers, cloud, served, address, gateway, block } = await undelivered();
    const relayer = relayerOf(served, cloud.cloudId, address);
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

  it("delivers from an account that signs for itself, and once when its next process knows nothing of what was sent", async () => {
    const { cloud, served, gateway, block, provider } = await undelivered();
    const signing = new SigningProvider(provider, served.chainId, new SigningKey(`0x${"b3".repeat(32)}`));
    await served.chain.rpc("hardhat_setBalance", signing.address, toQuantity(10n ** 20n));
    await served.chain.rpc("evm_setAutomine", false);
    const relayer = () => {
      const own = new SigningProvider(provider, served.chainId, new SigningKey(`0x${"b3".repeat(32)}`));
      const chain = new EvmChain(own, served.chainId, 0);
      return relayerOf({ ...served, chain }, cloud.cloudId, own.address, { poll: 5, bump: 60_000 });
    };
    const first = relayer().deliver(...block);
    const waiting = async (): Promise<number> =>
      Number(await served.chain.rpc("eth_getTransactionCount", signing.address, "pending"));
    while ((await waiting()) === 0) await sleep(5);
    // The next process knows nothing of what was sent.
    const second = relayer().deliver(...block);
    await sleep(50);
    expect(await waiting()).to.equal(1);
    await served.chain.rpc("hardhat_mine", "0x1");
    const kinds = (await Promise.all([first, second])).flat().map(({ kind }) => kind);
    expect(kinds).to.include("fulfil");
    expect(await served.chain.nonce(signing.address)).to.equal(1n);
    expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(1);
  });

  it("pays more for a transaction that blocks come without, until one is mined", async () => {
    const { cloud, served, address, gateway, block } = await undelivered();
    await served.chain.rpc("evm_setAutomine", false);
    const relayer = relayerOf(served, cloud.cloudId, address, { poll: 5, bump: 40 });
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
    const relayer = relayerOf(served, cloud.cloudId, address, { poll: 5, bump: 5_000, mine });
    const [epoch, record, signature] = block;
    const forged = { ...record, header: { ...record.header, height: record.header.height + 1n } };
    let refusal: unknown;
    await relayer.deliver(epoch, forged, signature).catch((error: unknown) => (refusal = error));
    expect(refusal).to.be.instanceOf(DeliveryError);
    expect(String(refusal)).to.match(/refused fulfil: .*CommitteesBadSignature/);
    expect(await served.chain.nonce(address), "it costs nothing to be refused").to.equal(0n);
    expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(0);
    expect(await relayer.deliver(...block), "what is signed").to.have.length(1);
  });

  it("spends nothing on answers whose deadline has passed", async () => {
    const { cloud, served, address, block, deadline, networkHelpers } = await undelivered();
    await networkHelpers.time.increaseTo(deadline);
    const relayer = relayerOf(served, cloud.cloudId, address);
    expect(await relayer.deliver(...block)).to.deep.equal([]);
    expect(await served.chain.nonce(address)).to.equal(0n);
  });

  it("brings again what a reorganisation took back, and says only of what is final that it is done", async () => {
    const { provider, cloud, served, address, gateway, block } = await undelivered();
    const relayer = relayerOf(through(served, provider, 2), cloud.cloudId, address);
    const isDone = async (since: bigint) => relayer.isFinal(block[1], since);
    const asked = await served.chain.head();
    expect(await isDone(asked), "it is not there").to.equal(false);
    const before = await provider.request({ method: "evm_snapshot" });
    expect(await relayer.deliver(...block)).to.have.length(1);
    expect(await isDone(asked), "it is not deep enough").to.equal(false);
    expect(await relayer.deliver(...block), "it is there").to.deep.equal([]);

    await provider.request({ method: "evm_revert", params: [before] });
    expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(0);
    expect(await isDone(asked)).to.equal(false);
    expect(await relayer.deliver(...block)).to.have.length(1);
    for (const isFinal of [false, true]) {
      await provider.request({ method: "hardhat_mine", params: ["0x1"] });
      expect(await isDone(asked)).to.equal(isFinal);
    }
    expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(1);
  });

  it("takes an answer that came too late for done once its deadline is final", async () => {
    const { provider, cloud, served, address, block, deadline, networkHelpers } = await undelivered();
    const relayer = relayerOf(through(served, provider, 2), cloud.cloudId, address);
    const asked = await served.chain.head();
    await networkHelpers.mine(2);
    expect(await relayer.isFinal(block[1], asked)).to.equal(false);
    await networkHelpers.time.increaseTo(deadline);
    expect(await relayer.isFinal(block[1], asked)).to.equal(false);
    await networkHelpers.mine(2);
    expect(await relayer.isFinal(block[1], asked)).to.equal(true);
  });

  it("gives a simulated chain's transactions all the gas that one may have, without asking for an estimate", async () => {
    const { provider, cloud, served, address, gateway, block } = await undelivered();
    const asked: string[] = [];
    const sent: bigint[] = [];
    const watched: Eip1193 = {
      request: async (args) => {
        asked.push(args.method);
        if (args.method === "eth_sendTransaction")
          sent.push(BigInt((args.params as [{ gas: string }])[0].gas));
        return provider.request(args);
      },
    };
    const relayer = relayerOf(through(served, watched), cloud.cloudId, address, undefined, SIMULATED_BOUNDS);
    await provider.request({ method: "evm_setBlockGasLimit", params: ["0x989680"] });
    await provider.request({ method: "hardhat_mine", params: ["0x1"] });
    expect(await relayer.deliver(...block)).to.have.length(1);
    expect(asked).not.to.contain("eth_estimateGas");
    expect(sent, "what a block may have").to.deep.equal([10_000_000n]);
    expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(1);
  });

  describe("on a rollup that counts data on the chain below as gas", () => {
    /** Adds `dataGas` to what every transaction needs, which may have risen by the time that one is sent. */
    function rollup(provider: Eip1193, asked: bigint[], dataGas: (isEstimate: boolean) => bigint): Eip1193 {
      return {
        request: async (args) => {
          if (args.method === "eth_estimateGas") {
            return toQuantity(BigInt((await provider.request(args)) as string) + dataGas(true));
          }
          if (args.method !== "eth_sendTransaction") return provider.request(args);
          const [transaction] = args.params as [{ gas: string }];
          asked.push(BigInt(transaction.gas));
          const gas = BigInt(transaction.gas) - dataGas(false);
          if (gas < 21_000n) throw new Error("intrinsic gas too low");
          return provider.request({ ...args, params: [{ ...transaction, gas: toQuantity(gas) }] });
        },
      };
    }

    it("asks for what the chain estimates and a margin, whatever the data costs", async () => {
      const { provider, cloud, served, address, gateway, block } = await undelivered();
      const asked: bigint[] = [];
      const chain = through(
        served,
        rollup(provider, asked, () => 3_000_000n),
      );
      expect(await relayerOf(chain, cloud.cloudId, address).deliver(...block)).to.have.length(1);
      expect(asked).to.have.length(1);
      expect(asked[0]! > 3_750_000n && asked[0]! < 5_000_000n, `${asked[0]}`).to.equal(true);
      expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(1);
    });

    it("asks for more when data has become dearer since the estimate", async () => {
      const { provider, cloud, served, address, gateway, block } = await undelivered();
      const asked: bigint[] = [];
      const rising = rollup(provider, asked, (isEstimate) => (isEstimate ? 3_000_000n : 5_500_000n));
      const relayer = relayerOf(through(served, rising), cloud.cloudId, address);
      expect(await relayer.deliver(...block)).to.have.length(1);
      expect(asked.length, "refused, and taken").to.equal(2);
      expect(asked[1]! > asked[0]!).to.equal(true);
      expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(1);
    });

    it("says so, and spends nothing, when the chain takes no transaction of so much gas", async () => {
      const { provider, cloud, served, address, block } = await undelivered();
      const asked: bigint[] = [];
      const chain = through(
        served,
        rollup(provider, asked, () => 3_000_000n),
      );
      const bounds = { gas: 2_000_000n, estimates: true };
      const relayer = relayerOf(chain, cloud.cloudId, address, { poll: 5, bump: 5_000 }, bounds);
      const refusal = await failure(relayer.deliver(...block));
      expect(refusal).to.be.instanceOf(DeliveryError);
      expect(String(refusal)).to.match(
        /needs \d+ gas for fulfil, and takes no transaction of more than 2000000/,
      );
      expect(asked).to.deep.equal([]);
    });
  });

  it("tries again with more gas what failed although its estimate did not, three times at most", async () => {
    for (const [estimate, tries] of [
      [150_000n, 2],
      [60_000n, 3],
    ] as const) {
      const { provider, cloud, served, address, gateway, block } = await undelivered();
      const asked: bigint[] = [];
      const optimist: Eip1193 = {
        request: async (args) => {
          if (args.method === "eth_estimateGas") return toQuantity(estimate);
          if (args.method === "eth_sendTransaction")
            asked.push(BigInt((args.params as [{ gas: string }])[0].gas));
          return provider.request(args);
        },
      };
      await provider.request({ method: "evm_setAutomine", params: [false] });
      const mine = async () => void (await provider.request({ method: "hardhat_mine", params: ["0x1"] }));
      const patience = { poll: 5, bump: 5_000, mine };
      const relayer = relayerOf(through(served, optimist), cloud.cloudId, address, patience);
      const refusal = await failure(relayer.deliver(...block));
      expect(asked).to.deep.equal(
        [125n, 200n, 400n].slice(0, tries).map((percent) => (estimate * percent) / 100n),
      );
      const isDelivered = (await gateway.queryFilter(gateway.filters.Fulfilled())).length === 1;
      expect(isDelivered, `${estimate}`).to.equal(refusal === undefined);
      if (refusal !== undefined) {
        expect(refusal).to.be.instanceOf(DeliveryError);
        expect(String(refusal)).to.match(/refused fulfil in transaction 0x[0-9a-f]{64}/);
      }
    }
  });

  it("says when the account cannot pay", async () => {
    const { provider, cloud, served, address, block } = await undelivered();
    await provider.request({ method: "hardhat_setBalance", params: [address, "0x1"] });
    const relayer = relayerOf(through(served, provider), cloud.cloudId, address);
    const refusal = await failure(relayer.deliver(...block));
    expect(refusal).to.be.instanceOf(DeliveryError);
    expect(String(refusal)).to.contain(`account ${address} cannot pay`);
  });
});

/** The same chain through another provider, and with another finality. */
function through(served: ServedChain, provider: Eip1193, finality: Finality = 0): ServedChain {
  return { ...served, chain: new EvmChain(provider, served.chainId, finality) };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  );
}
