import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { retainHeight, SnapshotStore } from "../../../../plugin/cloud/engines/snapshot-store.ts";
import type { CertifiedState } from "../../../../plugin/cloud/replication/certificate.ts";

describe("plugin/cloud/engines/snapshot-store", () => {
  let folder: string;
  const state: CertifiedState = {
    epoch: 1n,
    certificate: { epoch: 1n, headers: [], signatures: [] },
  };

  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array([1, 2, 3]);
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-snapshots-"));
  });

  afterEach(async () => rm(folder, { recursive: true }));

  it("keeps the newest alone, and says which is the oldest of them", async () => {
    const store = new SnapshotStore(folder, { every: 10, keep: 2 });
    expect(await store.oldest()).to.equal(undefined);
    for (const height of [10n, 20n, 100n]) {
      expect(await store.isDue(height)).to.equal(true);
      await store.take(height, state, chunks());
      expect(await store.isDue(height + 9n)).to.equal(false);
    }
    expect(await store.oldest()).to.equal(20n);
    expect((await store.list()).map(({ height }) => height)).to.deep.equal([20n, 100n]);
    expect(await store.chunk(10n, 0)).to.equal(undefined);
    expect(await store.chunk(20n, 0)).to.deep.equal(new Uint8Array([1, 2, 3]));
  });

  it("answers peers while it forgets, and has nothing of what was not written or removed whole", async () => {
    const store = new SnapshotStore(folder, { every: 1, keep: 1 });
    for (let height = 1n; height <= 40n; height++) {
      const taking = store.take(height, state, chunks());
      while ((await Promise.race([taking.then(() => "taken"), store.list()])) !== "taken");
    }
    await mkdir(join(folder, "41"));
    await mkdir(join(folder, "42.unfinished"));
    expect((await store.list()).map(({ height }) => height)).to.deep.equal([40n]);
    await store.take(50n, state, chunks());
    expect((await readdir(folder)).sort()).to.deep.equal(["50"]);
  });

  it("lets CometBFT forget what neither evidence nor a newcomer needs", () => {
    expect(retainHeight(1_000_000n, undefined), "nobody could begin").to.equal(0n);
    expect(retainHeight(99_000n, 5n), "evidence of the first block is taken").to.equal(0n);
    expect(retainHeight(1_000_000n, 5_000n), "peers begin there").to.equal(5_000n);
    expect(retainHeight(1_000_000n, 990_000n), "evidence is younger").to.equal(900_000n);
  });
});
