import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { id } from "ethers";

import { ConflictingSignatureError, LastSigned } from "../../../plugin/cloud/cometbft/last-signed.ts";
import { voteSignBytes } from "../../../plugin/cloud/cometbft/sign-bytes.ts";
import { DoubleSignError, SigningGuard } from "../../../plugin/cloud/node/signing-guard.ts";
import { LevelStore } from "../../../plugin/cloud/storage/level-store.ts";
import { NodeFolder } from "../../../plugin/node/node-folder.ts";
import { recordsIn } from "../../../plugin/node/signing-records.ts";
import { seeded } from "../../seeded.ts";
import { messageOf } from "../cloud/cometbft/signer-requests.ts";
import { nexusNode, PASSWORD } from "./operated-chain.ts";

const CHAIN = "nexus-00112233445566778899";
const random = seeded("moving");

describe('nexus-node export and import (seed "moving")', function () {
  this.timeout(60_000);
  let root: string;
  let old: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), "nexus-moving-"));
    const contracts = join(root, "contracts.json");
    const names = [
      "CommitteeRegistry",
      "NexusGateway",
      "NexusOutbox",
      "StateCheckpoints",
      "NexusSubscriptions",
    ];
    const address = (): string => `0x${Buffer.from(random.bytes(20)).toString("hex")}`;
    await writeFile(contracts, JSON.stringify(Object.fromEntries(names.map((name) => [name, address()]))));
    old = join(root, "old");
    const known = ["--contracts", contracts, "--deployed-at", "1", "--rpc", "http://127.0.0.1:1"];
    const made = await nexusNode(["init", old, "--chain-id", "11155111", ...known]);
    expect(made).to.include({ code: 0 });
    const { keystore, validator } = await new NodeFolder(old).openKeys(PASSWORD);
    await keystore.put("epoch-key.1", random.bytes(40));
    await (await LastSigned.open(recordsIn(join(old, "data")).validator, CHAIN, validator)).sign(vote("A"));
    const guard = new SigningGuard(await LevelStore.open(recordsIn(join(old, "data")).guard));
    await guard.permit(1n, 3, id("block"));
    await guard.close();
  });
  after(() => rm(root, { recursive: true, force: true }));

  const vote = (block: string): Uint8Array => {
    const message = messageOf({ kind: "precommit", height: 70, round: 1, block, seconds: 5 });
    if (!("validatorIndex" in message)) throw new Error("no vote");
    return voteSignBytes(CHAIN, message);
  };
  const errorOf = async (promise: Promise<unknown>): Promise<Error> =>
    promise.then(
      () => expect.fail("nothing was refused"),
      (error: unknown) => error as Error,
    );
  /** A copy of the node, to be spoiled. */
  const copy = async (name: string): Promise<string> => {
    await cp(old, join(root, name), { recursive: true });
    return join(root, name);
  };
  const file = (name: string): string => join(root, `${name}.export`);
  const moveOut = async (folder: string, to: string) => nexusNode(["export", folder, "--file", to]);
  const takeIn = async (folder: string, from: string) => nexusNode(["import", folder, "--file", from]);

  it("moves keys and what was signed in one encrypted file, and the old folder's node starts no more", async () => {
    const here = await copy("moved");
    const before = await new NodeFolder(here).openKeys(PASSWORD);
    const left = await moveOut(here, file("one"));
    expect(left, left.stderr).to.include({ code: 0, stderr: "" });
    expect(left.stdout)
      .to.match(/does not start any more/)
      .and.match(/Import it once/);
    expect((await stat(file("one"))).mode & 0o777).to.equal(0o600);
    const sealed = await readFile(file("one"), "utf8");
    const secret = (await before.keystore.get("identity"))!;
    for (const form of ["hex", "base64"] as const)
      expect(sealed).to.not.contain(Buffer.from(secret).toString(form));
    for (const use of ["openKeys", "openIdentity", "make"] as const)
      expect((await errorOf(new NodeFolder(here)[use](PASSWORD))).message).to.match(
        /moved to another machine/,
      );
    expect((await nexusNode(["init", here])).stderr).to.match(/moved to another machine/);

    const there = join(root, "there");
    const came = await takeIn(there, file("one"));
    expect(came, came.stderr).to.include({ code: 0, stderr: "" });
    const now = await new NodeFolder(there).openKeys(PASSWORD);
    expect(await now.keystore.names()).to.deep.equal(await before.keystore.names());
    for (const name of await now.keystore.names())
      expect(await now.keystore.get(name), name).to.deep.equal(await before.keystore.get(name));
    for (const name of ["nexus-node.json", "account.json", "identity.json"])
      expect(await readFile(join(there, name), "utf8")).to.equal(await readFile(join(old, name), "utf8"));
    await new NodeFolder(there).openAccount(PASSWORD);
    for (const path of await readdir(there, { recursive: true }))
      if (!path.startsWith(join("data", "signed", "")))
        expect(((await stat(join(there, path))).mode & 0o077).toString(8), path).to.equal("0");

    const records = recordsIn(join(there, "data"));
    const validator = await LastSigned.open(records.validator, CHAIN, now.validator);
    expect(await errorOf(validator.sign(vote("B")))).to.be.instanceOf(ConflictingSignatureError);
    await validator.sign(vote("A"));
    const guard = new SigningGuard(await LevelStore.open(records.guard));
    expect(await errorOf(guard.permit(1n, 3, id("another")))).to.be.instanceOf(DoubleSignError);
    await guard.permit(1n, 3, id("block"));
    await guard.close();
  });

  it("can be exported again when the file was lost, and writes over nothing", async () => {
    const here = await copy("again");
    expect(await moveOut(here, file("lost"))).to.include({ code: 0 });
    const refused = await moveOut(here, file("lost"));
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.match(/nothing is overwritten/);
    expect(await moveOut(here, file("found"))).to.include({ code: 0 });
    expect(await takeIn(join(root, "found"), file("found"))).to.include({ code: 0 });
  });

  it("exports nothing of a node that runs, which can go on", async () => {
    const here = await copy("running");
    const store = await LevelStore.open(recordsIn(join(here, "data")).guard);
    const refused = await moveOut(here, file("running"));
    expect(refused.code).to.equal(1);
    expect(refused.stderr).to.match(/stop it first/);
    await store.close();
    await new NodeFolder(here).openKeys(PASSWORD);
    expect(await readdir(root)).to.not.include("running.export");
  });

  it("takes in no file with another password or that is damaged, and into no folder where something is", async () => {
    const here = await copy("refusals");
    expect(await moveOut(here, file("refusals"))).to.include({ code: 0 });
    const there = join(root, "refused");
    const wrong = await nexusNode(["import", there, "--file", file("refusals")], {
      NEXUS_NODE_PASSWORD: "another horse",
    });
    expect([wrong.code, wrong.stderr]).to.deep.equal([
      1,
      `The password is not that of ${file("refusals")}, or it is damaged.\n`,
    ]);
    const good = await readFile(file("refusals"), "utf8");
    const at = good.length - 100;
    for (const bad of [good.slice(0, at) + (good[at] === "0" ? "1" : "0") + good.slice(at + 1), "{}", ""]) {
      await writeFile(file("bad"), bad, { mode: 0o600 });
      expect((await takeIn(there, file("bad"))).stderr).to.match(/damaged/);
    }
    expect(await readdir(root)).to.not.include("refused");
    expect((await takeIn(here, file("refusals"))).stderr).to.match(/may be newer/);
    expect((await takeIn(there, join(root, "nowhere"))).stderr).to.match(/There is no file/);
    expect((await nexusNode(["import", there])).code).to.equal(2);
    expect((await nexusNode(["export", here])).code).to.equal(2);
    expect((await moveOut(join(root, "nobody"), file("nobody"))).code).to.equal(2);
  });

  // Every write is a place to be killed at: the mark's, what was signed, configuration, account, public side, keystore and its secrets.
  const kills = process.env["NEXUS_SLOW"] === "1" ? [2, 3, 4, 5, 6, 7, 8, 9, 10] : [3, 8, 10];
  it(`makes no node of an import that is killed (at writes ${kills.join(", ")})`, async function () {
    this.timeout(240_000);
    expect(await moveOut(await copy("killed"), file("killed"))).to.include({ code: 0 });
    for (const write of kills) {
      const there = join(root, `killed-${write}`);
      const script = fileURLToPath(new URL("killed-import.ts", import.meta.url));
      const { signal } = spawnSync(process.execPath, [script, there, file("killed"), String(write)], {
        env: { ...process.env, NEXUS_NODE_PASSWORD: PASSWORD },
      });
      expect(signal, `killed at write ${write}`).to.equal("SIGKILL");
      const found = await readdir(there);
      for (const again of [await nexusNode(["init", there]), await takeIn(there, file("killed"))]) {
        expect(again.code).to.equal(1);
        expect(again.stderr).to.match(/The import of a node into .* was interrupted: delete the folder/);
      }
      expect((await moveOut(there, file(`killed-${write}`))).code).to.be.above(0);
      expect((await errorOf(new NodeFolder(there).openKeys(PASSWORD))).message).to.match(/was interrupted/);
      expect(await readdir(there)).to.deep.equal(found);
      await rm(there, { recursive: true });
    }
    const there = join(root, "killed-10");
    expect(await takeIn(there, file("killed"))).to.include({ code: 0 });
    expect(await readdir(there)).to.not.include("importing.json");
    await new NodeFolder(there).openKeys(PASSWORD);
  });

  it("takes in nothing over what a node has signed in a data folder elsewhere", async () => {
    const here = await copy("elsewhere");
    const configuration = join(here, "nexus-node.json");
    const text = await readFile(configuration, "utf8");
    const data = join(root, "shared-data");
    await writeFile(configuration, text.replace(/^\{/m, `{ "data": ${JSON.stringify(data)},`));
    expect(await moveOut(here, file("elsewhere"))).to.include({ code: 0 });
    const first = await takeIn(join(root, "elsewhere-1"), file("elsewhere"));
    expect(first, first.stderr).to.include({ code: 0 });
    const second = await takeIn(join(root, "elsewhere-2"), file("elsewhere"));
    expect(second.code).to.equal(1);
    expect(second.stderr).to.match(/A node has signed with the records in .*shared-data/);
    expect(await readdir(root)).to.not.include("keys");
    expect(await readdir(root)).to.not.include("elsewhere-2");
  });
});
