import { mkdtemp, open, readlink, realpath, rm, stat, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { LastSigned } from "../../../../plugin/cloud/cometbft/last-signed.ts";
import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { makeFolderDurably } from "../../../../plugin/cloud/keystore/durable-file.ts";
import { Keystore } from "../../../../plugin/cloud/keystore/keystore.ts";
import { openStores } from "../../../../plugin/cloud/live/stores.ts";

describe("plugin/cloud/keystore/durable-file", function () {
  this.timeout(60_000);
  let root: string;
  /** What was asked to be on the disk, by the names that the system knows it under. */
  let synced: Set<string>;
  let restore: () => void;

  beforeEach(async function () {
    if (process.platform !== "linux") return this.skip();
    root = await realpath(await mkdtemp(join(tmpdir(), "nexus-durable-")));
    const handle = await open(root, "r");
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    const { sync } = prototype;
    synced = new Set();
    prototype.sync = async function (this: FileHandle) {
      synced.add(await readlink(`/proc/self/fd/${this.fd}`));
      return sync.call(this);
    };
    restore = () => (prototype.sync = sync);
    return undefined;
  });
  afterEach(async () => {
    restore?.();
    if (root !== undefined) await rm(root, { recursive: true, force: true });
  });

  const within = (...names: string[]): string => join(root, ...names);

  it("has the name of each folder that it makes on the disk, and of no other", async () => {
    await makeFolderDurably(within("a", "b", "c"));
    expect([...synced].sort()).to.deep.equal([root, within("a"), within("a", "b")]);
    expect((await stat(within("a", "b"))).mode & 0o777).to.equal(0o700);
    synced.clear();
    await makeFolderDurably(within("a", "b", "d"));
    expect([...synced]).to.deep.equal([within("a", "b")]);
    synced.clear();
    await makeFolderDurably(within("a", "b", "d"));
    expect([...synced]).to.deep.equal([]);
  });

  it("has on the disk the folders of keys, of what a validator signed last and of what a node has signed", async () => {
    await Keystore.create(within("node", "keys"), "correct horse");
    expect([...synced]).to.include.members([root, within("node"), within("node", "keys")]);
    synced.clear();
    await LastSigned.open(within("data", "validator"), "chain", new ValidatorKey(new Uint8Array(32).fill(1)));
    expect([...synced]).to.include.members([root, within("data")]);
    synced.clear();
    const stores = await openStores(within("stores", "live"));
    await Promise.all([stores.state.close(), stores.guard.close(), stores.comet.close()]);
    expect([...synced]).to.include.members([root, within("stores"), within("stores", "live")]);
  });
});
