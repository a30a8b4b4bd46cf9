import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { ClassicLevel } from "classic-level";

import { StorageCorruptedError } from "../../../../plugin/cloud/storage/key-value-store.ts";
import { LevelStore } from "../../../../plugin/cloud/storage/level-store.ts";
import { MemoryStore } from "../../../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { commitScripted } from "./scripted-blocks.ts";

const CRASHES = process.env.NEXUS_SLOW === "1" ? 50 : 10;

describe("storage: LevelDB", () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), "nexus-level-"));
  });
  afterEach(async () => {
    await rm(path, { recursive: true, force: true });
  });

  it(`has the last reported block, whole, after each of ${CRASHES} kills at any instant`, async () => {
    const expected = await State.open(new MemoryStore());
    let reported = 0;
    let committed = 0;
    for (let crash = 0; crash < CRASHES; crash++) {
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL("crashing-node.ts", import.meta.url)), path],
        {
          env: { ...process.env, NODE_OPTIONS: "" },
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      // Every fifth is killed as soon as it runs, the others at work, however long that takes to begin.
      const begun = crash % 5 === 0 ? /ready\n/ : /ready\n\d+\n/;
      while (!begun.test(output)) {
        expect(child.exitCode, "the child runs").to.equal(null);
        await delay(2);
      }
      await delay(((crash * 37) % 100) + Math.random() * 20);
      child.kill("SIGKILL");
      await once(child, "close");
      // The last line may be cut off, or its block not yet be reported.
      reported = Math.max(reported, ...[...output.matchAll(/(\d+)\n/g)].map(([, height]) => Number(height)));

      const state = await State.open(await LevelStore.open(path));
      committed += state.head.height - expected.head.height;
      expect(state.head.height).to.be.within(reported, reported + 1);
      while (expected.head.height < state.head.height)
        await commitScripted(expected, expected.head.height + 1);
      expect(state.head).to.deep.equal(expected.head);
      await state.verify();
      await state.revert(Math.max(0, state.head.height - (crash % 3)));
      await expected.revert(state.head.height);
      expect(state.head).to.deep.equal(expected.head);
      reported = state.head.height;
      await state.close();
    }
    expect(committed).to.be.at.least((CRASHES * 4) / 5);
  });

  it("reports a changed record, whichever it is, and never gives out its value", async () => {
    const state = await State.open(await LevelStore.open(path));
    for (let height = 1; height <= 3; height++) await commitScripted(state, height);
    await state.close();
    const raw = new ClassicLevel<Buffer, Buffer>(path, { keyEncoding: "buffer", valueEncoding: "buffer" });
    const kinds = new Map<number, Buffer>();
    for await (const key of raw.keys()) kinds.set(key[0]!, key);
    expect([...kinds.keys()]).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    await raw.close();
    for (const key of kinds.values()) {
      await raw.open();
      const good = (await raw.get(key))!;
      const bad = Buffer.from(good);
      bad[bad.length >> 1]! ^= 4;
      await raw.put(key, bad);
      await raw.close();
      const store = await LevelStore.open(path);
      try {
        const damaged = await State.open(store);
        await damaged.verify();
        await damaged.revert(0);
        expect.fail(`nothing noticed that ${key.toString("hex")} is damaged`);
      } catch (error) {
        expect(error).to.be.instanceOf(StorageCorruptedError);
        expect((error as Error).message).to.include(
          `the checksum of record 0x${key.toString("hex")} is wrong`,
        );
      }
      await store.close();
      await raw.open();
      await raw.put(key, good);
      await raw.close();
    }
  });

  it("reports a record that is missing or does not follow from the others", async () => {
    const store = await LevelStore.open(path);
    const state = await State.open(store);
    for (let height = 1; height <= 3; height++) await commitScripted(state, height);
    for await (const [key, value] of store.entries("\x02", "\x07")) {
      if (key.startsWith("\x04")) continue;
      await store.write([{ key, value: undefined }]);
      const reopened = await State.open(store);
      await reopened.verify().then(
        () => expect.fail(`nothing noticed that ${Buffer.from(key, "latin1").toString("hex")} is missing`),
        (error: Error) => expect(error).to.be.instanceOf(StorageCorruptedError),
      );
      await store.write([{ key, value }]);
    }
    await (await State.open(store)).verify();
    await store.close();
  });

  it("reports damaged LevelDB files", async () => {
    const state = await State.open(await LevelStore.open(path));
    await commitScripted(state, 1);
    await state.close();
    const manifest = (await readdir(path)).find((name) => name.startsWith("MANIFEST"))!;
    const bytes = await readFile(join(path, manifest));
    bytes[10]! ^= 0xff;
    await writeFile(join(path, manifest), bytes);
    await LevelStore.open(path).then(
      () => expect.fail("opened"),
      (error: Error) => {
        expect(error).to.be.instanceOf(StorageCorruptedError);
        expect(error.message).to.include(path);
      },
    );
  });

  it("says that another process, or another opening, holds the directory", async () => {
    const store = await LevelStore.open(path);
    await LevelStore.open(path).then(
      () => expect.fail("opened"),
      (error: Error) => expect(error.message).to.include(`${path} is in use by another process`),
    );
    await store.close();
  });

  it("refuses a storage of another format", async () => {
    const store = await LevelStore.open(path);
    await store.write([{ key: "\x00format", value: Uint8Array.of(99) }]);
    await State.open(store).then(
      () => expect.fail("opened"),
      (error: Error) => expect(error.message).to.include("has format 99, this version reads format 3"),
    );
    await store.close();
  });

  it("forgets the least recently used records when its cache is full, and still reads them", async () => {
    const store = await LevelStore.open(path, { cacheBytes: 1000 });
    const value = (i: number) => new Uint8Array(100).fill(i);
    for (let i = 0; i < 50; i++) await store.write([{ key: `k${i}`, value: value(i) }]);
    for (let i = 0; i < 50; i++) expect(new Uint8Array(store.get(`k${i}`)!)).to.deep.equal(value(i));
    await store.write([
      { key: "k1", value: undefined },
      { key: "k49", value: value(7) },
    ]);
    expect(store.get("k1")).to.equal(undefined);
    expect(new Uint8Array(store.get("k49")!)).to.deep.equal(value(7));
    await store.close();
  });
});
