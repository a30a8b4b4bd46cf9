import { chmod, copyFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { Keystore } from "../../../../plugin/cloud/keystore/keystore.ts";
import { KeystoreError } from "../../../../plugin/cloud/keystore/private-file.ts";

const PASSWORD = "correct horse";
const SECRET = Uint8Array.from({ length: 64 }, (_, i) => i);

async function refusal(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    if (error instanceof KeystoreError) return error.message;
    throw error;
  }
  throw new Error("It was not refused.");
}

describe("plugin/cloud/keystore", function () {
  this.timeout(60_000);
  let root: string;
  let folder: string;
  let keystore: Keystore;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "nexus-keystore-"));
    folder = join(root, "keys");
    keystore = await Keystore.create(folder, PASSWORD);
    await keystore.put("identity", SECRET);
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it("gives secrets back to whoever has the password, in another process too", async () => {
    await keystore.put("share-7", Uint8Array.of(7));
    const again = await Keystore.open(folder, PASSWORD);
    expect(await again.names()).to.deep.equal(["identity", "share-7"]);
    expect(await again.get("identity")).to.deep.equal(SECRET);
    expect(await again.get("share-7")).to.deep.equal(Uint8Array.of(7));
    expect(await again.get("absent")).to.equal(undefined);
    await again.destroy("share-7");
    expect(await again.names()).to.deep.equal(["identity"]);
  });

  it("has no secret on disk in the clear, and no file that others can read", async () => {
    expect(((await stat(folder)).mode & 0o077).toString(8)).to.equal("0");
    for (const file of await readdir(folder)) {
      const text = await readFile(join(folder, file), "utf8");
      expect(((await stat(join(folder, file))).mode & 0o077).toString(8), file).to.equal("0");
      expect(text).not.to.include(Buffer.from(SECRET.subarray(0, 8)).toString("hex"));
      expect(text).not.to.include(PASSWORD);
    }
  });

  it("takes a password however it was composed, and no other", async () => {
    const accented = join(root, "accented");
    await Keystore.create(accented, "pass\u00e9 compos\u00e9");
    await Keystore.open(accented, "passe\u0301 compose\u0301");
    expect(await refusal(Keystore.open(folder, "correct horsf"))).to.match(/^The password is not that of/);
    expect(await refusal(Keystore.open(folder, ""))).to.match(/^The password is not that of/);
    expect(await refusal(Keystore.create(join(root, "short"), "1234567"))).to.match(/has 7 characters/);
  });

  it("overwrites nothing", async () => {
    expect(await refusal(Keystore.create(folder, PASSWORD))).to.match(/already, and nothing is overwritten/);
    expect(await refusal(keystore.put("identity", Uint8Array.of(1)))).to.match(/already/);
    expect(await keystore.get("identity")).to.deep.equal(SECRET);
  });

  it("refuses an entry with any character changed or the end cut off", async () => {
    const path = join(folder, "identity.json");
    const text = await readFile(path, "utf8");
    const { sealed } = JSON.parse(text) as { sealed: string };
    const start = text.indexOf(sealed);
    for (let i = 0; i < sealed.length; i++) {
      const digit = ((Number.parseInt(sealed[i]!, 16) + 1 + (i % 15)) % 16).toString(16);
      await writeFile(path, text.slice(0, start + i) + digit + text.slice(start + i + 1));
      expect(await refusal(keystore.get("identity")), `digit ${i}`).to.match(/is damaged/);
    }
    for (const length of [0, 10, text.length - 10]) {
      await writeFile(path, text);
      await truncate(path, length);
      expect(await refusal(keystore.get("identity"))).to.match(/is damaged/);
    }
  });

  it("refuses an entry under another name, and one of another keystore with the same password", async () => {
    await copyFile(join(folder, "identity.json"), join(folder, "share-1.json"));
    expect(await refusal(keystore.get("share-1"))).to.match(/is damaged or was not made for this keystore/);
    const other = await Keystore.create(join(root, "other"), PASSWORD);
    await copyFile(join(folder, "identity.json"), join(root, "other/identity.json"));
    expect(await refusal(other.get("identity"))).to.match(/was not made for this keystore/);
  });

  it("refuses files that others can read, a folder without a keystore, and a damaged head", async () => {
    await chmod(join(folder, "identity.json"), 0o644);
    expect(await refusal(keystore.get("identity"))).to.match(/Others than its owner can read .*chmod 600/);
    await chmod(join(folder, "keystore.json"), 0o640);
    expect(await refusal(Keystore.open(folder, PASSWORD))).to.match(/Others than its owner/);
    await chmod(join(folder, "keystore.json"), 0o600);
    await writeFile(join(folder, "keystore.json"), "{");
    expect(await refusal(Keystore.open(folder, PASSWORD))).to.match(/keystore.json is damaged/);
    expect(await refusal(Keystore.open(join(root, "none"), PASSWORD))).to.match(/There is no keystore/);
  });

  it("throws away what was being written when the process died", async () => {
    await writeFile(join(folder, "share-2.json.unfinished"), "{");
    const again = await Keystore.open(folder, PASSWORD);
    expect(await readdir(folder)).not.to.include("share-2.json.unfinished");
    await again.put("share-2", SECRET);
    expect(await again.get("share-2")).to.deep.equal(SECRET);
  });

  it("takes names that are file names only", async () => {
    for (const name of ["", "../x", "a/b", "keystore", "UPPER", ".hidden", "x".repeat(102)]) {
      expect(await keystore.put(name, SECRET).catch((error: unknown) => error), name).to.be.instanceOf(
        RangeError,
      );
    }
  });
});
