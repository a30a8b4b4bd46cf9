import { mkdtemp, readdir, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";

import { CometRpc } from "../../../../plugin/cloud/cometbft/rpc.ts";
import { ValidatorKey } from "../../../../plugin/cloud/cometbft/validator-key.ts";
import { Beginning } from "../../../../plugin/cloud/live/beginning.ts";
import { LightPeers, type Electorate } from "../../../../plugin/cloud/live/light-peers.ts";
import { LightServer } from "../../../../plugin/cloud/live/light-server.ts";
import { commitOf } from "../cometbft/commits.ts";

const CHAIN = "nexus-test";
const DAY = 86_400n;
const keysOf = (...bytes: number[]) => bytes.map((byte) => new ValidatorKey(new Uint8Array(32).fill(byte)));
const [first, second] = [keysOf(1, 2, 3, 4), keysOf(5, 6, 7, 8)];

/** Epoch 1 is of `first`; epoch 2, since `since` days of ten, of `second`. */
function electorate(since?: bigint): Electorate {
  const epoch = (keys: readonly ValidatorKey[], validFrom: bigint) => ({
    identities: keys.map(({ publicKey }) => ({ publicKey })),
    committee: { validFrom },
  });
  const epochs = new Map([[1n, epoch(first, 0n)]]);
  if (since !== undefined) epochs.set(2n, epoch(second, since * DAY));
  return { epochs, current: since === undefined ? 1n : 2n, time: 10n * DAY } as unknown as Electorate;
}

/** A peer as it would be: its blocks, by whom they are signed, and its snapshots. */
interface Peer {
  height: bigint;
  snapshots?: bigint[];
  signers?: readonly ValidatorKey[];
  block?: string;
}

describe("plugin/cloud/live/light-server, light-peers and beginning", () => {
  const servers: LightServer[] = [];
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-light-"));
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function serve({ height, snapshots = [], signers = first, block = "A" }: Peer): Promise<string> {
    const server = await LightServer.listen("127.0.0.1:0", {
      standing: async () => Promise.resolve({ height, snapshots }),
      call: async (method, params) => {
        const { height: asked = String(height) } = params as { height?: string };
        if (BigInt(asked) > height)
          throw new Error(`height ${asked} must be less than or equal to ${height}`);
        return Promise.resolve(
          method === "commit" ? commitOf(CHAIN, Number(asked), block, signers) : { method, params },
        );
      },
    });
    servers.push(server);
    return `127.0.0.1:${server.port}`;
  }
  const signal = new AbortController().signal;
  const peersOf = async (peers: readonly Peer[], of = electorate()) =>
    new LightPeers(await Promise.all(peers.map(serve)), CHAIN, of);
  const ask = async (peers: LightPeers) => peers.ask(0, signal);

  it("answers what light clients ask, and nothing else", async () => {
    const rpc = new CometRpc(await serve({ height: 5n, snapshots: [3n] }));
    expect(await rpc.call("nexus_standing")).to.deep.equal({ height: "5", snapshots: ["3"] });
    expect(await rpc.call("validators", { height: "4", page: 1, per_page: "100" })).to.deep.equal({
      method: "validators",
      params: { height: "4", page: "1", per_page: "100" },
    });
    expect(await rpc.call("consensus_params", { height: "4", other: 1 })).to.deep.equal({
      method: "consensus_params",
      params: { height: "4" },
    });
    await failsWith(rpc.call("commit", { height: "6" }), "height 6 must be less than or equal to 5");
    for (const method of ["broadcast_tx_async", "dial_peers", "unsafe_flush_mempool", "net_info", "block"])
      await failsWith(rpc.call(method), "does not answer|refuses");
    const [{ port }] = servers as [LightServer];
    const status = async (method: string, body: string) =>
      new Promise((resolve, reject) => {
        const request = httpRequest({ port, host: "127.0.0.1", method }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        request.on("error", reject).end(body);
      });
    const commit = JSON.stringify({ method: "commit", params: {} });
    expect(await status("POST", commit)).to.equal(200);
    expect(await status("PUT", commit)).to.equal(405);
    for (const body of ["", "[]", "null", "{", `${commit.slice(0, -1)}, "x": "${"x".repeat(2_000)}"}`])
      expect(await status("POST", body), body.slice(0, 20)).to.equal(400);
  });

  it("believes peers in what a committee with something at stake has decided", async () => {
    const peers = await peersOf([{ height: 0n }, { height: 9n }, { height: 8n, signers: first.slice(2) }]);
    expect((await ask(peers)).map(({ height }) => height)).to.deep.equal([0n, 9n]);
    // Those before are believed for seven days.
    const [late, recent] = [await peersOf([{ height: 9n }], electorate(3n)), electorate(4n)];
    expect(await ask(late)).to.deep.equal([]);
    const both = await peersOf([{ height: 9n }, { height: 9n, signers: second }], recent);
    expect(await ask(both)).to.have.length(2);
  });

  it("begins with the newest snapshot whose block is decided, and asks those that show it", async () => {
    const liar = { height: 9n, snapshots: [7n], signers: first.slice(2) };
    const peers = await peersOf([
      { height: 9n, snapshots: [2n, 6n] },
      { height: 8n, snapshots: [8n] },
      { height: 5n, snapshots: [3n] },
      liar,
    ]);
    const standings = await ask(peers);
    const begun = await peers.snapshot(standings);
    // That of block 8 needs two blocks after it, and nobody showed block 7 of the liar.
    expect(begun!.trustHeight).to.equal(6n);
    expect(begun!.servers).to.deep.equal([standings[0]!.server, standings[1]!.server]);
    expect(begun!.trustHash).to.equal(commitOf(CHAIN, 6, "A", first).signed_header.commit.block_id.hash);
    const alone = await peersOf([{ height: 9n, snapshots: [4n] }]);
    const [one] = await ask(alone);
    expect((await alone.snapshot([one!]))!.servers).to.deep.equal([one!.server, one!.server]);
    const none = await peersOf([{ height: 9n }]);
    expect(await none.snapshot(await ask(none))).to.equal(undefined);
  });

  describe("what may be signed without a record", () => {
    const journal = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const beginning = (peers: LightPeers, mayHaveSigned = true): Beginning =>
      new Beginning({
        peers,
        home: join(folder, "comet"),
        lastSigned: join(folder, "validator"),
        chainId: CHAIN,
        mayHaveSigned: () => mayHaveSigned,
        journal,
      });

    it("is nothing up to three blocks after the last that enough peers show, whatever they show later", async () => {
      const peers = await peersOf([{ height: 9n }, { height: 7n }, { height: 0n }]);
      const one = beginning(peers);
      expect(one.signsAbove).to.equal(undefined);
      await one.prepare(signal);
      expect(one.signsAbove).to.equal(12n);
      expect(await readdir(join(folder, "validator"))).to.deep.equal([`floor-${CHAIN}.json`]);
      const again = beginning(await peersOf([{ height: 99n }, { height: 99n }]));
      await again.prepare(signal);
      expect(again.signsAbove).to.equal(12n);
    });

    it("is everything where no peer has a block, and where the node was of no committee", async () => {
      const founding = beginning(await peersOf([{ height: 0n }, { height: 0n }, { height: 0n }]));
      await founding.prepare(signal);
      expect(founding.signsAbove).to.equal(0n);
      await rm(join(folder, "validator"), { recursive: true });
      const follower = beginning(await peersOf([{ height: 9n }]), false);
      await follower.prepare(signal);
      expect(follower.signsAbove).to.equal(0n);
    });

    it("is nothing until enough peers answer", async () => {
      const none = await LightServer.listen("127.0.0.1:0", {
        standing: async () => Promise.reject(new Error("no")),
        call: async () => Promise.reject(new Error("no")),
      });
      servers.push(none);
      const silent = `127.0.0.1:${none.port}`;
      const peers = new LightPeers([await serve({ height: 9n }), silent, silent], CHAIN, electorate());
      const stopped = AbortSignal.abort();
      const one = beginning(peers);
      await one.prepare(stopped);
      expect(one.signsAbove).to.equal(undefined);
    });
  });
});

async function failsWith(promise: Promise<unknown>, pattern: string): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown as Error,
  );
  expect(error?.message).to.match(new RegExp(pattern));
}
