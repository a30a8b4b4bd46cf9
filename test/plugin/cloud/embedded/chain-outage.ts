import { expect } from "chai";
import { network } from "hardhat";

const AWAY = 10n;
/** Near enough to the end of the first epoch for the second to be opened. */
const ALMOST_30_DAYS = 30 * 86_400 - 3_600;

/** A cloud at home that serves another chain through a mirror, with a program that both ask. */
async function twoChains() {
  const home = await network.create("l1");
  const away = await network.create({ network: "op", override: { chainId: Number(AWAY) } });
  const fibonacci = await home.nexus.program("fibonacci");
  await away.nexus.join(home.nexus);
  const cloud = await home.nexus.cloud();
  const served = cloud.chains[1]!;
  const gateway = await away.ethers.getContractAt("NexusGateway", served.gateway.address);
  const mirror = await away.ethers.getContractAt("CommitteeMirror", served.committees.address);
  /** Asks on the other chain for the n-th number, within 30 days. */
  const ask = async (n: number) => {
    const deadline = (await served.chain.latestTimestamp()) + 30n * 86_400n - 60n;
    const input = `0x${Buffer.from(String(n)).toString("hex")}`;
    const limits = { fuel: 10n ** 8n, outputBytes: 1_024n };
    return gateway.request(cloud.cloudId, fibonacci.id, input, 0, deadline, limits, { value: 10n ** 17n });
  };
  const answers = async () => {
    const fulfilled = await gateway.queryFilter(gateway.filters.Fulfilled());
    return fulfilled.map(({ args }) => away.ethers.toUtf8String(args.output).trim());
  };
  return { home, away, cloud, fibonacci, served, mirror, ask, answers };
}

const failureOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => expect.fail("it succeeded"),
    (error: Error) => error,
  );

describe("a cloud of which one chain is out", () => {
  it("answers the others while its provider is gone, also in a new epoch, and then each request there once", async () => {
    const { home, away, cloud, fibonacci, served, ask, answers } = await twoChains();
    await ask(10);
    expect(await answers()).to.deep.equal(["55"]);
    // What is asked meanwhile, the chain takes by itself; nobody sees it.
    for (const node of [1, 2]) await home.nexus.stopNode(node);
    await ask(11);
    const { rpc } = served.chain;
    served.chain.rpc = () => Promise.reject(new Error("503 Service Unavailable"));
    for (const node of [1, 2]) await home.nexus.startNode(node);
    expect(await fibonacci.call("20")).to.equal("6765");
    expect(cloud.replicas[0]!.node.outages.get(AWAY)?.message).to.equal("503 Service Unavailable");
    await home.provider.request({ method: "evm_increaseTime", params: [ALMOST_30_DAYS] });
    await home.provider.request({ method: "evm_mine" });
    expect(await fibonacci.call("21")).to.equal("10946");
    expect(cloud.committee.active!.committee.epoch).to.equal(2n);
    expect(cloud.deliveryTrouble(AWAY)?.error.message).to.equal("503 Service Unavailable");
    expect(cloud.deliveryTrouble(31_337n)).to.equal(undefined);
    served.chain.rpc = rpc;
    await away.nexus.service();
    expect(cloud.deliveryTrouble(AWAY)).to.equal(undefined);
    await ask(12);
    expect((await answers()).sort()).to.deep.equal(["144", "55", "89"]);
    expect(await fibonacci.call("22")).to.equal("17711");
    expect(cloud.replicas[0]!.node.outages.size).to.equal(0);
  });

  it("goes on at home while a mirror that lapsed refuses, and delivers there once it is moved on", async () => {
    const { home, away, cloud, fibonacci, mirror, ask, answers } = await twoChains();
    for (const node of [1, 2]) await home.nexus.stopNode(node);
    const { validUntil } = await mirror.committee(cloud.cloudId, 1n);
    const advanceTo = async (time: bigint) => {
      const params = [`0x${time.toString(16)}`];
      await away.provider.request({ method: "evm_setNextBlockTimestamp", params });
      await away.provider.request({ method: "evm_mine" });
    };
    // Too early for the next epoch; late enough for the request to outlive the mirror's recovery.
    await advanceTo(validUntil - 8_000n);
    await ask(11);
    await advanceTo(validUntil);
    for (const node of [1, 2]) await home.nexus.startNode(node);
    for (const [n, answer] of [
      ["20", "6765"],
      ["21", "10946"],
    ] as const) {
      expect(await fibonacci.call(n)).to.equal(answer);
    }
    expect(cloud.deliveryTrouble(AWAY)?.error.message).to.match(/CommitteesEpochNotValid/);
    const told = async (method: string, ...params: unknown[]) => {
      const { message } = await failureOf(away.provider.request({ method, params }));
      expect(message, "whoever uses that chain is told").to.match(/CommitteesEpochNotValid/);
    };
    await told("evm_mine");
    expect(await answers()).to.deep.equal([]);

    const { committee, operators, rotation } = cloud.committee.active!;
    const signature = away.ethers.hexlify(rotation!.signature);
    const announced = await failureOf(mirror.announceRecovery({ next: committee, signature }));
    expect(announced.message, "that transaction is made all the same").to.match(/CommitteesEpochNotValid/);
    await told("evm_increaseTime", 3 * 86_400);
    await told("evm_mine");
    await mirror.completeRecovery(committee, [], [...operators]);
    await away.nexus.service();
    expect(await answers()).to.deep.equal(["89"]);
    expect(cloud.deliveryTrouble(AWAY)).to.equal(undefined);
    await away.nexus.service();
    expect(await answers()).to.deep.equal(["89"]);
  });
});
