import { expect } from "chai";
import { keccak256, toBeHex } from "ethers";
import { network } from "hardhat";

import { program } from "../runtime/programs.ts";

describe("plugin/cloud/embedded/embedded-cloud", () => {
  it("has an equivocating node's operator slashed by the evidence, once", async () => {
    const { nexus, ethers } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    const cloud = await nexus.cloud();
    await nexus.setFault(2, { kind: "equivocating" });
    await fibonacci.call("10");
    const [seen] = await nexus.misbehaviours();
    expect(seen?.kind).to.equal("equivocation");
    const staking = await ethers.getContractAt("NexusStaking", await nexus.addressOf("NexusStaking"));
    // Nodes are numbered by share index, which is the committee's order.
    const operator = cloud.committee.active!.operators[seen!.index - 1]!;
    expect(seen!.index).to.equal(2);
    const before = await staking.stakeOf(operator, operator);
    const taken = await nexus.reportEquivocation(seen!);
    expect(taken > 0n).to.equal(true);
    expect(await staking.stakeOf(operator, operator)).to.equal(before - taken);
    expect(await staking.isJailed(operator)).to.equal(true);
    const again = await nexus.reportEquivocation(seen!).then(
      () => undefined,
      (error: Error) => error,
    );
    expect(again).to.be.instanceOf(Error);
    expect(await fibonacci.call("11"), "the cloud goes on").to.equal("89");
  });

  it("answers whoever challenges the committee to show that it can still sign", async () => {
    const { nexus, ethers } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    const registry = await ethers.getContractAt(
      "CommitteeRegistry",
      await nexus.addressOf("CommitteeRegistry"),
    );
    const challenges = await ethers.getContractAt("LivenessChallenges", await registry.challenges());
    const cloudId = await nexus.cloudId();
    await challenges.challengeCommittee(cloudId, { value: ethers.parseEther("1") });
    expect((await challenges.challengeOf(cloudId)).answerBy).to.equal(0n);
    expect(await challenges.queryFilter(challenges.filters.ChallengeAnswered())).to.have.length(1);
    await expect(challenges.unseatCommittee(cloudId)).to.be.revertedWithCustomError(
      challenges,
      "LivenessNotChallenged",
    );
    expect(await fibonacci.call("11")).to.equal("89");
  });

  it("takes nothing but equivocations for evidence", async () => {
    const { nexus } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    await nexus.setFault(2, { kind: "lying" });
    await fibonacci.call("10");
    const [seen] = await nexus.misbehaviours();
    const refused = await nexus.reportEquivocation(seen!).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(TypeError);
  });

  it("makes a program's calls from the program's own account", async () => {
    const { nexus, ethers } = await network.create("l1");
    const token = await nexus.addressOf("DevelopmentToken");
    const bytes = (hex: string) => hex.slice(2).replace(/../g, "\\$&");
    const abi = [
      "function approve(address,uint256)",
      "event Approval(address indexed,address indexed,uint256)",
    ];
    const call = new ethers.Interface(abi).encodeFunctionData("approve", [token, 42n]);
    const module = program(`(data (i32.const 0) "${bytes(token + call.slice(2))}")
      (func $start (call $call (i64.const 31337) (i32.const 0) (i32.const 100000) (i32.const 20) (i32.const 68)))`);
    const caller = await nexus.program(module);
    await nexus.fund(caller);
    await caller.call();
    await caller.call();
    const cloud = await nexus.cloud();
    const outbox = await ethers.getContractAt("NexusOutbox", await nexus.addressOf("NexusOutbox"));
    const account = await outbox.accountOf(cloud.cloudId, keccak256(module));
    const erc20 = await ethers.getContractAt("DevelopmentToken", token);
    expect(await erc20.allowance(account, token)).to.equal(42n);
    expect(await outbox.nonceOf(cloud.cloudId, keccak256(module))).to.equal(2n);
    const executed = await outbox.queryFilter(outbox.filters.Executed());
    expect(executed.map(({ args }) => [args.nonce, args.success])).to.deep.equal([
      [0n, true],
      [1n, true],
    ]);
  });

  for (const [what, count, callbackGas, length] of [
    ["64 small requests", 64, 100_000, 32],
    ["12 callbacks of 5,000,000 gas", 12, 5_000_000, 32],
    ["6 outputs of 65,536 bytes", 6, 100_000, 65_536],
  ] as const) {
    it(`delivers ${what} asked for in one block, however many headers that takes`, async () => {
      const { nexus, ethers, provider } = await network.create("l1");
      const pages = Math.ceil((length + 65_536) / 65_536);
      const module = program(
        `(func $start (drop (memory.grow (i32.const ${pages}))) (call $print (i32.const 65536) (i32.const ${length})))`,
      );
      const { id } = await nexus.program(module);
      const cloud = await nexus.cloud();
      const { gateway: at } = cloud.chains[0]!;
      const gateway = await ethers.getContractAt("NexusGateway", at.address);
      const consumer = await ethers.deployContract("GasBurner", [at.address]);
      await consumer.getFunction("setLimits")({ fuel: 20_000_000n, outputBytes: length });
      await ethers.provider.send("hardhat_setBalance", [await consumer.getAddress(), toBeHex(10n ** 21n)]);
      await provider.request({ method: "evm_setAutomine", params: [false] });
      await provider.request({ method: "evm_setBlockGasLimit", params: [toBeHex(200_000_000)] });
      const sizes: number[] = [];
      const stop = nexus.session.onBlock(({ record }) => sizes.push(record.chains[0]!.answers.length));
      for (let i = 0; i < count; i++) {
        await consumer.getFunction("ask")(cloud.cloudId, id, 10n ** 18n, callbackGas, { gasLimit: 500_000 });
      }
      await provider.request({ method: "evm_mine" });
      stop();
      expect(sizes.reduce((sum, size) => sum + size, 0)).to.equal(count);
      const fulfilled = await gateway.queryFilter(gateway.filters.Fulfilled());
      expect(fulfilled).to.have.length(count);
      expect(fulfilled.every(({ args }) => (args.output.length - 2) / 2 === length)).to.equal(true);
    });
  }
});
