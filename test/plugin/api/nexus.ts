import { expect } from "chai";
import { network } from "hardhat";

describe("connection.nexus", () => {
  it("runs a program in the cloud and returns what the gateway accepted", async () => {
    const { nexus } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    expect(await fibonacci.call("30")).to.equal("832040");

    const answer = await fibonacci.run("31");
    expect(new TextDecoder().decode(answer.output)).to.equal("1346269");
    expect(answer.signers).to.have.length(3);
  });

  it("says why a program failed", async () => {
    const { nexus } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    const failure: Error = await fibonacci.call("many").then(
      () => expect.fail("it succeeded"),
      (error: Error) => error,
    );
    expect(failure.name).to.equal("ProgramFailedError");
    expect(failure.message).to.match(/exited with code 1.*"many" is not a number/s);
  });

  it("refuses a program that does not exist by naming those that do", async () => {
    const { nexus } = await network.create("l1");
    const failure: Error = await nexus.program("fibonaci").then(
      () => expect.fail("it was found"),
      (error: Error) => error,
    );
    expect(failure.message).to.match(/no program fibonaci\. Known are: .*fibonacci/);
  });

  it("goes back in time with the chain", async () => {
    const { nexus, provider } = await network.create("l1");
    const counter = await nexus.program("fibonacci");
    await counter.call("1");
    const snapshot: unknown = await provider.request({ method: "evm_snapshot" });
    const before = (await nexus.cloud()).height;
    await counter.call("2");
    expect((await nexus.cloud()).height, "one block holds the request, the next its run").to.equal(
      before + 2,
    );
    await provider.request({ method: "evm_revert", params: [snapshot] });
    expect((await nexus.cloud()).height).to.equal(before);
    expect(await counter.call("30")).to.equal("832040");
  });

  it("renews its committee when time has passed, with a key of its own", async () => {
    const { nexus, provider } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    const cloud = await nexus.cloud();
    const { committee } = cloud.committee.active!;
    await provider.request({ method: "evm_increaseTime", params: [90 * 86_400] });
    await provider.request({ method: "evm_mine" });
    expect(await fibonacci.call("30")).to.equal("832040");
    const renewed = cloud.committee.active!.committee;
    expect(renewed.epoch).to.equal(committee.epoch + 1n);
    expect(renewed.groupKey).not.to.equal(committee.groupKey);
  });

  it("outvotes a node that lies, and goes on without one that stopped", async () => {
    const { nexus } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    await nexus.setFault(2, { kind: "lying" });
    const answer = await fibonacci.run("30");
    expect(new TextDecoder().decode(answer.output)).to.equal("832040");
    // In the block that holds the request, and in that of its run.
    expect((await nexus.misbehaviours()).map(({ kind }) => kind)).to.deep.equal(["divergence", "divergence"]);
    await nexus.stopNode(2);
    expect(await fibonacci.call("29")).to.equal("514229");
    await nexus.startNode(2);
    const heights = (await nexus.cloud()).replicas.map(({ height }) => height);
    expect(await fibonacci.call("28")).to.equal("317811");
    expect(new Set(heights).size, "the node caught up").to.equal(1);
  });

  it("serves a second chain through a mirrored committee", async () => {
    const home = await network.create("l1");
    const other = await network.create({ network: "op", override: { chainId: 1337 } });
    await other.nexus.join(home.nexus);
    const there = await other.nexus.program("fibonacci");
    const here = await home.nexus.program("fibonacci");
    expect(await there.call("30")).to.equal("832040");
    expect(await here.call("31")).to.equal("1346269");
    expect(await other.nexus.cloudId()).to.equal(await home.nexus.cloudId());
    expect(await other.nexus.gateway()).not.to.equal(undefined);
  });

  it("hands a mirrored cloud over to the next epoch before the present one ends", async () => {
    const home = await network.create("l1");
    const other = await network.create({ network: "op", override: { chainId: 1337 } });
    await other.nexus.join(home.nexus);
    const program = await other.nexus.program("fibonacci");
    const { committee } = (await home.nexus.cloud()).committee.active!;
    // The other chain's clock is taken along when it follows.
    await home.provider.request({ method: "evm_increaseTime", params: [30 * 86_400 - 3_600] });
    await home.provider.request({ method: "evm_mine" });
    const here = await home.nexus.program("fibonacci");
    expect(await program.call("30")).to.equal("832040");
    expect(await here.call("31")).to.equal("1346269");
    expect((await home.nexus.cloud()).committee.active!.committee.epoch).to.equal(committee.epoch + 1n);
  });

  it("numbers nodes alike in faults, signers and misbehaviours", async () => {
    const { nexus } = await network.create("l1");
    const fibonacci = await nexus.program("fibonacci");
    await nexus.setFault(2, { kind: "lying" });
    const { signers } = await fibonacci.run("30");
    expect(signers).to.deep.equal([1, 3, 4]);
    expect((await nexus.misbehaviours()).map(({ index }) => index)).to.deep.equal([2, 2]);
  });

  it("refuses a fault that there is not by naming those that there are", async () => {
    const { nexus } = await network.create("l1");
    const told = async (fault: unknown) =>
      nexus.setFault(1, fault as { kind: "lying" }).then(
        () => expect.fail("it was taken"),
        (error: Error) => error.message,
      );
    const kinds = "The kinds are none, stopped, delayed, lying, mis-signing, equivocating.";
    expect(await told({ kind: "lie" })).to.equal(`There is no fault of the kind "lie". ${kinds}`);
    expect(await told("lying")).to.equal(`There is no fault of the kind undefined. ${kinds}`);
    expect(await told({ kind: "delayed" })).to.match(
      /needs the number of milliseconds .* undefined is none\.$/,
    );
    await nexus.setFault(1, { kind: "delayed", milliseconds: 0 });
  });
});
