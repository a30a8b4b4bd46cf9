import { expect } from "chai";
import { hexlify, id, toBeHex } from "ethers";

import * as digests from "../../../plugin/contracts/digests.ts";
import { expectGas } from "../../gas-snapshot.ts";
import {
  answerTo,
  anchoredCloud,
  BASE_FEE,
  FEE,
  CLOUD,
  FIRST,
  LIMITS,
  NOTHING,
  PROGRAM,
  requestedIn,
  SECOND,
  signatureOf,
  STRANGER,
} from "./anchored-cloud.ts";

for (const name of ["l1", "op", "generic", "cancun"]) {
  describe(`NexusGateway with BLS signatures on ${name}`, () => {
    it("carries a request to its consumer and the fee to relayer and committee", async () => {
      const { ethers, gateway, mirror, relayer, operators, chain, at, sign, headerOf } =
        await anchoredCloud(name);
      const counter = await ethers.deployContract("Counter", [gateway, CLOUD, PROGRAM]);
      const value = FEE;
      const receipt = (await (await counter.add(7, { value })).wait())!;
      const request = requestedIn(gateway, receipt);
      const requestId = hexlify(digests.request(chain, at, request as digests.Request));
      expect(await gateway.requestIdOf(request)).to.equal(requestId);
      expect(await gateway.statusOf(requestId)).to.equal(1n);

      const answers = [answerTo(request)];
      const header = headerOf(answers);
      const sent = await gateway.connect(relayer).fulfil(CLOUD, 1, header, answers, sign(header));
      await expect(sent)
        .to.emit(gateway, "Fulfilled")
        .withArgs(requestId, CLOUD, await counter.getAddress(), 0n, true, toBeHex(7n, 32));
      expect(await counter.count()).to.equal(7n);
      expect(await gateway.statusOf(requestId)).to.equal(0n);
      // The gas of an answer of 32 bytes and of its callback.
      const gasFee = (60_000n + 40n * 32n + 80_000n) * (await sent.getBlock())!.baseFeePerGas!;
      const earned = gasFee + (value - gasFee) / 4n;
      expect(await gateway.creditOf(relayer.address)).to.equal(earned);

      await gateway.distribute(CLOUD, 1);
      expect(await gateway.creditOf(operators[0]!)).to.equal((value - earned) / 4n);
      await gateway.connect(relayer).withdraw(relayer.address);
      const left = 4n * (await gateway.creditOf(operators[0]!)) + (await gateway.accruedOf(CLOUD, 1));
      expect(await ethers.provider.getBalance(gateway)).to.equal(left);
      expect(await mirror.currentEpoch(CLOUD)).to.equal(1n);
    });

    it("refuses signatures of others, of other messages, and bytes that are none", async () => {
      const { ethers, gateway, mirror, ask, sign, headerOf } = await anchoredCloud(name);
      const answers = [answerTo(await ask())];
      const header = headerOf(answers);
      for (const signature of [
        sign(header, STRANGER),
        sign({ ...header, height: 2n }),
        sign({ ...header, stateRoot: id("other state") }),
        sign(header, FIRST, { cloud: id("other cloud") }),
        sign(header, FIRST, { epoch: 2n }),
      ]) {
        await expect(gateway.fulfil(CLOUD, 1, header, answers, signature)).to.be.revertedWithCustomError(
          mirror,
          "CommitteesBadSignature",
        );
      }
      const good = sign(header);
      for (const malformed of [
        "0x",
        good.slice(0, -2),
        `${good}00`,
        `0x${"00".repeat(64)}`,
        `0x${"ff".repeat(64)}`,
      ]) {
        await expect(gateway.fulfil(CLOUD, 1, header, answers, malformed)).to.be.revert(ethers);
      }
      await gateway.fulfil(CLOUD, 1, header, answers, good);
    });

    it("answers once: a replay is skipped, and pays nobody", async () => {
      const { gateway, relayer, ask, sign, headerOf } = await anchoredCloud(name);
      const answers = [answerTo(await ask())];
      const header = headerOf(answers);
      const signature = sign(header);
      await gateway.fulfil(CLOUD, 1, header, answers, signature);
      await expect(gateway.connect(relayer).fulfil(CLOUD, 1, header, answers, signature))
        .to.emit(gateway, "Skipped")
        .withArgs(await gateway.requestIdOf(answers[0]!.request), false);
      expect(await gateway.creditOf(relayer.address)).to.equal(0n);
    });

    it("skips an expired request, which is then refunded", async () => {
      const { gateway, owner, networkHelpers, ask, sign, headerOf } = await anchoredCloud(name);
      const request = await ask(60n);
      const answers = [answerTo(request)];
      const header = headerOf(answers);
      await networkHelpers.time.increaseTo(BigInt(request.deadline));
      await expect(gateway.fulfil(CLOUD, 1, header, answers, sign(header)))
        .to.emit(gateway, "Skipped")
        .withArgs(await gateway.requestIdOf(request), true);
      await gateway.refund(request);
      expect(await gateway.creditOf(owner.address)).to.equal(FEE);
    });

    it("follows a rotation: the old key for an hour more, the new one at once", async () => {
      const { gateway, mirror, networkHelpers, ask, sign, headerOf, rotate } = await anchoredCloud(name);
      const [first, second, third] = [await ask(86_400n), await ask(86_400n), await ask(86_400n)];
      await rotate();
      const batches = [first, second, third].map((request) => {
        const answers = [answerTo(request)];
        return { answers, header: headerOf(answers) };
      });
      const [a, b, c] = [batches[0]!, batches[1]!, batches[2]!];
      await gateway.fulfil(CLOUD, 1, a.header, a.answers, sign(a.header));
      const sent = await gateway.fulfil(CLOUD, 2, b.header, b.answers, sign(b.header, SECOND));
      const gasFee = (60_000n + 40n * 32n) * (await sent.getBlock())!.baseFeePerGas!;
      expect(await gateway.accruedOf(CLOUD, 2)).to.equal(FEE - gasFee - (FEE - gasFee) / 4n);
      // Neither key speaks in the other's epoch.
      for (const [epoch, signer] of [
        [2n, FIRST],
        [1n, SECOND],
      ] as const) {
        await expect(
          gateway.fulfil(CLOUD, epoch, c.header, c.answers, sign(c.header, signer, { epoch })),
        ).to.be.revertedWithCustomError(mirror, "CommitteesBadSignature");
      }
      await networkHelpers.time.increase(3601);
      await expect(
        gateway.fulfil(CLOUD, 1, c.header, c.answers, sign(c.header)),
      ).to.be.revertedWithCustomError(mirror, "CommitteesEpochNotValid");
      await expect(
        gateway.fulfil(CLOUD, 3, c.header, c.answers, sign(c.header, SECOND, { epoch: 3n })),
      ).to.be.revertedWithCustomError(mirror, "CommitteesUnknownEpoch");
    });

    it("makes a program's call and stores a state root under the same header", async () => {
      const { ethers, gateway, mirror, at, chain, sign } = await anchoredCloud(name);
      const outbox = await ethers.deployContract("NexusOutbox", [mirror, at, 0]);
      const checkpoints = await ethers.deployContract("StateCheckpoints", [mirror, at]);
      const target = await ethers.deployContract("Target");
      const data = target.interface.encodeFunctionData("say", [42n]);
      const call = {
        programId: PROGRAM,
        nonce: 0n,
        target: await target.getAddress(),
        gasLimit: 200_000n,
        data,
      };
      const callsHash = hexlify(
        digests.list([digests.call(call.programId, call.nonce, call.target, call.gasLimit, call.data)]),
      );
      const header = { height: 9n, stateRoot: id("state"), resultsHash: NOTHING, callsHash };
      const signature = sign(header);
      await outbox.execute(CLOUD, 1, header, [call], signature);
      expect(await target.getFunction("callers")(0)).to.equal(await outbox.accountOf(CLOUD, PROGRAM));
      await checkpoints.submit(CLOUD, 1, header, signature);
      expect(await checkpoints.latest(CLOUD)).to.equal(9n);
      await gateway.fulfil(CLOUD, 1, header, [], signature);

      const forged = signatureOf(STRANGER, digests.header(chain, at, CLOUD, 1n, header));
      for (const attempt of [
        outbox.execute.staticCall(CLOUD, 1, header, [call], forged),
        checkpoints.submit.staticCall(CLOUD, 1, { ...header, height: 10n }, signature),
      ]) {
        await expect(attempt).to.be.revertedWithCustomError(mirror, "CommitteesBadSignature");
      }
    });
  });
}

describe("NexusGateway across chains", () => {
  it("takes nothing that was signed for another chain", async () => {
    const here = await anchoredCloud("l1");
    const there = await anchoredCloud("l1", 31338);
    expect(here.at).to.equal(there.at);
    const request = await here.ask();
    expect(await there.ask()).to.deep.equal(request);
    const answers = [answerTo(request)];
    const header = here.headerOf(answers);
    await expect(
      there.gateway.fulfil(CLOUD, 1, header, answers, here.sign(header)),
    ).to.be.revertedWithCustomError(there.gateway, "GatewayWrongResults");
    const adapted = there.headerOf(answers);
    await expect(
      there.gateway.fulfil(CLOUD, 1, adapted, answers, here.sign(adapted)),
    ).to.be.revertedWithCustomError(there.mirror, "CommitteesBadSignature");
    await there.gateway.fulfil(CLOUD, 1, adapted, answers, there.sign(adapted));
  });
});

describe("NexusGateway's quote", () => {
  it("counts the gas price that a call names, as the node may know no base fee", async () => {
    const { ethers, gateway } = await anchoredCloud("l1");
    const work = BASE_FEE + 20_000_000n * 10n + (5n + 1_024n) * 10n;
    expect(await gateway.quote(CLOUD, 5, 100_000, LIMITS)).to.equal(work);
    const gasPrice = 3n * 10n ** 9n;
    const value = await gateway.quote(CLOUD, 5, 100_000, LIMITS, { gasPrice });
    expect(value).to.equal(work + (60_000n + 40n * 1_024n + 100_000n) * gasPrice);

    // What the chain itself asks follows the base fee of its block.
    const deadline = BigInt((await ethers.provider.getBlock("latest"))!.timestamp) + 3600n;
    const ask = (wei: bigint) =>
      gateway.request(CLOUD, PROGRAM, "0x0102030405", 100_000, deadline, LIMITS, {
        value: wei,
        gasPrice: 10n * gasPrice,
        gasLimit: 200_000n,
      });
    await ethers.provider.send("hardhat_setNextBlockBaseFeePerGas", [toBeHex(gasPrice)]);
    await expect(ask(value - 1n))
      .to.be.revertedWithCustomError(gateway, "GatewayFeeTooLow")
      .withArgs(value - 1n, value);
    await ethers.provider.send("hardhat_setNextBlockBaseFeePerGas", [toBeHex(gasPrice)]);
    await expect(ask(value)).to.emit(gateway, "Requested");
  });
});

describe("NexusOutbox's gas", () => {
  it("stays within its limits, for the whole transaction, and is what a funded program pays for a call among many", async () => {
    const { ethers, mirror, at, relayer, sign } = await anchoredCloud("l1");
    const outbox = await ethers.deployContract("NexusOutbox", [mirror, at, 10n ** 11n]);
    const target = await ethers.deployContract("Target");
    const to = await target.getAddress();
    const data = target.interface.encodeFunctionData("count");
    let nonce = 0n;
    /** Gas of a batch of so many calls that do nothing, and what the program paid for it, in gas. */
    const used = async (count: bigint, programId = PROGRAM) => {
      const calls = Array.from({ length: Number(count) }, () => ({
        programId,
        nonce: programId === PROGRAM ? nonce++ : 0n,
        target: to,
        gasLimit: 30_000n,
        data,
      }));
      const hashes = calls.map((c) => digests.call(c.programId, c.nonce, c.target, c.gasLimit, c.data));
      const header = {
        height: nonce + 1n,
        stateRoot: id("s"),
        resultsHash: NOTHING,
        callsHash: hexlify(digests.list(hashes)),
      };
      const before = await outbox.fundsOf(CLOUD, programId);
      const sent = await outbox.connect(relayer).execute(CLOUD, 1, header, calls, sign(header), {
        gasLimit: 3_000_000,
      });
      const { gasUsed, blockNumber } = (await sent.wait())!;
      const { baseFeePerGas } = (await ethers.provider.getBlock(blockNumber))!;
      return { gas: gasUsed, paid: (before - (await outbox.fundsOf(CLOUD, programId))) / baseFeePerGas! };
    };
    const unfunded = await used(1n, id("unfunded"));
    expectGas("outbox: execute the first call of a program without funds", unfunded.gas, 320_000);
    expect(unfunded.paid).to.equal(0n);
    const funded = await outbox.fund(CLOUD, PROGRAM, { value: 10n ** 18n });
    expectGas("outbox: fund a program for the first time", (await funded.wait())!.gasUsed, 60_000);
    const again = await outbox.fund(CLOUD, PROGRAM, { value: 10n ** 18n });
    expectGas("outbox: fund a program again", (await again.wait())!.gasUsed, 45_000);
    const first = await used(1n);
    expectGas("outbox: execute the first call of a funded program", first.gas, 330_000);
    const one = await used(1n);
    expectGas("outbox: execute one call of a funded program", one.gas, 240_000);
    const nine = await used(9n);
    const further = (nine.gas - one.gas) / 8n;
    expectGas("outbox: execute each further call of a funded program", further, 40_000);
    expect(nine.paid > nine.gas, "many calls pay all that they cost").to.equal(true);
  });
});

describe("NexusGateway's gas", () => {
  const FULL = `0x${"ab".repeat(64)}`;

  it("stays within its limits, for the whole transaction", async () => {
    const { ethers, gateway, relayer, ask, sign, headerOf } = await anchoredCloud("l1");
    const used = async (requests: number, height: bigint): Promise<bigint> => {
      const answers = [];
      for (let i = 0; i < requests; i++) answers.push(answerTo(await ask(), FULL));
      const header = headerOf(answers, height);
      const sent = await gateway.connect(relayer).fulfil(CLOUD, 1, header, answers, sign(header));
      return (await sent.wait())!.gasUsed;
    };
    // The first batch of a relayer and of an epoch turns two empty slots into full ones.
    expectGas("gateway: fulfil, a relayer's first in an epoch's first batch", await used(1, 1n), 265_000);
    const one = await used(1, 2n);
    expectGas("gateway: fulfil one request", one, 230_000);
    const nine = await used(9, 3n);
    expectGas("gateway: fulfil each further request", (nine - one) / 8n, 35_000);

    const deadline = BigInt((await ethers.provider.getBlock("latest"))!.timestamp) + 3600n;
    const sent = await gateway.request(CLOUD, PROGRAM, FULL, 0, deadline, LIMITS, { value: FEE });
    expectGas("gateway: request with 64 bytes of input", (await sent.wait())!.gasUsed, 90_000);
  });
});
