import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { phaseBlocksOf } from "../../../../plugin/cloud/ceremony/key-ceremony.ts";
import { sessionOf } from "../../../../plugin/cloud/ceremony/selection.ts";
import { createDealing } from "../../../../plugin/cloud/dkg/deal.ts";
import { IdentitySecret } from "../../../../plugin/cloud/dkg/identity.ts";
import { encodeDeal, seal } from "../../../../plugin/cloud/dkg/message.ts";
import type { DkgResult } from "../../../../plugin/cloud/dkg/participant.ts";
import { seeded } from "../../../seeded.ts";
import { hasCometBft } from "../cometbft/available.ts";
import { nodes } from "../dkg/ceremony.ts";
import {
  command,
  committeeOf,
  expectOneKey,
  selectionOf,
  sleep,
  type CometMember,
  type Committee,
} from "./committee.ts";

/** A deal of the last member's, with a wrong share for the first if it is to lie. */
function dealOfLast({ nodes, selection }: Committee, seed: string, lies: boolean): Uint8Array {
  const session = sessionOf(selection, 0);
  const dealer = nodes.length;
  const { deal } = createDealing(session, dealer, 5n, seeded(seed).bytes);
  const [, ...others] = deal.encryptedShares;
  const shown = lies ? { ...deal, encryptedShares: [others[0]!, ...others] } : deal;
  return seal(
    session,
    "deal",
    dealer,
    encodeDeal(session, shown),
    new IdentitySecret(nodes[dealer - 1]!.secret),
  );
}

describe("plugin/cloud/ceremony/key-ceremony", () => {
  it("has phases that leave time in the window, and a turn to propose for every member", () => {
    const selection = selectionOf(nodes(4, "ceremony"));
    const blocks = [60n, 1_620n, 86_400n].map((confirmationWindow) =>
      phaseBlocksOf({ ...selection, confirmationWindow }),
    );
    expect(blocks).to.deep.equal([24, 206, 244]);
  });
});

describe("plugin/cloud/ceremony/key-ceremony, over CometBFT itself", function () {
  this.timeout(120_000);
  let folder: string;
  let members: CometMember[] = [];

  before(async function () {
    if (!(await hasCometBft(command))) return this.skip();
    folder = await mkdtemp(join(tmpdir(), "nexus-key-"));
    return undefined;
  });
  afterEach(async () => {
    await Promise.all(members.map((member) => member.stop()));
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const selected = async (name: string, count: number, phaseBlocks: number): Promise<Committee> => {
    const committee = await committeeOf(count, join(folder, name), phaseBlocks);
    members = committee.members;
    return committee;
  };
  const start = async (some: readonly CometMember[]): Promise<void> => {
    await Promise.all(some.map((member) => member.start()));
  };
  const results = async (some: readonly CometMember[]): Promise<DkgResult[]> =>
    Promise.all(some.map(({ ceremony }) => ceremony!.result()));

  it("gives four members a key, with a share for each, and then makes no more blocks", async () => {
    await selected("four", 4, 1_000);
    await start(members);
    const all = await results(members);
    expectOneKey(all);
    expect(all.map(({ share }) => share?.index)).to.deep.equal([1, 2, 3, 4]);
    expect(all[0]!.qualified).to.deep.equal([1, 2, 3, 4]);
    expect(members[0]!.told.map(({ phase }) => phase)).to.deep.equal([
      "deal",
      "response",
      "publication",
      "done",
    ]);
    expect(members.flatMap(({ complaints }) => complaints)).to.deep.equal([]);
    // One block more tells the others what the last one came to.
    const { height } = members[0]!.told.at(-1)!;
    await sleep(1_500);
    for (const { ceremony } of members) expect(ceremony!.progress.height).to.be.within(height, height + 1n);
  });

  it("gives a committee of one its key, and stays for late members when its CometBFT ends", async () => {
    await selected("one", 1, 1_000);
    await start(members);
    expectOneKey(await results(members));
    const [member] = members as [CometMember];
    const { ceremony } = member;
    const reaches = async (phase: string): Promise<void> => {
      while (ceremony!.progress.phase !== phase) await sleep(1);
    };
    process.kill(ceremony!.pid!, "SIGKILL");
    await reaches("deal");
    await reaches("done");
    expect(member.complaints.join("\n")).to.match(/CometBFT of the key ceremony ended with signal SIGKILL/);
    expect(member.told.map(({ phase }) => phase)).to.deep.equal(["deal", "response", "publication", "done"]);
    expectOneKey(await results(members));
  });

  it("waits for more than two thirds, goes on without a silent member, and gives it its share when it comes after the end", async () => {
    await selected("silent", 4, 8);
    await start(members.slice(0, 2));
    await Promise.all(
      members.slice(0, 2).map(async ({ told }) => {
        while (told.length === 0) await sleep(20);
      }),
    );
    await sleep(500);
    expect(members[0]!.ceremony!.progress.height).to.equal(0n);
    await start([members[2]!]);
    const three = await results(members.slice(0, 3));
    expect(three[0]!.qualified).to.deep.equal([1, 2, 3]);
    expect(members[0]!.ceremony!.progress.faults).to.deep.include({
      role: "dealer",
      index: 4,
      phase: "deal",
      reason: "silent",
    });
    await start([members[3]!]);
    const [late] = await results([members[3]!]);
    expect(late!.share?.index).to.equal(4);
    expectOneKey([...three, late!]);
  });

  it("gives a member that is killed and restarted in the middle its share, and has it say the same again", async () => {
    await selected("killed", 4, 1_000);
    await start(members);
    const [, , third] = members as [CometMember, CometMember, CometMember, CometMember];
    for (const phase of ["response", "publication"]) {
      await third.reaches(phase);
      await third.kill();
      third.told.length = 0;
      await third.start();
    }
    const all = await results(members);
    expectOneKey(all);
    expect(all.map(({ share }) => share?.index)).to.deep.equal([1, 2, 3, 4]);
    expect(all[0]!.qualified).to.deep.equal([1, 2, 3, 4]);
    for (const { ceremony } of members) expect(ceremony!.progress.faults).to.deep.equal([]);
  });

  for (const [what, reason, deals] of [
    ["signs two deals", "equivocation", [false, false]],
    ["sends a wrong share", "unjustified complaint", [true]],
  ] as const) {
    it(`leaves out a dealer that ${what}`, async () => {
      const committee = await selected(reason, 4, 8);
      // Both deals are with everybody before there are enough for a block.
      await start(members.slice(0, 2));
      for (const [i, lies] of deals.entries()) {
        for (const member of members.slice(0, 2))
          await member.passOn(dealOfLast(committee, `deal ${i}`, lies));
      }
      await start([members[2]!]);
      const three = await results(members.slice(0, 3));
      expectOneKey(three);
      expect(three.map(({ share }) => share?.index)).to.deep.equal([1, 2, 3]);
      expect(three[0]!.qualified).to.deep.equal([1, 2, 3]);
      const { faults } = members[0]!.ceremony!.progress;
      expect(faults.filter(({ role }) => role === "dealer").map((fault) => fault.reason)).to.deep.equal([
        reason,
      ]);
    });
  }

  it('comes to one key with a share for each, whenever members are killed (seed "ceremony kills")', async function () {
    if (process.env.NEXUS_SLOW !== "1") return this.skip();
    this.timeout(580_000);
    const random = seeded("ceremony kills");
    const below = (bound: number): number => Number(random.scalar(BigInt(bound) + 1n)) - 1;
    for (let round = 0; round < 5; round++) {
      await selected(`kills ${round}`, 4, 100_000);
      await start(members);
      for (let kills = 0; kills < 12; kills++) {
        await sleep(below(1_500));
        const some = members.filter(() => below(3) === 0);
        await Promise.all(some.map((member) => member.kill()));
        await sleep(below(300));
        await start(some);
      }
      const all = await results(members);
      expectOneKey(all);
      expect(
        all.map(({ share }) => share?.index),
        `round ${round}`,
      ).to.deep.equal([1, 2, 3, 4]);
      expect(all[0]!.qualified, `round ${round}`).to.deep.equal([1, 2, 3, 4]);
      await Promise.all(members.map((member) => member.stop()));
    }
    return undefined;
  });
});
