import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { keccak256, toBeHex } from "ethers";

import { DoubleSignError, SigningGuard } from "../../../../plugin/cloud/node/signing-guard.ts";
import { LevelStore } from "../../../../plugin/cloud/storage/level-store.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { requestEvent } from "../replication/events.ts";
import { epochOf, nodeOf, type NodeOptions } from "./members.ts";

const hash = (i: number) => keccak256(toBeHex(i));

async function refused(work: Promise<unknown>): Promise<void> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).to.be.instanceOf(DoubleSignError);
}

describe("plugin/cloud/node/signing-guard", () => {
  it("permits one block per height, over and over, and no other, also when opened again", async () => {
    const directory = await mkdtemp(join(tmpdir(), "nexus-guard-"));
    try {
      let guard = new SigningGuard(await LevelStore.open(directory));
      for (const opening of [1, 2]) {
        for (const height of [1, 2, 300, 2]) {
          await guard.permit(1n, height, hash(height));
          await refused(guard.permit(1n, height, hash(height + 1)));
          await refused(guard.permit(2n, height, hash(height)));
          await guard.permit(1n, height, hash(height).toUpperCase().replace("0X", "0x"));
        }
        await guard.close();
        guard = new SigningGuard(await LevelStore.open(directory));
        await refused(guard.permit(1n, 300, hash(opening)));
      }
      await guard.forgetAbove(2);
      await refused(guard.permit(1n, 2, hash(9)));
      await guard.permit(1n, 300, hash(9));
      await guard.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it("remembers the last heights alone, and permits nothing at those that it has forgotten, also when opened again", async () => {
    const store = new MemoryStore();
    const count = async (): Promise<number> => {
      const keys: string[] = [];
      for await (const key of store.keys("", "\xff")) keys.push(key);
      return keys.length;
    };
    const sizes: number[] = [];
    let guard = new SigningGuard(store, 100);
    for (let height = 1; height <= 5_000; height++) {
      // A node signs not every block.
      if (height % 3 > 0) await guard.permit(1n, height, hash(height));
      if (height % 100 === 0) sizes.push(await count());
    }
    const steady = sizes.slice(20);
    expect(Math.max(...steady)).to.be.at.most(Math.max(...sizes.slice(0, 20)));
    for (let opening = 0; opening < 2; opening++) {
      await refused(guard.permit(1n, 4_990, hash(1)));
      await guard.permit(1n, 4_989, hash(4_989));
      for (const height of [1, 3, 2_000]) {
        const failure = await guard.permit(1n, height, hash(height)).catch((error: Error) => error.name);
        expect(failure).to.equal("ForgottenHeightError");
      }
      guard = new SigningGuard(store, 100);
    }
    await guard.forgetAbove(10);
    await guard.permit(1n, 11, hash(12));
  });

  it("permits nothing that it could not write", async () => {
    const store = new MemoryStore();
    store.write = () => Promise.reject(new Error("the disk is full"));
    const guard = new SigningGuard(store);
    for (let attempt = 0; attempt < 2; attempt++) {
      const failure = await guard.permit(1n, 1, hash(1)).catch((error: Error) => error.message);
      expect(failure).to.equal("the disk is full");
    }
  });

  it("keeps a node that was repaired, and executes all anew, from signing another result", async () => {
    const epoch = epochOf(1n);
    const counter = prebuilt("counter");
    const event = requestEvent(0, keccak256(counter), Buffer.from(toBeHex(1, 32).slice(2), "hex"));
    const events = [{ kind: "program" as const, module: counter }, event];
    const blocks = [
      { height: 1, previousSignature: new Uint8Array(), events },
      { height: 2, previousSignature: new Uint8Array(64), events: [] },
    ];
    const following = async (options: NodeOptions) => {
      const node = await nodeOf(epoch, 3, options);
      for (const block of blocks) await node.finalizeBlock(block);
      return node;
    };
    const guardStore = new MemoryStore();
    // A wrong setting lets it come to another result; it signs that.
    const wrong = await following({ fuel: 1_000n, guardStore });
    const vote = await wrong.vote(2);

    const repaired = await following({ guardStore });
    expect(repaired.application.blocks.record(2).blockHash).not.to.equal(vote.blockHash);
    await refused(repaired.vote(2));
    await refused(repaired.extendVote(2));
    const same = await following({ fuel: 1_000n, guardStore });
    expect(await same.vote(2), "the same again is no second signature").to.deep.equal(vote);
  });
});
