import { expect } from "chai";
import { keccak256 } from "ethers";
import { network } from "hardhat";

import { program } from "../runtime/programs.ts";

const AWAY = 10n;
/** It calls a contract without code on the other chain: the nonce is spent all the same. */
const module = program(
  `(func $start (call $call (i64.const ${AWAY}) (i32.const 0) (i32.const 1000) (i32.const 0) (i32.const 0)))`,
);

describe("a cloud that serves one chain less", () => {
  it("serves the chain again whose contracts were deployed anew, with calls that its new outbox takes", async () => {
    const home = await network.create("l1");
    const away = await network.create({ network: "op", override: { chainId: Number(AWAY) } });
    const caller = await home.nexus.program(module);
    await away.nexus.join(home.nexus);
    const cloud = await home.nexus.cloud();
    const { session } = home.nexus;
    await away.nexus.fund(caller);
    const made = async () => {
      const { outbox } = cloud.chains[1]!;
      const contract = await away.ethers.getContractAt("NexusOutbox", outbox.address);
      return (await contract.queryFilter(contract.filters.Executed())).map(({ args }) => args.nonce);
    };
    for (let i = 0; i < 2; i++) await caller.run();
    expect(await made()).to.deep.equal([0n, 1n]);

    const [, old] = cloud.chains;
    const chain = await away.nexus.chain();
    await session.change(() => cloud.removeChain(AWAY));
    expect(cloud.chains.map(({ isHome }) => isHome)).to.deep.equal([true]);
    await caller.run();
    await session.change(() => cloud.attach(chain));
    await session.service();
    expect(cloud.chains[1]!.outbox.address).not.to.equal(old!.outbox.address);
    expect(
      await away.nexus.callCredit(caller),
      "what the old outbox holds pays nothing at the new one",
    ).to.equal(0n);
    const [refused] = (await caller.run()).refusedCalls;
    expect(refused).to.include("has 0.0 ether for its calls to chain 10");
    await away.nexus.fund(caller);
    await caller.run();
    expect(await made(), "from 0, as the new outbox counts").to.deep.equal([0n]);
    expect(cloud.deliveryTrouble(AWAY)).to.equal(undefined);

    const gateway = await away.ethers.getContractAt("NexusGateway", cloud.chains[1]!.gateway.address);
    const deadline = (await chain.latestTimestamp()) + 3_600n;
    const limits = { fuel: 10n ** 8n, outputBytes: 1_024n };
    const args = [cloud.cloudId, keccak256(module), "0x", 0, deadline, limits] as const;
    await gateway.request(...args, { value: 10n ** 17n });
    expect(await gateway.queryFilter(gateway.filters.Fulfilled())).to.have.length(1);
    expect(await made()).to.deep.equal([0n, 1n]);
  });

  it("needs as many operators as members sign, and gives the paused chain's answers when it is resumed", async () => {
    const home = await network.create("l1");
    const away = await network.create({ network: "op", override: { chainId: Number(AWAY) } });
    const fibonacci = await home.nexus.program("fibonacci");
    await away.nexus.join(home.nexus);
    const cloud = await home.nexus.cloud();
    const there = await away.nexus.program("fibonacci");
    const isPaused = () => cloud.replicas[0]!.node.application.isPaused(AWAY);
    const pause = { kind: "pause", chainId: AWAY } as const;
    for (const { node } of cloud.replicas.slice(0, 2)) node.propose(pause);
    expect(await fibonacci.call("10"), "two of four hold nobody up").to.equal("55");
    expect(isPaused()).to.equal(false);
    cloud.replicas[2]!.node.propose(pause);
    expect(await fibonacci.call("11")).to.equal("89");
    expect(isPaused()).to.equal(true);
    const unanswered = await there.call("12").then(
      () => "answered",
      (error: Error) => error.message,
    );
    expect(unanswered).to.match(/was not answered/);
    await home.nexus.session.change(() => cloud.changeChain("resume", AWAY));
    await home.nexus.service();
    const gateway = await away.ethers.getContractAt("NexusGateway", cloud.chains[1]!.gateway.address);
    const [answer] = await gateway.queryFilter(gateway.filters.Fulfilled());
    expect(away.ethers.toUtf8String(answer!.args.output).trim()).to.equal("144");
    expect(cloud.replicas.every(({ running, height }) => running && height === cloud.height)).to.equal(true);
  });
});
