import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import type { DkgResult } from "../../../../plugin/cloud/dkg/participant.ts";
import { hasCometBft } from "../cometbft/available.ts";
import { command, committeeOf, expectOneKey, type CometMember, type Committee } from "./committee.ts";

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
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    for (const { ceremony } of members) expect(ceremony!.progress.height).to.be.within(height, height + 1n);
  });

  it("gives a committee of one its key", async () => {
    await selected("one", 1, 1_000);
    await start(members);
    expectOneKey(await results(members));
  });
});
