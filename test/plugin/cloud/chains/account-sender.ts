import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { toQuantity } from "ethers";

import { EvmChain, type EvmContract, type RpcReceipt } from "../../../../plugin/chain/evm-chain.ts";
import { AccountSender, type SendOutcome } from "../../../../plugin/cloud/chains/account-sender.ts";
import { homeChain } from "../live/home-chain.ts";

/** An account on a chain that mines when it is told, which can mint so many tokens for itself. */
async function minting() {
  const { chain, account, contract, mine } = await homeChain(0);
  const token: EvmContract = contract("DevelopmentToken");
  const { address } = account;
  await chain.rpc("evm_setAutomine", false);
  const mint = (sender: AccountSender, amount: bigint): Promise<SendOutcome> =>
    sender.inTurn(async (send) =>
      send({
        name: "mint",
        to: token.address,
        data: token.abi.encodeFunctionData("mint", [address, amount]),
        gas: 200_000n,
      }),
    );
  const before = await chain.nonce(address);
  /** Transactions that wait, as the chain has them. */
  const waiting = async (): Promise<{ maxFeePerGas: string; nonce: string }[]> => {
    const block = await chain.rpc("eth_getBlockByNumber", "pending", true);
    return (block as { transactions: { maxFeePerGas: string; nonce: string }[] }).transactions;
  };
  const balance = async (): Promise<bigint> => (await chain.read(token, "balanceOf", address))[0] as bigint;
  return { chain, address, mint, mine, before, waiting, balance };
}

const statusOf = (outcome: SendOutcome): bigint => BigInt((outcome as RpcReceipt).status);

describe("plugin/cloud/chains/account-sender", function () {
  this.timeout(60_000);

  it("sends what is wanted at once for different purposes one after the other, each with a nonce of its own", async () => {
    const { chain, address, mint, mine, before, waiting, balance } = await minting();
    const sender = new AccountSender(chain, address, { poll: 5, bump: 60_000 });
    const had = await balance();
    const outcomes = Promise.all([mint(sender, 5n), mint(sender, 7n)]);
    for (const nonce of [before, before + 1n]) {
      let pool = await waiting();
      while (pool.length === 0 || BigInt(pool[0]!.nonce) !== nonce) {
        await sleep(5);
        pool = await waiting();
      }
      expect(pool, "one at a time").to.have.length(1);
      await mine(1);
    }
    expect((await outcomes).map(statusOf)).to.deep.equal([1n, 1n]);
    expect((await balance()) - had).to.equal(12n);
    expect(await chain.nonce(address)).to.equal(before + 2n);
  });

  it("goes on with what waits after work that failed", async () => {
    const { chain, address, mint, mine, waiting } = await minting();
    const sender = new AccountSender(chain, address, { poll: 5, bump: 60_000 });
    const failed = sender.inTurn(async () => Promise.reject(new Error("no step any more")));
    const minted = mint(sender, 1n);
    expect(String(await failed.catch((error: unknown) => error))).to.match(/no step any more/);
    while ((await waiting()).length === 0) await sleep(5);
    await mine(1);
    expect(statusOf(await minted)).to.equal(1n);
  });

  it("finds the transaction of an earlier life in its place, and outbids it when blocks come without", async () => {
    const { chain, address, mint, before, waiting } = await minting();
    let tried = 0;
    const request: EvmChain["request"] = async (args) => {
      if (args.method === "eth_sendTransaction") tried++;
      return chain.request(args);
    };
    const [earlier, later] = [0, 1].map(
      () => new AccountSender(new EvmChain({ request }, chain.chainId, 0), address, { poll: 5, bump: 40 }),
    );
    const first = mint(earlier!, 5n);
    while ((await waiting()).length === 0) await sleep(5);
    earlier!.close();
    expect(String(await first.catch((error: unknown) => error))).to.match(/sends nothing any more/);
    const { maxFeePerGas } = (await waiting())[0]!;
    const second = mint(later!, 5n);
    while (tried < 2) await sleep(5);
    // A block that it cannot afford.
    await chain.rpc("hardhat_setNextBlockBaseFeePerGas", toQuantity(2n * BigInt(maxFeePerGas)));
    await chain.rpc("hardhat_mine", "0x1");
    let [raised] = await waiting();
    while (raised === undefined || BigInt(raised.maxFeePerGas) <= BigInt(maxFeePerGas)) {
      await sleep(5);
      [raised] = await waiting();
    }
    await chain.rpc("hardhat_mine", "0x1");
    expect(statusOf(await second)).to.equal(1n);
    expect(await chain.nonce(address), "one of both").to.equal(before + 1n);
  });

  it("waits for nothing and sends nothing once it is closed", async () => {
    const { chain, address, mint, waiting } = await minting();
    const sender = new AccountSender(chain, address, { poll: 3_600_000, bump: 3_600_000 });
    const [under, next] = [mint(sender, 5n), mint(sender, 7n)].map((one) =>
      one.catch((error: unknown) => error),
    );
    while ((await waiting()).length === 0) await sleep(5);
    sender.close();
    for (const ended of [under, next, mint(sender, 9n).catch((error: unknown) => error)])
      expect(String(await ended)).to.match(/sends nothing any more/);
    expect(await waiting()).to.have.length(1);
  });
});
