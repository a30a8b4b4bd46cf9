import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";

import {
  ConflictingSignatureError,
  LastSigned,
  lastSignedFile,
  LastSignedError,
} from "../../../../plugin/cloud/cometbft/last-signed.ts";
import { proposalSignBytes, voteSignBytes } from "../../../../plugin/cloud/cometbft/sign-bytes.ts";
import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { KeystoreError } from "../../../../plugin/cloud/keystore/private-file.ts";
import { key, messageOf, type Asked } from "./signer-requests.ts";

const CHAIN = "nexus-test";
const KILLS = process.env.NEXUS_SLOW === "1" ? 30 : 5;

function bytesOf(asked: Asked, chainId = CHAIN): Uint8Array {
  const message = messageOf(asked);
  return "validatorIndex" in message ? voteSignBytes(chainId, message) : proposalSignBytes(chainId, message);
}

const errorOf = async (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail("nothing was refused"),
    (error: unknown) => error,
  );

describe("plugin/cloud/cometbft/last-signed", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-last-signed-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  const open = async (chainId = CHAIN, of = key): Promise<LastSigned> => LastSigned.open(folder, chainId, of);
  const path = (): string => join(folder, lastSignedFile(CHAIN));

  it("signs nothing without a record that it may have signed, and nothing while it does not know what", async () => {
    let above: bigint | undefined;
    const record = await LastSigned.open(folder, CHAIN, key, () => above);
    const asked = (height: number): Uint8Array =>
      bytesOf({ kind: "prevote", height, round: 0, block: "A", seconds: 10 });
    for (const known of [undefined, 5n]) {
      above = known;
      for (const height of [1, 5])
        expect(await errorOf(record.sign(asked(height)))).to.be.instanceOf(ConflictingSignatureError);
    }
    await record.sign(asked(6));
    // Its own record counts from then on.
    above = undefined;
    await record.sign(asked(7));
    expect(await errorOf(record.sign(asked(6)))).to.be.instanceOf(ConflictingSignatureError);
    await (await LastSigned.open(folder, CHAIN, key, () => 9n)).sign(asked(8));
  });

  it("never signs below what it has come to, nor two things there, whether or not it was opened again", async () => {
    const kinds = ["proposal", "prevote", "precommit"] as const;
    const last: Asked = { kind: "prevote", height: 5, round: 3, block: "A", seconds: 10 };
    for (const again of [false, true]) {
      await rm(path(), { force: true });
      let record = await open();
      const first = await record.sign(bytesOf(last));
      if (again) record = await open();
      let refused = 0;
      for (const height of [4, 5])
        for (const round of [2, 3, 4])
          for (const kind of kinds)
            for (const block of ["A", "B", ""]) {
              const before = height < 5 || round < 3 || (round === 3 && kind === "proposal");
              const there = height === 5 && round === 3 && kind === "prevote";
              if (!before && !(there && block !== "A")) continue;
              const error = await errorOf(record.sign(bytesOf({ kind, height, round, block, seconds: 10 })));
              expect(error, `${height}/${round}/${kind}/${block}`).to.be.instanceOf(
                ConflictingSignatureError,
              );
              refused += 1;
            }
      expect(refused).to.equal(27 + 9 + 3 + 2);
      // The same again, and the same but for its time, has the signature and the time of the first.
      for (const seconds of [10, 9, 11]) {
        expect(await record.sign(bytesOf({ ...last, seconds }))).to.deep.equal(first);
      }
      for (const onwards of [
        { ...last, kind: "precommit" as const, block: "B" },
        { ...last, kind: "proposal" as const, round: 4 },
        { ...last, height: 6, round: 0, kind: "proposal" as const },
      ]) {
        expect((await record.sign(bytesOf(onwards))).timestamp.seconds).to.equal(10n);
      }
    }
  });

  it("keeps chains apart", async () => {
    const late: Asked = { kind: "prevote", height: 9, round: 0, block: "A", seconds: 1 };
    await (await open()).sign(bytesOf(late));
    const other = await open("another");
    await other.sign(bytesOf({ ...late, height: 1 }, "another"));
    expect(await errorOf(other.sign(bytesOf({ ...late, height: 2 })))).to.match(/another alone/);
    for (const chainId of ["", "../x", "a/b", ".x", "x".repeat(51)]) {
      expect(await errorOf(open(chainId)), chainId).to.be.instanceOf(RangeError);
    }
  });

  it("signs for one caller after the other", async () => {
    const record = await open();
    const asked = ["A", "B", "C"].map((block) =>
      record.sign(bytesOf({ kind: "prevote", height: 1, round: 0, block, seconds: 1 })),
    );
    const [first, ...others] = await Promise.allSettled(asked);
    expect(first!.status).to.equal("fulfilled");
    for (const { status } of others) expect(status).to.equal("rejected");
  });

  it("gives out nothing that it could not record, and may then sign another", async () => {
    const record = await open();
    await rm(folder, { recursive: true });
    const asked: Asked = { kind: "prevote", height: 1, round: 0, block: "A", seconds: 1 };
    expect(await errorOf(record.sign(bytesOf(asked)))).to.match(/ENOENT/);
    await mkdir(folder, { mode: 0o700 });
    await record.sign(bytesOf({ ...asked, block: "B" }));
    expect(await errorOf((await open()).sign(bytesOf(asked)))).to.be.instanceOf(ConflictingSignatureError);
  });

  it("refuses a record with any character changed, cut anywhere, of another key or chain, or that others can read", async () => {
    const asked: Asked = { kind: "precommit", height: 300, round: 1, block: "A", seconds: 5 };
    await (await open()).sign(bytesOf(asked));
    expect((await stat(path())).mode & 0o777).to.equal(0o600);
    const good = await readFile(path(), "utf8");
    let changed = 0;
    for (let at = 0; at < good.length; at += 7) {
      const character = good[at] === "0" ? "1" : "0";
      for (const bad of [good.slice(0, at) + character + good.slice(at + 1), good.slice(0, at)]) {
        if (JSON.stringify(parsed(bad)) === JSON.stringify(parsed(good))) continue;
        await writeFile(path(), bad);
        const error = (await errorOf(open())) as Error;
        expect(error, bad).to.be.instanceOf(LastSignedError);
        expect(error.message).to.include(path()).and.include("restore the file");
        changed += 1;
      }
    }
    expect(changed).to.be.greaterThan(60);
    await writeFile(path(), good);
    expect(await errorOf(open(CHAIN, new ValidatorKey(new Uint8Array(32).fill(8))))).to.match(/another key/);
    await writeFile(join(folder, lastSignedFile("another")), good, { mode: 0o600 });
    expect(await errorOf(open("another"))).to.match(/of the chain "nexus-test"/);
    await chmod(path(), 0o644);
    expect(await errorOf(open())).to.be.instanceOf(KeystoreError);
    await chmod(path(), 0o600);
    expect(await errorOf((await open()).sign(bytesOf({ ...asked, block: "B" })))).to.match(
      /precommit of height 300, round 1, and will not sign anything else/,
    );
  });

  it(`has what left it after each of ${KILLS} kills at any instant`, async () => {
    let signed = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const child = spawn(
        process.execPath,
        [fileURLToPath(new URL("crashing-signer.ts", import.meta.url)), folder, CHAIN],
        { env: { ...process.env, NODE_OPTIONS: "" }, stdio: ["ignore", "pipe", "inherit"] },
      );
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      while (!/\d+ \w+\n/.test(output)) {
        expect(child.exitCode, "the child runs").to.equal(null);
        await delay(2);
      }
      await delay((kill * 37) % 90);
      child.kill("SIGKILL");
      await once(child, "close");
      const [, height, signature] = [...output.matchAll(/(\d+) (\w+)\n/g)].at(-1)!;
      // One that begins again says its last once more.
      expect(Number(height)).to.be.at.least(signed);
      signed = Number(height);
      const record = await open();
      const asked: Asked = { kind: "prevote", height: signed, round: 0, block: "A", seconds: 2 };
      // It may have recorded the next one, whose signature did not leave.
      const again = await record.sign(bytesOf(asked)).then(
        (answer) => Buffer.from(answer.signature).toString("hex"),
        (error: unknown) => error,
      );
      if (again instanceof Error) expect(again).to.match(new RegExp(`of height ${signed + 1}, round 0`));
      else expect(again).to.equal(signature);
      expect(await errorOf(record.sign(bytesOf({ ...asked, block: "B" })))).to.be.instanceOf(
        ConflictingSignatureError,
      );
    }
    expect(signed).to.be.greaterThan(KILLS);
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
