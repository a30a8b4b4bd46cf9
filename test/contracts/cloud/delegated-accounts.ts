/** Accounts that run another's code (EIP-7702) are dearer to call: a second account has to be looked up. */
import { expect } from "chai";
import { concat, hexlify, id, type ContractTransactionResponse } from "ethers";

import * as digests from "../../../plugin/contracts/digests.ts";
import { anchoredCloud, answerTo, CLOUD, NOTHING, PROGRAM, requestedIn } from "./anchored-cloud.ts";

const GAS = 300_000n;
const FEE = 10n ** 17n;

/** A transaction that can be tried before it is sent. */
interface Attempt {
  readonly staticCall: (overrides: { gasLimit: bigint }) => Promise<unknown>;
  readonly send: (overrides: { gasLimit: bigint }) => Promise<ContractTransactionResponse>;
}

/** The least gas limit with which a transaction does not revert. */
async function leastGas({ staticCall }: Attempt): Promise<bigint> {
  let [refused, accepted] = [100_000n, 2_000_000n];
  while (accepted - refused > 1n) {
    const middle = (refused + accepted) / 2n;
    const passes = await staticCall({ gasLimit: middle }).then(
      () => true,
      () => false,
    );
    if (passes) accepted = middle;
    else refused = middle;
  }
  return accepted;
}

async function delegated() {
  const cloud = await anchoredCloud("l1");
  const listener = await cloud.ethers.deployContract("Listener", [cloud.gateway]);
  const [, , signer] = await cloud.ethers.getSigners();
  await cloud.networkHelpers.setCode(signer!.address, concat(["0xef0100", await listener.getAddress()]));
  await cloud.networkHelpers.setBalance(signer!.address, 10n ** 18n);
  const account = listener.attach(signer!.address);
  const gasGiven = async () => (await account.getFunction("gasGiven").staticCall()) as bigint;
  /** Gas that the account's code was given, of two equal transactions: with gas in plenty, and with the least that will do. */
  const given = async (attempt: Attempt) => {
    const before = await cloud.networkHelpers.takeSnapshot();
    await (await attempt.send({ gasLimit: 2_000_000n })).wait();
    const plenty = await gasGiven();
    await before.restore();
    await (await attempt.send({ gasLimit: await leastGas(attempt) })).wait();
    return { plenty, least: await gasGiven() };
  };
  return { ...cloud, account, given };
}

describe("accounts with delegated code", () => {
  it("cannot be starved of their callback's gas", async () => {
    const { gateway, account, given, sign, headerOf } = await delegated();
    const asked = await account.getFunction("ask")(CLOUD, PROGRAM, FEE, GAS);
    const answers = [answerTo(requestedIn(gateway, (await asked.wait())!))];
    const header = headerOf(answers);
    const fulfil = gateway.fulfil;
    const { plenty, least } = await given({
      staticCall: (overrides) => fulfil.staticCall(CLOUD, 1, header, answers, sign(header), overrides),
      send: (overrides) => fulfil(CLOUD, 1, header, answers, sign(header), overrides),
    });
    expect(plenty).to.be.within(GAS - 1000n, GAS);
    expect(least).to.equal(plenty);
  });

  it("cannot be starved of an outbound call's gas", async () => {
    const { ethers, mirror, at, account, given, sign } = await delegated();
    const outbox = await ethers.deployContract("NexusOutbox", [mirror, at, 0]);
    const data = account.interface.encodeFunctionData("onNexusResult", [id("any"), 0, "0x1234"]);
    const call = {
      programId: PROGRAM,
      nonce: 0n,
      target: await account.getAddress(),
      gasLimit: GAS,
      data,
    };
    const callsHash = hexlify(
      digests.list([digests.call(call.programId, call.nonce, call.target, call.gasLimit, call.data)]),
    );
    const header = { height: 1n, stateRoot: id("state"), resultsHash: NOTHING, callsHash };
    const execute = outbox.execute;
    const { plenty, least } = await given({
      staticCall: (overrides) => execute.staticCall(CLOUD, 1, header, [call], sign(header), overrides),
      send: (overrides) => execute(CLOUD, 1, header, [call], sign(header), overrides),
    });
    expect(plenty).to.be.within(GAS - 1000n, GAS);
    expect(least).to.equal(plenty);
  });
});
