import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { bls12381 } from "../../../../plugin/crypto/bls/bls12-381.ts";
import { bn254 } from "../../../../plugin/crypto/bls/bn254.ts";
import { KeyShare } from "../../../../plugin/crypto/threshold/key-share.ts";
import { Keystore } from "../../../../plugin/cloud/keystore/keystore.ts";
import { KeystoreError } from "../../../../plugin/cloud/keystore/private-file.ts";
import { KeyRing } from "../../../../plugin/cloud/live/key-ring.ts";
import { decodeEpochKey, encodeEpochKey } from "../../../../plugin/cloud/node/epoch-key.ts";
import { epochOf } from "../node/members.ts";

const PASSWORD = "correct horse";
const DEADLINE = 1_790_000_000n;

async function refusal(action: Promise<unknown>): Promise<string> {
  const error: unknown = await action.then(
    () => new Error("It was not refused."),
    (thrown: unknown) => thrown,
  );
  if (error instanceof KeystoreError) return error.message;
  throw error;
}

describe("KeyRing", function () {
  this.timeout(60_000);
  const epochs = [1n, 2n].map((number) => epochOf(number));
  const [first, second] = epochs.map(({ members }) => members[0]!.key);
  const committees = new Map(epochs.map(({ number, committee }) => [number, committee]));
  let folder: string;
  let keystore: Keystore;
  const reopened = async (): Promise<KeyRing> => KeyRing.open(await Keystore.open(folder, PASSWORD), bn254);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-key-ring-"));
    keystore = await Keystore.create(folder, PASSWORD);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("gives keys back after a restart: of a selection, and of an active epoch by its group key", async () => {
    const ring = await KeyRing.open(keystore, bn254);
    await ring.putKey(1n, DEADLINE, first!);
    await ring.putKey(1n, DEADLINE, first!);
    await ring.putKey(2n, DEADLINE, second!);
    for (const one of [ring, await reopened()]) {
      expect(encodeEpochKey(one.selectedKey(1n, DEADLINE)!)).to.deep.equal(encodeEpochKey(first!));
      expect(one.selectedKey(1n, DEADLINE + 1n)).to.equal(undefined);
      expect(one.keyFor(2n, first!.group.groupPublicKey)).to.equal(undefined);
      expect(one.keyFor(2n, second!.group.groupPublicKey)!.share.secret).to.equal(second!.share.secret);
      expect(one.keys.size).to.equal(0);
      one.matchTo(committees);
      expect([...one.keys.keys()]).to.deep.equal([1n, 2n]);
    }
  });

  it("takes for an active epoch the key whose selection the registry kept", async () => {
    const ring = await KeyRing.open(keystore, bn254);
    await ring.putKey(1n, DEADLINE, second!);
    await ring.putKey(1n, DEADLINE + 12n, first!);
    ring.matchTo(committees);
    expect(ring.keys.get(1n)!.group.groupPublicKey).to.deep.equal(first!.group.groupPublicKey);
  });

  it("makes a ceremony's seed once, also when it is asked for twice at the same time", async () => {
    const ring = await KeyRing.open(keystore, bn254);
    const [a, b] = await Promise.all([ring.seedFor("nexus-key-aa"), ring.seedFor("nexus-key-aa")]);
    expect(a).to.have.length(32).and.to.deep.equal(b);
    expect(await ring.seedFor("nexus-key-bb")).to.not.deep.equal(a);
    expect(await (await reopened()).seedFor("nexus-key-aa")).to.deep.equal(a);
  });

  it("destroys what is over, on the disk and in memory, and keeps the rest", async () => {
    const ring = await KeyRing.open(keystore, bn254);
    await ring.putKey(1n, DEADLINE, first!);
    await ring.putKey(2n, DEADLINE, second!);
    const kept = await ring.seedFor("nexus-key-bb");
    await ring.seedFor("nexus-key-aa");
    ring.matchTo(committees);
    const over = ring.keys.get(1n)!;
    await ring.retain(
      ({ epoch }) => epoch === 2n,
      (ceremony) => ceremony === "nexus-key-bb",
    );
    expect(() => over.share.secret).to.throw("destroyed");
    for (const one of [ring, await reopened()]) {
      one.matchTo(committees);
      expect([...one.keys.keys()]).to.deep.equal([2n]);
    }
    expect(await ring.seedFor("nexus-key-bb")).to.deep.equal(kept);
    expect(await keystore.names()).to.have.length(2);
  });

  it("keeps no share in the clear", async () => {
    const ring = await KeyRing.open(keystore, bn254);
    await ring.putKey(1n, DEADLINE, first!);
    const secret = Buffer.from(first!.share.toBytes()).toString("hex");
    for (const file of await readdir(folder))
      expect(await readFile(join(folder, file), "utf8")).not.to.contain(secret);
  });

  it("refuses a share that belongs to another key, other bytes, and a key of another suite", async () => {
    const ring = await KeyRing.open(keystore, bn254);
    const mixed = { group: first!.group, share: KeyShare.fromBytes(1, second!.share.toBytes()) };
    const error = await ring.putKey(1n, DEADLINE, mixed).catch((thrown: unknown) => thrown);
    expect((error as Error).message).to.equal("The share of index 1 does not belong to its epoch's key.");
    expect(await keystore.names()).to.deep.equal([]);
    expect(() => decodeEpochKey(encodeEpochKey(first!), bls12381)).to.throw("another suite");

    await ring.putKey(1n, DEADLINE, first!);
    const other = first!.group.sharePublicKeys.map((key, i) => (i === 3 ? first!.group.groupPublicKey : key));
    const changed = { group: { ...first!.group, sharePublicKeys: other }, share: first!.share };
    expect(await refusal(ring.putKey(1n, DEADLINE, changed))).to.contain("another share of epoch 1's key");

    await keystore.put(`epoch-key.9.${DEADLINE}.0011223344556677`, Uint8Array.of(1, 2, 3));
    expect(await refusal(reopened())).to.contain(
      `epoch-key.9.${DEADLINE}.0011223344556677 is no key of this cloud`,
    );
  });
});
