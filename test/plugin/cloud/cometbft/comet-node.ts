import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { freePort } from "../../../../plugin/cloud/cometbft/free-ports.ts";
import {
  CometNode,
  CometStartError,
  type CometNodeOptions,
} from "../../../../plugin/cloud/cometbft/comet-node.ts";
import { Ed25519Key } from "../../../../plugin/cloud/cometbft/ed25519-key.ts";
import { signerSocket } from "../../../../plugin/cloud/cometbft/home.ts";
import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { seeded } from "../../../seeded.ts";
import { LogApplication } from "../abci/log-application.ts";
import { hasCometBft } from "./available.ts";

const command = process.env.COMETBFT ?? "cometbft";

describe('plugin/cloud/cometbft/comet-node, with CometBFT itself (seed "comet-node")', function () {
  this.timeout(60_000);
  const random = seeded("comet-node");
  let folder: string;
  let started: CometNode | undefined;
  let homes = 0;

  before(async function () {
    if (!(await hasCometBft(command))) return this.skip();
    folder = await mkdtemp(join(tmpdir(), "nexus-comet-"));
    return undefined;
  });
  afterEach(async () => {
    await started?.stop();
    started = undefined;
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** One validator's chain, in a new home. */
  async function alone(): Promise<CometNodeOptions & { readonly application: LogApplication }> {
    const home = join(folder, `${homes++}`);
    const validator = new ValidatorKey(random.bytes(32));
    const application = new LogApplication();
    application.validators = [validator.publicKey];
    return {
      command,
      home,
      genesis: { chainId: "nexus-test", time: new Date("2026-01-01T00:00:00Z"), blockBytes: 1_000_000 },
      keys: { node: new Ed25519Key(random.bytes(32)), validator },
      lastSigned: `${home}-signed`,
      settings: {
        name: "node",
        application: `${home}.sock`,
        peers: { listen: `127.0.0.1:${await freePort()}`, persistent: [] },
        rpc: `127.0.0.1:${await freePort()}`,
        blockTime: 50,
        idleTime: 0,
      },
      application,
      complain: () => undefined,
    };
  }
  const exists = async (path: string): Promise<boolean> =>
    access(path).then(
      () => true,
      () => false,
    );
  const refused = async (start: Promise<CometNode>): Promise<Error> =>
    start.then(
      (node) => {
        started = node;
        throw new Error("It started.");
      },
      (error: unknown) => error as Error,
    );

  it("answers once it has started, whatever a killed one left behind", async () => {
    const options = await alone();
    for (const socket of [options.settings.application, signerSocket(options.settings)]) {
      await writeFile(socket, "");
    }
    started = await CometNode.start(options);
    await started.rpc.call("status");
    await started.kill();
    started = await CometNode.start(options);
    await started.rpc.call("status");
    await started.stop();
    expect(await exists(options.settings.application)).to.equal(false);
  });

  it("starts where CometBFT was killed while it made databases and files, and keeps those that are", async () => {
    const options = await alone();
    const unborn = join(options.home, "data/state.db");
    await mkdir(unborn, { recursive: true });
    for (const name of ["LOCK", "LOG", "MANIFEST-000000", "CURRENT.0"])
      await writeFile(join(unborn, name), "");
    started = await CometNode.start(options);
    await started.stop();
    await rm(join(options.home, "data/priv_validator_state.json"));
    started = await CometNode.start(options);
    await started.stop();

    // One that lost its CURRENT has lost more than was begun: nobody removes it silently.
    await rm(join(unborn, "CURRENT"));
    const error = await refused(CometNode.start(options));
    expect(error.message).to.include("database entry point either missing or corrupted");
    expect(await readdir(unborn)).to.not.have.length(0);
  });

  it("says how CometBFT ended when it cannot start, and what it said of it", async () => {
    const options = await alone();
    const other = createServer();
    const port = Number(options.settings.peers.listen.split(":")[1]);
    await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
    try {
      const error = await refused(CometNode.start(options));
      expect(error).to.be.instanceOf(CometStartError);
      expect(error.message).to.match(/ended with exit code 1 .*address already in use/s);
      expect(await exists(options.settings.application)).to.equal(false);
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
    const missing = await refused(CometNode.start({ ...options, command: join(folder, "absent") }));
    expect(missing.message).to.include("ENOENT");
    expect(await exists(options.settings.application)).to.equal(false);
  });

  it("tells when the application had CometBFT end, and nothing when somebody stopped it", async () => {
    const options = await alone();
    started = await CometNode.start(options);
    let told: string | undefined;
    void started.crashed().then((how) => (told = how));
    await started.stop();
    expect(told).to.equal(undefined);
    options.application.finalizeBlock = () => Promise.reject(new Error("no further"));
    // It may end before it answers.
    const how = await CometNode.start(options).then(
      (node) => (started = node).crashed(),
      (error: unknown) => (error as Error).message,
    );
    expect(how).to.match(/exit code|signal/);
  });

  it("gives up when it is told to, as while CometBFT waits for the chain to begin", async () => {
    const options = await alone();
    const time = new Date(Date.now() + 3_600_000);
    const control = new AbortController();
    let waiting = false;
    const start = CometNode.start({
      ...options,
      genesis: { ...options.genesis, time },
      signal: control.signal,
      onLine: ({ message }) => {
        if (!message.includes("Genesis time is in the future")) return;
        waiting = true;
        control.abort(new Error("enough"));
      },
    });
    expect((await refused(start)).message).to.equal("enough");
    expect(waiting).to.equal(true);
    expect(await exists(options.settings.application)).to.equal(false);
  });
});
