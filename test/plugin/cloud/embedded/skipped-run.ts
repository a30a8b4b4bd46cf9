import { expect } from "chai";
import { network } from "hardhat";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { statusView } from "../../../../tasks/node/status-view.ts";
import { breakMachine, NO_MEMORY } from "../node/broken-machine.ts";

const LIMITS = { fuel: 1_000_000n, outputBytes: 64n };
const CLOSED = 0n;

describe("a run that too few machines of a cloud can do", () => {
  it("is told to who asks and who operates, and is answered as skipped once they skip it", async () => {
    const { ethers, nexus } = await network.create("l1");
    const { id } = await nexus.program("fibonacci");
    const cloud = await nexus.cloud();
    const view = () => statusView(cloud, { trouble: null, programs: [], rpc: null }).stuck;
    const gateway = await ethers.getContractAt("NexusGateway", await nexus.gateway());
    const ask = async () => {
      const { timestamp } = (await ethers.provider.getBlock("latest"))!;
      const args = [cloud.cloudId, id, "0x3130", 0, timestamp + 3_600, LIMITS] as const;
      return gateway.request(...args, { value: 10n ** 16n });
    };
    const answers = async () =>
      (await gateway.queryFilter(gateway.filters.Fulfilled())).map(({ args }) => args);

    const repairs = cloud.replicas.slice(0, 2).map(({ node }) => breakMachine(node, id));
    await ask();
    const told = await nexus.service().then(
      () => "answered",
      (error: Error) => error.message,
    );
    expect(told).to.include(`cannot run program ${id} on event 0x`).and.to.include(NO_MEMORY);
    expect(await answers()).to.deep.equal([]);
    const [stuck] = view();
    expect(stuck).to.deep.include({ nodes: cloud.replicas.slice(0, 2).map(({ index }) => index) });
    expect(stuck!.skip.programId).to.equal(id);
    expect(stuck!.reason).to.include(NO_MEMORY);
    const before = await gateway.accruedOf(cloud.cloudId, 1);

    expect(() => cloud.skipRun({ ...stuck!.skip, eventId: ethers.ZeroHash })).to.throw(RangeError, "waits");
    await nexus.session.change(() => cloud.skipRun(stuck!.skip));
    await nexus.service();
    expect(view()).to.deep.equal([]);
    const [answer] = await answers();
    expect(answer!.requestId).to.equal(stuck!.requestId);
    expect(answer!.outcome).to.equal(BigInt(Outcome.Skipped));
    expect(answer!.output).to.equal("0x");
    expect(await gateway.statusOf(answer!.requestId)).to.equal(CLOSED);
    expect(
      (await gateway.accruedOf(cloud.cloudId, 1)) > before,
      "as any failed run's, its fee is kept",
    ).to.equal(true);
    const { reason } = cloud.record(cloud.height).runs[0]!;
    expect(reason).to.include("their operators left it out");

    for (const repair of repairs) repair();
    await ask();
    expect((await answers())[1]!.outcome).to.equal(BigInt(Outcome.Success));
  });
});
