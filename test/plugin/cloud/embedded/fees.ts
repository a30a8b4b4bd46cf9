import { expect } from "chai";
import { network } from "hardhat";

import { EvmChain } from "../../../../plugin/chain/evm-chain.ts";
import { EmbeddedCloud } from "../../../../plugin/cloud/embedded/embedded-cloud.ts";

const LIMITS = { fuel: 20_000_000n, outputBytes: 1_024n };

describe("plugin/cloud/embedded fees", () => {
  it("are those of a live chain unless configured: less is refused with the quote, gas included", async () => {
    const { ethers, nexus } = await network.create("l1");
    const { id } = await nexus.program("counter");
    const counter = await ethers.deployContract("Counter", [
      await nexus.gateway(),
      await nexus.cloudId(),
      id,
    ]);
    const work = 10n ** 13n + LIMITS.fuel * 10n ** 4n + (32n + LIMITS.outputBytes) * 10n ** 9n;
    expect(await counter.fee()).to.equal(work);
    const { baseFeePerGas } = (await ethers.provider.getBlock("latest"))!;
    const value = await counter.fee({ gasPrice: 2n * baseFeePerGas! });
    expect(value).to.equal(work + 2n * (60_000n + 40n * 1_024n + 80_000n) * baseFeePerGas!);

    for (const paid of [0n, work]) {
      const refusal = await counter.add(1, { value: paid, gasLimit: 500_000 }).then(
        () => "accepted",
        (error: Error) => error.message,
      );
      const needed = new RegExp(`custom error 'GatewayFeeTooLow\\(${paid}, (\\d+)\\)'`).exec(refusal)?.[1];
      expect(BigInt(needed ?? refusal) > work, refusal).to.equal(true);
    }
    await counter.add(1, { value });
    expect(await counter.count()).to.equal(1n);
  });

  it("are paid by a program's run itself, however dear gas is", async () => {
    const { ethers, nexus } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    await ethers.provider.send("hardhat_setNextBlockBaseFeePerGas", ["0x174876e800"]);
    await ethers.provider.send("hardhat_mine", ["0x1"]);
    expect(await fibonacci.call("10")).to.equal("55");
  });

  it("can be none at all, on chains that joined too", async () => {
    const chains = await Promise.all(
      [31_337, 1_337].map(async (chainId) => {
        const { provider, ethers } = await network.create({ network: "l1", override: { chainId } });
        return { chain: await EvmChain.connect(provider, 0), ethers };
      }),
    );
    const cloud = await EmbeddedCloud.boot(chains[0]!.chain, {
      nodes: 1,
      suite: "BN254",
      fees: "none",
      limits: {},
    });
    await cloud.attach(chains[1]!.chain);
    for (const [i, { ethers }] of chains.entries()) {
      const gateway = await ethers.getContractAt("NexusGateway", cloud.chains[i]!.gateway.address);
      const asked = [cloud.cloudId, 100, 100_000, LIMITS, { gasPrice: 10n ** 9n }] as const;
      expect(await gateway.quote(...asked)).to.equal(0n);
      const { timestamp } = (await ethers.provider.getBlock("latest"))!;
      await gateway.request(cloud.cloudId, ethers.ZeroHash, "0x", 0, timestamp + 3_600, LIMITS);
    }
    await cloud.close();
  });
});
