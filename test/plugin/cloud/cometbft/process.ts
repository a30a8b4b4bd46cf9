import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { expect } from "chai";
import { Vote } from "cosmjs-types/tendermint/types/types";

import { freePort } from "../../../../plugin/cloud/cometbft/free-ports.ts";
import { CometNode } from "../../../../plugin/cloud/cometbft/comet-node.ts";
import { Ed25519Key } from "../../../../plugin/cloud/cometbft/ed25519-key.ts";
import { LastSigned, lastSignedFile } from "../../../../plugin/cloud/cometbft/last-signed.ts";
import {
  checkCometBft,
  CometBftMissingError,
  CometBftProcess,
} from "../../../../plugin/cloud/cometbft/process.ts";
import { voteSignBytes } from "../../../../plugin/cloud/cometbft/sign-bytes.ts";
import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { seeded } from "../../../seeded.ts";
import { LogApplication } from "../abci/log-application.ts";
import { hasCometBft } from "./available.ts";

const random = seeded("cometbft");
const command = process.env.COMETBFT ?? "cometbft";

/** One node of a chain: an application with its server, and CometBFT beside it. */
class Node {
  readonly application = new LogApplication();
  readonly node = new Ed25519Key(random.bytes(32));
  readonly secret = random.bytes(32);
  readonly validator = new ValidatorKey(this.secret);
  readonly home: string;
  /** Where the record of its last signature is. */
  readonly records: string;
  readonly lines: string[] = [];
  peerPort = 0;
  rpcPort = 0;
  #comet: CometNode | undefined;

  constructor(folder: string, index: number) {
    this.home = join(folder, `node${index}`);
    this.records = join(folder, `records${index}`);
  }

  async ports(): Promise<void> {
    this.peerPort = await freePort();
    this.rpcPort = await freePort();
  }

  async start(chain: readonly Node[]): Promise<void> {
    this.application.validators = chain.map(({ validator }) => validator.publicKey);
    this.#comet = await CometNode.start({
      command,
      home: this.home,
      genesis: {
        chainId: "nexus-test",
        time: new Date("2026-01-01T00:00:00Z"),
        blockBytes: 1_000_000,
      },
      keys: { node: this.node, validator: this.validator },
      lastSigned: this.records,
      settings: {
        name: "node",
        application: `${this.home}.sock`,
        peers: {
          listen: `127.0.0.1:${this.peerPort}`,
          persistent: chain
            .filter((other) => other !== this)
            .map((other) => `${other.node.address}@127.0.0.1:${other.peerPort}`),
        },
        rpc: `127.0.0.1:${this.rpcPort}`,
        blockTime: 100,
        idleTime: 0,
      },
      application: this.application,
      onLine: ({ level, message }) => this.lines.push(`${level} ${message}`),
      complain: (what, error) => this.lines.push(`${what}: ${error as string}`),
    });
  }

  /** Ends both at once, as a machine that loses its power does. */
  async kill(): Promise<void> {
    await this.#comet?.kill();
    this.#comet = undefined;
  }

  async stop(): Promise<void> {
    await this.#comet?.stop();
    this.#comet = undefined;
  }

  async rpc(method: string): Promise<Record<string, unknown>> {
    const response = await fetch(`http://127.0.0.1:${this.rpcPort}/${method}`);
    const { result, error } = (await response.json()) as {
      result?: Record<string, unknown>;
      error?: unknown;
    };
    if (result === undefined) throw new Error(JSON.stringify(error));
    return result;
  }
}

/** Waits until `met` holds; the test's own timeout is the limit. */
async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await Promise.resolve(met()).catch(() => false)))
    await new Promise((resolve) => setTimeout(resolve, 50));
}

describe('plugin/cloud/cometbft, with CometBFT itself (seed "cometbft")', function () {
  this.timeout(120_000);
  let folder: string;
  const nodes: Node[] = [];

  before(async function () {
    if (!(await hasCometBft(command))) return this.skip();
    folder = await mkdtemp(join(tmpdir(), "nexus-cometbft-"));
    return undefined;
  });
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
  });
  after(async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  const found = async (count: number): Promise<Node[]> => {
    const chain = Array.from({ length: count }, (_, i) => new Node(join(folder, `of${count}`), i));
    nodes.push(...chain);
    for (const node of chain) await node.ports();
    return chain;
  };
  const send = (node: Node, text: string): Promise<unknown> => node.rpc(`broadcast_tx_commit?tx="${text}"`);

  it("has four nodes agree on a log, and shows each vote's extension to the next proposer", async () => {
    const chain = await found(4);
    for (const node of chain) await node.start(chain);
    await until(() => chain.every(({ application }) => application.height >= 2n));
    await send(chain[0]!, "a");
    await send(chain[1]!, "b");
    await until(() => chain.every(({ application }) => application.log.length === 2));
    for (const { application } of chain) expect(application.log).to.deep.equal(["a", "b"]);
    await until(() => chain.some(({ application }) => application.extensions.includes("height 3")));

    // One that loses everything it had in memory catches up from the others' blocks; meanwhile they go on.
    await chain[3]!.kill();
    await send(chain[0]!, "c");
    Object.assign(chain[3]!.application, { height: 0n, hash: new Uint8Array(32) });
    chain[3]!.application.log.length = 0;
    await chain[3]!.start(chain);
    await until(() => chain[3]!.application.log.length === 3);
    expect(chain[3]!.application.log).to.deep.equal(["a", "b", "c"]);
  });

  it("ends a node whose application says that it must not go on", async () => {
    const [node] = await found(1);
    await node!.start([node!]);
    await until(() => node!.application.height >= 1n);
    node!.application.finalizeBlock = () =>
      Promise.reject(new Error("this node's result for height 7 differs from what was agreed"));
    await until(() => node!.lines.some((line) => line.includes("differs from what was agreed")));
    const height = node!.application.height;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(node!.application.height).to.equal(height);
  });

  it("has its validator's key nowhere on the disk, and the record of what was signed for its owner only", async () => {
    const [node] = await found(2);
    const { home, records, secret } = node!;
    await node!.start([node!]);
    await until(() => node!.application.height >= 2n);
    await node!.stop();
    const record = join(records, lastSignedFile("nexus-test"));
    const signed = await readFile(record, "utf8");
    await node!.start([node!]);
    await until(() => node!.application.height >= 4n);
    await node!.stop();
    expect(await readFile(record, "utf8")).to.not.equal(signed);
    for (const file of [record, join(home, "config/node_key.json")]) {
      expect(((await stat(file)).mode & 0o077).toString(8), file).to.equal("0");
    }
    const encoded = Buffer.from(secret);
    const forms = [encoded, encoded.toString("hex"), encoded.toString("base64")];
    const files = (await readdir(dirname(home), { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).to.be.greaterThan(10);
    for (const { parentPath, name } of files) {
      const content = await readFile(join(parentPath, name));
      for (const form of forms) expect(content.includes(form), name).to.equal(false);
    }
  });

  it("goes on without the votes of a validator that has signed something later, and says why", async () => {
    const [node] = await found(3);
    await node!.start([node!]);
    await until(() => node!.application.height >= 2n);
    await node!.stop();
    const { records, validator, application } = node!;
    const later = Vote.fromPartial({ type: 1, height: 1_000_000n });
    await (await LastSigned.open(records, "nexus-test", validator)).sign(voteSignBytes("nexus-test", later));
    await node!.start([node!]);
    await until(() => node!.lines.some((line) => /has signed its prevote of height 1000000/.test(line)));
    await until(() => node!.lines.some((line) => /^error .*sign.*will not sign/.test(line)));
    const { height } = application;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(application.height).to.equal(height);
    await node!.rpc("health");
  });

  it("says how to get CometBFT when it is missing or of another line", async () => {
    for (const [name, script, reason] of [
      ["absent", undefined, /cannot be run as .*absent \(ENOENT\)/],
      ["old", "#!/bin/sh\necho 0.37.4\n", /is CometBFT 0\.37\.4, and a cloud's nodes run 0\.38/],
    ] as const) {
      const path = join(folder, name);
      if (script !== undefined) await writeFile(path, script, { mode: 0o755 });
      const error = await checkCometBft(path).then(
        () => undefined,
        (reason: unknown) => reason as Error,
      );
      expect(error).to.be.instanceOf(CometBftMissingError);
      expect(error!.message)
        .to.match(reason)
        .and.match(/go install github\.com\/cometbft/);
    }
  });
});

describe("plugin/cloud/cometbft/process, what it inherits", () => {
  it("has nothing of the environment that is not its business", async () => {
    const folder = await mkdtemp(join(tmpdir(), "nexus-inherits-"));
    const script = join(folder, "cometbft");
    process.env["NEXUS_NODE_PASSWORD"] = "a secret of the test";
    try {
      await writeFile(script, "#!/bin/sh\nenv\n", { mode: 0o755 });
      const lines: string[] = [];
      const started = await CometBftProcess.start(script, folder, ({ message }) => lines.push(message));
      await started.crashed();
      while (!lines.some((line) => line.startsWith("PATH=")))
        await new Promise((done) => setTimeout(done, 10));
      expect(lines.filter((line) => line.includes("a secret of the test"))).to.deep.equal([]);
    } finally {
      delete process.env["NEXUS_NODE_PASSWORD"];
      await rm(folder, { recursive: true, force: true });
    }
  });
});
