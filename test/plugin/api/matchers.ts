import { AssertionError, expect, use } from "chai";
import { toUtf8Bytes } from "ethers";
import { network } from "hardhat";

import { nexusMatchers } from "../../../plugin/api/matchers.ts";

use(nexusMatchers);

describe("chai matchers", () => {
  async function setUp() {
    const { ethers, nexus } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    const counter = await nexus.program("counter");
    const gateway = await ethers.getContractAt("NexusGateway", await nexus.gateway());
    const contract = await ethers.deployContract("Counter", [gateway, await nexus.cloudId(), counter.id]);
    const value = ethers.parseEther("0.01");
    const ask = async (input: string) => {
      const { timestamp } = (await ethers.provider.getBlock("latest"))!;
      const cloudId = await nexus.cloudId();
      return gateway.request(
        cloudId,
        fibonacci.id,
        toUtf8Bytes(input),
        0,
        timestamp + 3600,
        { fuel: 10n ** 8n, outputBytes: 1_024n },
        { value },
      );
    };
    return { ethers, nexus, contract, value, ask };
  }

  /** What a failed assertion says. */
  async function message(assertion: PromiseLike<unknown>): Promise<string> {
    try {
      await assertion;
    } catch (error) {
      if (error instanceof AssertionError) return error.message;
      throw error;
    }
    throw new Error("the assertion held");
  }

  it("hold what was answered against what is expected", async () => {
    const { nexus, contract, value, ask } = await setUp();
    const five = Buffer.alloc(32);
    five[31] = 5;
    await expect(contract.add(5n, { value }))
      .to.be.answeredBy(nexus)
      .withOutcome("Success")
      .withOutput(five)
      .withCallback();
    expect(await contract.count()).to.equal(5n);
    await expect(ask("30")).to.be.answeredBy(nexus).withOutput("832040");
    await expect(ask("many")).to.be.answeredBy(nexus).withOutcome("ExitedWithError");
  });

  it("say what was answered instead", async () => {
    const { nexus, ask } = await setUp();
    const thirty = ask("30");
    expect(await message(expect(thirty).to.be.answeredBy(nexus).withOutcome("Trapped"))).to.match(
      /expected an answer with outcome Trapped, but it is Success/,
    );
    expect(await message(expect(thirty).to.be.answeredBy(nexus).withOutput("1"))).to.match(
      /expected the answer "1", but it is "832040"/,
    );
    expect(await message(expect(thirty).to.be.answeredBy(nexus).withCallback())).to.match(
      /expected the callback to have run/,
    );
    expect(await message(expect(thirty).to.not.be.answeredBy(nexus))).to.match(
      /expected the cloud not to answer the transaction, but 1 of its 1 requests was answered/,
    );
    expect(() => expect(thirty).to.not.be.answeredBy(nexus).withOutput("1")).to.throw(/not its negation/);
  });

  it("know a transaction that asks nothing, and one that nobody answers", async () => {
    const { ethers, nexus, ask } = await setUp();
    const [signer] = await ethers.getSigners();
    const transfer = signer!.sendTransaction({ to: signer!.address });
    await expect(transfer).to.not.be.answeredBy(nexus);
    expect(await message(expect(transfer).to.be.answeredBy(nexus))).to.match(
      /made no request at the gateway/,
    );

    await nexus.stopNode(1);
    await nexus.stopNode(2);
    const unanswered = ask("30");
    await expect(unanswered).to.not.be.answeredBy(nexus);
    expect(await message(expect(unanswered).to.be.answeredBy(nexus))).to.match(
      /but 0 of its 1 requests were answered/,
    );
    await nexus.startNode(1);
    await expect(unanswered).to.be.answeredBy(nexus).withOutcome("Success");
  });

  // Hardhat registers its own when the first connection is made, which in many projects is before a test file calls `use`.
  it("fail where they should, too, when they are registered after Hardhat's matchers", async () => {
    const { nexus, ask } = await setUp();
    use((chai, utils) => nexusMatchers(chai, utils));
    const thirty = ask("30");
    await expect(thirty).to.be.answeredBy(nexus).withOutcome("Success").withOutput("832040");
    expect(await message(expect(thirty).to.be.answeredBy(nexus).withOutcome("Trapped"))).to.match(
      /expected an answer with outcome Trapped, but it is Success/,
    );
    expect(await message(expect(thirty).to.not.be.answeredBy(nexus))).to.match(/1 of its 1 requests was/);
  });

  it("say in a sentence what they cannot work with", async () => {
    const { nexus, ask } = await setUp();
    const wrong = "Sucess" as "Success";
    expect(() => expect(ask("30")).to.be.answeredBy(nexus).withOutcome(wrong)).to.throw(
      'There is no outcome "Sucess". The outcomes are Success, Trapped, OutOfFuel, LimitExceeded, UnknownProgram, ExitedWithError, Skipped.',
    );
    const told = async (sent: unknown) =>
      Promise.resolve(expect(sent).to.be.answeredBy(nexus)).then(
        () => expect.fail("it held"),
        (error: Error) => error.message,
      );
    const takes = "answeredBy takes a transaction, a promise of one, or its hash, but was given ";
    expect(await told(5)).to.equal(`${takes}5.`);
    expect(await told(undefined)).to.equal(`${takes}undefined.`);
    expect(await told({ output: 1 })).to.equal(`${takes}Object.`);
    expect(await told("0x1234")).to.equal(`${takes}"0x1234".`);
    expect(() => expect(ask("30")).to.be.answeredBy(undefined as unknown as typeof nexus)).to.throw(
      "answeredBy takes the nexus of the network's connection.",
    );
    const { hash } = await ask("30");
    await expect(hash).to.be.answeredBy(nexus).withOutcome("Success");
  });
});
