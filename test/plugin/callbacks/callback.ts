import { fileURLToPath } from "node:url";

import { expect, use } from "chai";
import { parseEther, toUtf8Bytes, ZeroAddress } from "ethers";
import { createHardhatRuntimeEnvironment } from "hardhat/hre";

import config from "../../../hardhat.config.ts";
import { nexusMatchers } from "../../../plugin/api/matchers.ts";

use(nexusMatchers);

const root = fileURLToPath(new URL("../../..", import.meta.url));

async function connect() {
  const nexus = { zero: { mode: "mock" as const }, cloud: { nodes: 1 } };
  const hre = await createHardhatRuntimeEnvironment({ ...config, nexus }, {}, root);
  return hre.network.create("l1");
}

/** The error with which an assertion fails. */
async function failure(assertion: PromiseLike<unknown>): Promise<Error> {
  return Promise.resolve(assertion).then(
    () => expect.fail("the assertion held"),
    (error: Error) => error,
  );
}

describe("a callback that fails says why", () => {
  async function asking(name: "Reverter" | "GasBurner" | "Listener") {
    const { ethers, nexus } = await connect();
    const contract = await ethers.deployContract(name, [await nexus.gateway()], { value: parseEther("1") });
    const program = await nexus.program("fibonacci");
    const ask = async (callbackGas: number) =>
      contract.ask!(await nexus.cloudId(), program.id, parseEther("0.01"), callbackGas);
    return { ethers, nexus, contract, ask };
  }

  it("at the gateway: with the error of the project's contract, and where it is thrown", async () => {
    const { nexus, ask } = await asking("Reverter");
    const asked = await ask(100_000);
    const { answers } = await nexus.answers(asked);
    expect(answers[0]!.callback).to.include({ status: "failed", reason: "it reverted with Never()" });
    const error = await failure(expect(asked).to.be.answeredBy(nexus).withCallback());
    expect(error.message).to.equal("expected the callback to have run, but it reverted with Never()");
    expect(error.stack).to.match(/\n +at Reverter\._handle \(test\/contracts\/cloud\/Consumers\.sol:\d+\)\n/);
  });

  it("at the gateway: out of gas, none asked for, no contract", async () => {
    const burner = await asking("GasBurner");
    const burnt = await failure(expect(burner.ask(70_000)).to.be.answeredBy(burner.nexus).withCallback());
    expect(burnt.message).to.match(/but it (ran out of its 70000 gas|reverted without a reason)$/);
    const { nexus, ask, ethers } = await asking("Listener");
    // Enough for the call, too little for what it stores.
    const poor = await failure(expect(ask(30_000)).to.be.answeredBy(nexus).withCallback());
    expect(poor.message).to.match(/but it ran out of its 30000 gas$/);
    await expect(ask(200_000)).to.be.answeredBy(nexus).withCallback();
    const silent = await failure(expect(ask(0)).to.be.answeredBy(nexus).withCallback());
    expect(silent.message).to.match(/but the request asked for none \(its callbackGas is 0\)$/);

    const gateway = await ethers.getContractAt("NexusGateway", await nexus.gateway());
    const program = await nexus.program("fibonacci");
    const [signer] = await ethers.getSigners();
    const deadline = (await ethers.provider.getBlock("latest"))!.timestamp + 3600;
    const asked = gateway.request(
      await nexus.cloudId(),
      program.id,
      toUtf8Bytes("1"),
      50_000,
      deadline,
      { fuel: 10n ** 8n, outputBytes: 1_024n },
      {
        value: parseEther("0.01"),
      },
    );
    const nobody = await failure(expect(asked).to.be.answeredBy(nexus).withCallback());
    expect(nobody.message.toLowerCase()).to.include(
      `there is no contract at ${signer!.address}`.toLowerCase(),
    );
  });

  it("at the market: custom errors with arguments, texts, panics and gas", async () => {
    const { ethers, nexus } = await connect();
    const program = await nexus.program("fibonacci");
    const market = await nexus.addressOf("ZeroMarket");
    const buyer = await ethers.deployContract("ProofBuyer", [
      market,
      await nexus.zeroSelector(),
      await program.zeroId(),
    ]);
    const said: [mode: bigint, reason: RegExp][] = [
      [1n, /^it reverted with BuyerRefuses\(0x[0-9a-f]{64}, "no thanks", \[7, 8\]\)$/],
      [2n, /^it reverted with "not today"$/],
      [3n, /^it reverted: Panic due to ARRAY_RANGE_ERROR\(50\)$/],
      [4n, /^it ran out of its 300000 gas$/],
    ];
    for (const [mode, reason] of said) {
      await buyer.setMode!(mode);
      const asked = await buyer.ask!([toUtf8Bytes("10")]);
      const [proof] = await nexus.proofs(asked);
      expect(proof!.callback.status).to.equal("failed");
      expect(proof!.callback.reason).to.match(reason);
      const error = await failure(expect(asked).to.be.provenBy(nexus).withCallback());
      expect(error.message).to.equal(`expected the callback to have run, but ${proof!.callback.reason}`);
      // Hardhat does not say where gas ran out.
      if (mode < 4n) expect(error.stack).to.match(/\n +at ProofBuyer\.\w+ \(\S+\.sol:\d+\)/);
    }
    const silent = await failure(
      expect(buyer.askSilently!(toUtf8Bytes("10")))
        .to.be.provenBy(nexus)
        .withCallback(),
    );
    expect(silent.message).to.match(/the request asked for none/);
  });

  it("as it was in its batch, and not as it would have been before", async () => {
    const { ethers, nexus } = await connect();
    const program = await nexus.program("fibonacci");
    const once = await ethers.deployContract("Once", [await nexus.gateway()], { value: parseEther("1") });
    const asked = await once.askTwice!(await nexus.cloudId(), program.id, parseEther("0.01"), 100_000);
    const { answers } = await nexus.answers(asked);
    expect(answers.map(({ callback }) => callback.reason)).to.deep.equal([
      undefined,
      `it reverted with OnceOnly(${answers[0]!.requestId})`,
    ]);
  });
});

describe("what callbacks emit", () => {
  it("is told to whoever asks, for contracts of ethers and of viem, and by no other's logs", async () => {
    const { ethers, nexus } = await connect();
    const program = await nexus.program("fibonacci");
    const market = await nexus.addressOf("ZeroMarket");
    const deploy = async () =>
      ethers.deployContract("ProofBuyer", [market, await nexus.zeroSelector(), await program.zeroId()]);
    const [buyer, other] = [await deploy(), await deploy()];
    const address = await buyer.getAddress();
    const asked = await buyer.ask!([toUtf8Bytes("10"), toUtf8Bytes("11")]);
    const [first] = await nexus.proofs(asked);
    const is = () => expect(asked).to.be.provenBy(nexus);
    await is()
      .emitting(buyer, "Bought")
      .withArgs(first!.requestId, address.toLowerCase(), "55", 1)
      .withCallback();
    await is()
      .emitting(buyer, "Bought")
      .withArgs(() => true, address, "89", 2n);
    const viems = {
      address: address.toLowerCase(),
      abi: JSON.parse(buyer.interface.formatJson()) as unknown[],
    };
    await is().emitting(viems, "Bought").withArgs(first!.requestId, address, "55", 1n);
    const events = await nexus.callbackEvents(asked.hash, viems, "Bought");
    expect(events.map(({ args }) => [...args].slice(2))).to.deep.equal([
      ["55", 1n],
      ["89", 2n],
    ]);

    const told = async (assertion: PromiseLike<unknown>) => (await failure(assertion)).message;
    expect(
      await told(is().emitting(buyer, "Bought").withArgs(first!.requestId, ZeroAddress, "55", 1n)),
    ).to.match(
      /^expected Bought with the arguments .*, "55", 1\), but it was emitted with \("0x.*"55", 1\) and \(.*"89", 2\)$/,
    );
    expect(await told(is().emitting(other, "Bought"))).to.equal(
      "expected a callback to emit Bought, but none did",
    );
    expect(await told(is().emitting(buyer, "Sold"))).to.equal(
      'The contract has no event "Sold". It has Bought.',
    );
    await buyer.setMode!(2n);
    expect(
      await told(
        expect(buyer.ask!(["0x31"]))
          .to.be.provenBy(nexus)
          .emitting(buyer, "Bought"),
      ),
    ).to.equal('expected a callback to emit Bought, but none did: it reverted with "not today"');
  });

  it("is told of the gateway's answers, each with its own", async () => {
    const { ethers, nexus } = await connect();
    const program = await nexus.program("counter");
    const gateway = await nexus.gateway();
    const counter = await ethers.deployContract("Counter", [gateway, await nexus.cloudId(), program.id]);
    const fee = (await counter.fee()) * 2n;
    await expect(counter.add(5n, { value: fee }))
      .to.be.answeredBy(nexus)
      .emitting(counter, "Counted");
    const asked = counter.add(6n, { value: fee });
    const counted = expect(asked).to.be.answeredBy(nexus).withOutcome("Success").emitting(counter, "Counted");
    const { answers } = await nexus.answers(await asked);
    await counted.withArgs(answers[0]!.requestId, 11).withCallback();
    expect(answers[0]!.callback.logs).to.have.length(1);
    const none = await failure(expect(asked).to.be.answeredBy(nexus).emitting(counter, "Failed"));
    expect(none.message).to.equal("expected a callback to emit Failed, but none did");
  });
});
