import { expect } from "chai";
import { dataSlice, id as hashOf, keccak256, parseEther } from "ethers";
import { network } from "hardhat";

import { UnfundedCallError } from "../../../../plugin/api/call-funds.ts";
import { Nexus } from "../../../../plugin/api/nexus.ts";
import { callPrice } from "../../../../plugin/cloud/replication/call-credit.ts";
import { program } from "../runtime/programs.ts";

const AWAY = 10n;
const GAS = 30_000;

/** A program that asks for so many calls to a contract without code in every run, and does not care for the answers. */
const caller = (calls: number, chainId = 31_337n) =>
  program(`(func $start (local $i i32) (loop $more
    (call $call (i64.const ${chainId}) (i32.const 0) (i32.const ${GAS}) (i32.const 0) (i32.const 9))
    (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${calls})))))`);
const relayer = dataSlice(hashOf("Nexus embedded relayer"), 12);

async function outboxOf({ ethers, nexus }: Awaited<ReturnType<typeof network.create>>) {
  return ethers.getContractAt("NexusOutbox", await nexus.addressOf("NexusOutbox"));
}

describe("plugin/cloud/embedded, calls that programs pay for", () => {
  it("are refused to a program without funds, and cost the operators no gas, however many it asks for", async () => {
    const connection = await network.create("l1");
    const { ethers, nexus, provider } = connection;
    const module = caller(16);
    const spammer = await nexus.program(module);
    const outbox = await outboxOf(connection);
    const kinds: string[] = [];
    nexus.session.onBlock(({ deliveries }) => kinds.push(...deliveries.map(({ delivery }) => delivery.kind)));
    for (let i = 0; i < 3; i++) {
      const { outcome, refusedCalls } = await spammer.run();
      expect(outcome).to.equal(0);
      expect(refusedCalls).to.have.length(16);
      expect(refusedCalls[0]).to.equal(
        `Program ${spammer.id} has 0.0 ether for its calls to chain 31337, and this one may cost 0.009518.`,
      );
    }
    expect(kinds, "answers alone were delivered").to.deep.equal(["fulfil", "fulfil", "fulfil"]);
    expect(await outbox.nonceOf(await nexus.cloudId(), spammer.id)).to.equal(0n);

    // With funds for three calls, three are made, and whoever relays them is paid.
    const price = callPrice(await outbox.callGasPrice(), { gasLimit: GAS, data: new Uint8Array(9) });
    expect(await outbox.priceOf(GAS, 9), "the same at the contract").to.equal(price);
    await nexus.fund(spammer, 3n * price);
    expect(await nexus.callCredit(spammer)).to.equal(3n * price);
    expect((await spammer.run()).refusedCalls).to.have.length(13);
    expect(await outbox.nonceOf(await nexus.cloudId(), spammer.id)).to.equal(3n);
    const [paid] = await outbox.queryFilter(outbox.filters.Paid());
    expect(kinds.slice(3).sort()).to.deep.equal(["execute", "fulfil"]);
    expect(paid!.args.relayer.toLowerCase()).to.equal(relayer);
    const { gasUsed, blockNumber } = (await ethers.provider.getTransactionReceipt(paid!.transactionHash))!;
    const { baseFeePerGas } = (await ethers.provider.getBlock(blockNumber))!;
    expect(paid!.args.amount >= (gasUsed * baseFeePerGas!) / 2n, "most of what it cost").to.equal(true);
    // What they did not cost is back, to the wei, and nothing of it can be spent twice.
    const held = await outbox.fundsOf(await nexus.cloudId(), spammer.id);
    expect(held).to.equal(3n * price - paid!.args.amount);
    expect(await nexus.callCredit(spammer)).to.equal(held);
    await provider.request({ method: "evm_mine" });
    expect(await nexus.callCredit(spammer), "once").to.equal(held);
  });

  it("are told of in whoever's transaction had a program succeed without its call, with what to do", async () => {
    const { ethers, nexus } = await network.create("l1");
    const forgetful = await nexus.program(caller(1));
    const consumer = await ethers.deployContract("GasBurner", [await nexus.gateway()]);
    await consumer.getFunction("setLimits")({ fuel: 20_000_000n, outputBytes: 32 });
    await ethers.provider.send("hardhat_setBalance", [await consumer.getAddress(), "0x8ac7230489e80000"]);
    const cloudId = await nexus.cloudId();
    const ask = () => consumer.getFunction("ask")(cloudId, forgetful.id, parseEther("0.1"), 50_000);
    const message =
      /has 0\.0 ether for its calls to chain 31337.*`await nexus\.fund\(program\)` in a test, `NexusOutbox\.fund`/;
    for (const attempt of [ask, () => forgetful.call()]) {
      const error = await attempt().then(
        () => undefined,
        (reason: Error) => reason,
      );
      expect(error).to.be.instanceOf(UnfundedCallError);
      expect(error!.message).to.match(message);
    }
    await nexus.fund(forgetful);
    await ask();
    await forgetful.call();
  });

  it("count what was given in the very block of the request", async () => {
    const connection = await network.create("l1");
    const { ethers, nexus, provider } = connection;
    const { id } = await nexus.program(caller(1));
    const outbox = await outboxOf(connection);
    const cloudId = await nexus.cloudId();
    const gateway = await ethers.getContractAt("NexusGateway", await nexus.gateway());
    const { timestamp } = (await ethers.provider.getBlock("latest"))!;
    await provider.request({ method: "evm_setAutomine", params: [false] });
    const limits = { fuel: 20_000_000n, outputBytes: 0 };
    await gateway.request(cloudId, id, "0x", 0, timestamp + 3_600, limits, { value: parseEther("0.1") });
    await outbox.fund(cloudId, id, { value: parseEther("1") });
    await provider.request({ method: "evm_mine" });
    expect(await outbox.nonceOf(cloudId, id)).to.equal(1n);
  });

  it("are paid for on the chain that they go to, and given back with it when it goes back in time", async () => {
    const home = await network.create("l1");
    const away = await network.create({ network: "op", override: { chainId: Number(AWAY) } });
    const caravan = await home.nexus.program(caller(2, AWAY));
    await away.nexus.join(home.nexus);
    await home.nexus.fund(caravan);
    expect((await caravan.run()).refusedCalls, "what it has at home buys nothing there").to.have.length(2);
    await away.nexus.fund(caravan);
    const outbox = await outboxOf(away);
    expect((await caravan.run()).refusedCalls).to.deep.equal([]);
    expect(await outbox.nonceOf(await home.nexus.cloudId(), caravan.id)).to.equal(2n);
    expect(await home.nexus.callCredit(caravan), "home's is untouched").to.equal(parseEther("1"));

    const snapshot = await home.provider.request({ method: "evm_snapshot" });
    await home.nexus.fund(caravan);
    expect(await home.nexus.callCredit(caravan)).to.equal(parseEther("2"));
    await home.provider.request({ method: "evm_revert", params: [snapshot] });
    expect(await home.nexus.callCredit(caravan)).to.equal(parseEther("1"));
  });

  it("cost nothing in a cloud that is free", async () => {
    const connection = await network.create("l1");
    const nexus = new Nexus(connection.nexus.environment, connection, { fees: "none" });
    connection.nexus = nexus;
    const module = caller(16);
    const spammer = await nexus.program(module);
    await nexus.fund(spammer);
    expect((await spammer.run()).refusedCalls).to.deep.equal([]);
    const outbox = await outboxOf({ ...connection, nexus });
    expect(await outbox.callGasPrice()).to.equal(0n);
    expect(await outbox.nonceOf(await nexus.cloudId(), keccak256(module))).to.equal(16n);
    expect(await outbox.fundsOf(await nexus.cloudId(), keccak256(module))).to.equal(0n);
    await nexus.close();
  });
});
