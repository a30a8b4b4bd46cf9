import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import type { EvmContract } from "../../../../plugin/chain/evm-chain.ts";
import { AccountSender } from "../../../../plugin/cloud/chains/account-sender.ts";
import { DutySender, type Duty } from "../../../../plugin/cloud/live/duty-sender.ts";
import { homeChain } from "./home-chain.ts";

/** A sender beside a chain that mines when it is told, and steps that anybody can take: minting so many tokens. */
async function sending() {
  const { chain, account, contract, mine } = await homeChain(0);
  const token: EvmContract = contract("DevelopmentToken");
  const { address } = account;
  await chain.rpc("evm_setAutomine", false);
  const sent: string[] = [];
  const complaints: string[] = [];
  const sender = new DutySender({
    sender: new AccountSender(chain, address),
    operator: address,
    turn: 1_000,
    clock: () => 0,
    progress: (what) => sent.push(what.split(":")[0]!),
    complain: (what, error) => complaints.push(`${what}: ${(error as Error).message}`),
  });
  const duty = (name: string, amount: bigint): Duty => ({
    name,
    contract: token,
    method: "mint",
    args: [address, amount],
    operators: [address],
  });
  const balance = async (): Promise<bigint> => (await chain.read(token, "balanceOf", address))[0] as bigint;
  return { sender, duty, sent, complaints, mine, balance };
}

describe("plugin/cloud/live/duty-sender", function () {
  this.timeout(60_000);

  it("waits some seconds for a transaction, lets it go on beside, and sends no other until it is mined", async () => {
    const { sender, duty, sent, complaints, mine, balance } = await sending();
    const before = await balance();
    expect(await sender.take(duty("first", 5n)), "nothing is mined").to.equal(false);
    for (const next of [duty("first", 5n), duty("second", 7n)])
      expect(await sender.take(next)).to.equal(false);
    expect(sent).to.deep.equal(["first"]);
    await mine(1);
    expect((await balance()) - before).to.equal(5n);
    // The sender looks for its transaction once a second.
    let second: Promise<boolean> | undefined;
    while (sent.length === 1) {
      second = sender.take(duty("second", 7n));
      await sleep(100);
    }
    await mine(1);
    await second;
    expect((await balance()) - before).to.equal(12n);
    expect(sent).to.deep.equal(["first", "second"]);
    expect(complaints).to.deep.equal([]);
  });
});
