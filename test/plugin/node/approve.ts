import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { id } from "ethers";

import { ApprovedPrograms } from "../../../plugin/node/approved-programs.ts";
import { NodeFolder } from "../../../plugin/node/node-folder.ts";
import { loadExample } from "../../../plugin/programs/load.ts";
import { nexusNode } from "./operated-chain.ts";

describe("nexus-node approve", function () {
  this.timeout(60_000);
  let folder: string;
  let approved: string[];
  let complaints: string[];
  let programs: ApprovedPrograms;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-approve-"));
    const address = `0x${"11".repeat(20)}`;
    const names = [
      "CommitteeRegistry",
      "NexusGateway",
      "NexusOutbox",
      "StateCheckpoints",
      "NexusSubscriptions",
    ];
    const contracts = join(folder, "addresses.json");
    await writeFile(contracts, JSON.stringify(Object.fromEntries(names.map((name) => [name, address]))));
    const known = ["--chain-id", "5", "--contracts", contracts, "--deployed-at", "1", "--cloud", id("cloud")];
    expect(await nexusNode(["init", folder, ...known, "--rpc", "http://127.0.0.1:9"])).to.include({
      code: 0,
    });
  });
  after(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => {
    [approved, complaints] = [[], []];
    programs = new ApprovedPrograms(new NodeFolder(folder).programs, {
      approve: (_, programId) => approved.push(programId),
      complain: (sentence) => complaints.push(sentence),
    });
  });

  it("approves nothing by itself", async () => {
    await programs.look();
    expect(approved).to.deep.equal([]);
  });

  it("has the running node approve what was checked, once, by the id that it prints", async () => {
    const file = join(folder, "some.wasm");
    const { module } = await loadExample("counter");
    await writeFile(file, module);
    const ended = await nexusNode(["approve", folder, "--program", file]);
    const [, programId] = /^program (0x[0-9a-f]{64}), \d+ bytes, is approved\n$/.exec(ended.stdout)!;
    await programs.look();
    await programs.look();
    expect({ approved, complaints }).to.deep.equal({ approved: [programId], complaints: [] });
    expect(await nexusNode(["approve", folder, "--program", file])).to.include({ code: 0 });
    expect(await readdir(new NodeFolder(folder).programs)).to.deep.equal([`${programId}.wasm`]);
  });

  it("refuses what the cloud would not run, and complains of it once in the folder, until it is another", async () => {
    const file = join(folder, "none.wasm");
    await writeFile(file, "no module");
    const refused = await nexusNode(["approve", folder, "--program", file]);
    expect(refused).to.include({ code: 1, stdout: "" });
    expect(refused.stderr).to.match(/^The cloud does not run .*none\.wasm: /);
    const missing = await nexusNode(["approve", folder, "--program", join(folder, "missing.wasm")]);
    expect(missing.stderr).to.match(/missing\.wasm cannot be read: ENOENT/);
    expect(await nexusNode(["approve", folder])).to.include({ code: 2 });

    const copied = join(new NodeFolder(folder).programs, "copied.wasm");
    await writeFile(copied, "half");
    await programs.look();
    await programs.look();
    expect(complaints).to.have.length(1);
    expect(complaints[0]).to.match(/copied\.wasm is not approved: /);
    const { module, name } = await loadExample("fibonacci");
    await writeFile(copied, module);
    await programs.look();
    expect(approved, name).to.have.length(2);
    expect(complaints).to.have.length(1);
  });

  it("goes on looking until it is stopped", async () => {
    const stop = new AbortController();
    const watching = programs.watch(stop.signal);
    while (approved.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    await watching;
  });
});
