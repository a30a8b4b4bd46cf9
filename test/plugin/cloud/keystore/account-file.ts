import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { computeAddress, encryptKeystoreJson, SigningKey, Wallet } from "ethers";

import { readAccount, writeAccount } from "../../../../plugin/cloud/keystore/account-file.ts";
import { KeystoreError } from "../../../../plugin/cloud/keystore/private-file.ts";

const PASSWORD = "correct horse";
const KEY = new SigningKey(`0x${"5e".repeat(32)}`);

async function refusal(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    if (error instanceof KeystoreError) return error.message;
    throw error;
  }
  throw new Error("It was not refused.");
}

describe("plugin/cloud/keystore/account-file", function () {
  this.timeout(60_000);
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-account-"));
    path = join(folder, "operator.json");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("keeps a key that only its owner can read, with the password, and that wallets read too", async () => {
    await writeAccount(path, KEY, PASSWORD);
    expect((await readAccount(path, PASSWORD)).privateKey).to.equal(KEY.privateKey);
    const text = await readFile(path, "utf8");
    expect(text.toLowerCase()).not.to.contain("5e".repeat(16));
    expect(((await stat(path)).mode & 0o077).toString(8)).to.equal("0");
    const wallet = Wallet.fromEncryptedJsonSync(text, PASSWORD);
    expect(wallet.address).to.equal(computeAddress(KEY.publicKey));
    const { Crypto: crypto } = JSON.parse(text) as {
      Crypto: { kdf: string; kdfparams: { n: number; r: number; p: number } };
    };
    expect(crypto.kdf).to.equal("scrypt");
    expect(crypto.kdfparams).to.include({ n: 2 ** 17, r: 8, p: 1 });
  });

  it("overwrites nothing, and takes no short password", async () => {
    expect(await refusal(writeAccount(path, KEY, "short"))).to.match(
      /has 5 characters: choose one of 8 or more/,
    );
    await writeFile(path, "something");
    expect(await refusal(writeAccount(path, KEY, PASSWORD))).to.match(/already, and nothing is overwritten/);
    expect(await readFile(path, "utf8")).to.equal("something");
  });

  it("says in a sentence why there is no key", async () => {
    expect(await refusal(readAccount(path, PASSWORD))).to.equal(`There is no account at ${path}.`);
    const account = { address: computeAddress(KEY.publicKey), privateKey: KEY.privateKey };
    const text = await encryptKeystoreJson(account, PASSWORD, { scrypt: { N: 2 } });
    const write = (content: string): Promise<void> => writeFile(path, content, { mode: 0o600 });
    await write(text);
    expect(await refusal(readAccount(path, "incorrect horse"))).to.equal(
      `The password is not that of the account at ${path}, unless the file is damaged.`,
    );
    for (const damaged of ["", "{}", "[1]", text.slice(0, 300), text.replace('"version":3', '"version":4')]) {
      await write(damaged);
      expect(await refusal(readAccount(path, PASSWORD)), damaged).to.match(/holds no account/);
    }
    await write(text);
    await chmod(path, 0o640);
    expect(await refusal(readAccount(path, PASSWORD))).to.match(/Others than its owner can read .*chmod 600/);
  });
});
