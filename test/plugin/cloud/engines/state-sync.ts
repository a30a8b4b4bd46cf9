import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect } from "chai";
import { getBytes, keccak256, toBeHex } from "ethers";
import {
  ResponseApplySnapshotChunk_Result as Applied,
  ResponseOfferSnapshot_Result as Offered,
  type Snapshot,
} from "cosmjs-types/tendermint/abci/types";

import {
  decodeContents,
  encodeContents,
  SnapshotStore,
  type SnapshotContents,
} from "../../../../plugin/cloud/engines/snapshot-store.ts";
import { StateSync } from "../../../../plugin/cloud/engines/state-sync.ts";
import type { CloudNode } from "../../../../plugin/cloud/node/cloud-node.ts";
import type { Block } from "../../../../plugin/cloud/replication/block.ts";
import { prebuilt } from "../../../programs/guest.ts";
import { epochOf, nodeOf, THRESHOLD } from "../node/members.ts";
import { requestEvent } from "../replication/events.ts";

const counter = prebuilt("counter");
const add = (nonce: number) =>
  requestEvent(nonce, keccak256(counter), Buffer.from(toBeHex(1, 32).slice(2), "hex"));
const seen = [add(0), add(1), add(2)];
const HEIGHT = 7n;

describe("plugin/cloud/engines/state-sync", () => {
  const epoch = epochOf(1n);
  const next = epochOf(2n);
  let folder: string;
  let peer: CloudNode;
  let snapshot: Snapshot;
  let chunks: Uint8Array[];
  let appHash: Uint8Array;
  let complaints: string[];

  /** Has nodes order a block, and sign it. */
  const follow = async (nodes: readonly CloudNode[], block: Block): Promise<void> => {
    for (const node of nodes) await node.finalizeBlock(block);
    const extensions = await Promise.all(nodes.map((node) => node.extendVote(block.height)));
    const { certificate } = nodes[0]!.combine(block.height, extensions);
    for (const node of nodes) expect(await node.certify(block.height, certificate!)).to.equal(undefined);
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "nexus-state-sync-"));
    const nodes = await Promise.all(
      Array.from({ length: THRESHOLD }, (_, i) => nodeOf(epoch, i, { seen, epochs: [next] })),
    );
    for (const node of nodes) node.propose({ kind: "program", module: counter });
    peer = nodes[0]!;
    for (let height = 1; height <= 2; height++) await follow(nodes, (await peer.prepareProposal())!);
    const store = new SnapshotStore(folder, { every: 5, keep: 1 });
    const { chunks: all, ...state } = peer.snapshot()!;
    await store.take(HEIGHT, state, all);
    [snapshot] = (await store.list()) as [Snapshot];
    chunks = await Promise.all(
      Array.from({ length: snapshot.chunks }, async (_, i) => (await store.chunk(HEIGHT, i))!),
    );
    appHash = getBytes(peer.tipHash!);
  });
  after(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => (complaints = []));

  const syncOf = (node: CloudNode, sight: ReadonlySet<bigint> = new Set([1n, 2n]), patience = 0): StateSync =>
    new StateSync(
      node,
      (what, error) => complaints.push(`${what}: ${(error as Error).message}`),
      (number) => sight.has(number),
      patience,
    );
  const apply = async (sync: StateSync, all: readonly Uint8Array[]) => {
    const answers = [];
    for (const [index, chunk] of all.entries())
      answers.push(await sync.apply({ index, chunk, sender: `peer ${index}` }));
    return answers.at(-1)!;
  };
  /** The snapshot with other contents, its hash right. */
  const altered = (change: Partial<SnapshotContents>): Snapshot => {
    const metadata = encodeContents({ ...decodeContents(snapshot.metadata), ...change });
    return { ...snapshot, metadata, hash: getBytes(keccak256(metadata)) };
  };

  it("makes an empty node what its peers are, and it goes on with them", async () => {
    const node = await nodeOf(epoch, 3, { seen, epochs: [next] });
    const sync = syncOf(node);
    expect((await sync.offer({ snapshot, appHash })).result).to.equal(Offered.ACCEPT);
    const { response, restored } = await apply(sync, chunks);
    expect([response.result, restored]).to.deep.equal([Applied.ACCEPT, HEIGHT]);
    expect([node.height, node.epoch, node.tipHash]).to.deep.equal([2, 1n, peer.tipHash]);
    expect(node.certificate(2)).to.deep.equal(peer.certificate(2));
    expect(node.application.state.head).to.deep.equal(peer.application.state.head);
    seen.push(add(3));
    const block = (await peer.prepareProposal())!;
    expect(await node.processProposal(block)).to.equal(undefined);
    expect(node.execute(block).record).to.deep.equal(peer.execute(block).record);
    expect(complaints).to.deep.equal([]);
  });

  it("refuses what is not of the block that CometBFT vouches for, or not signed by the committee", async () => {
    const node = await nodeOf(epoch, 3, { seen });
    const sync = syncOf(node);
    const { certificate, hashes } = decodeContents(snapshot.metadata);
    const [header] = certificate.headers;
    const forged = [{ ...header!, header: { ...header!.header, stateRoot: `0x${"11".repeat(32)}` } }];
    const cases: [string, Snapshot, Uint8Array, RegExp][] = [
      ["another block's hash", snapshot, new Uint8Array(32), /certificate is for block 0x.* and not 0x0000/],
      [
        "another state root",
        altered({ certificate: { ...certificate, headers: forged } }),
        appHash,
        /signature for chain \d+ is not that of epoch 1/,
      ],
      [
        "no signature",
        altered({ certificate: { ...certificate, signatures: [new Uint8Array(64)] } }),
        appHash,
        /signature for chain/,
      ],
      [
        "no header",
        altered({ certificate: { ...certificate, headers: [], signatures: [] } }),
        appHash,
        /0 signatures of 0 headers/,
      ],
      ["another epoch", altered({ epoch: 0n }), appHash, /certificate is for block/],
      ["a chunk less", altered({ hashes: hashes.slice(1) }), appHash, /names \d+ of \d+ chunks/],
      [
        "a hash of something else",
        { ...snapshot, hash: new Uint8Array(32) },
        appHash,
        /hash is of something/,
      ],
      [
        "more chunks than there can be",
        {
          ...altered({ hashes: new Array<Uint8Array>(5_000).fill(new Uint8Array(32)) }),
          chunks: 5_000,
        },
        appHash,
        /5000 chunks are too many/,
      ],
      ["no contents", { ...snapshot, metadata: Uint8Array.of(0xc0) }, appHash, /Malformed RLP/],
    ];
    for (const [what, offered, hash, why] of cases) {
      complaints = [];
      expect((await sync.offer({ snapshot: offered, appHash: hash })).result, what).to.equal(
        Offered.REJECT_SENDER,
      );
      expect(complaints.join(), what).to.match(why);
      expect((await apply(sync, chunks)).response.result, what).to.equal(Applied.ABORT);
    }
    expect((await sync.offer({ snapshot: { ...snapshot, format: 2 }, appHash })).result).to.equal(
      Offered.REJECT_FORMAT,
    );
    expect(node.height).to.equal(0);
  });

  it("waits for an epoch that it does not see yet, and holds it against nobody", async () => {
    const sight = new Set<bigint>();
    const node = await nodeOf(epoch, 3, { seen });
    const late = await syncOf(node, sight).offer({ snapshot, appHash });
    expect(late.result).to.equal(Offered.REJECT);
    expect(complaints.join()).to.match(/sees no committee of epoch 1 yet/);
    const waiting = syncOf(node, sight, 60_000);
    let answered = false;
    const offered = waiting.offer({ snapshot, appHash }).finally(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(answered).to.equal(false);
    sight.add(1n);
    expect((await offered).result).to.equal(Offered.ACCEPT);
    expect((await apply(waiting, chunks)).response.result).to.equal(Applied.ACCEPT);
    expect(node.tipHash).to.equal(peer.tipHash);
    // One who lies about an epoch that is seen is asked no more.
    const { certificate } = decodeContents(snapshot.metadata);
    const lie = altered({ certificate: { ...certificate, epoch: 2n } });
    const other = syncOf(await nodeOf(epoch, 3, { seen, epochs: [next] }));
    expect((await other.offer({ snapshot: lie, appHash })).result).to.equal(Offered.REJECT_SENDER);
  });

  it("waits once, however many epochs that nobody sees it is told of, and takes a true snapshot then", async () => {
    const { certificate } = decodeContents(snapshot.metadata);
    const node = await nodeOf(epoch, 3, { seen });
    const asked: bigint[] = [];
    const sync = new StateSync(
      node,
      () => undefined,
      (number) => {
        asked.push(number);
        return number === 1n;
      },
      200,
    );
    for (let number = 10n; number < 15n; number++) {
      const invented = altered({ certificate: { ...certificate, epoch: number } });
      expect((await sync.offer({ snapshot: invented, appHash })).result).to.equal(Offered.REJECT);
    }
    expect(asked.filter((number) => number === 10n).length).to.be.greaterThan(1);
    expect(asked.filter((number) => number > 10n)).to.deep.equal([11n, 12n, 13n, 14n]);
    expect((await sync.offer({ snapshot, appHash })).result).to.equal(Offered.ACCEPT);
  });

  it("asks another peer for a bad chunk, and refuses a snapshot whose chunks are another state, writing nothing", async () => {
    const node = await nodeOf(epoch, 3, { seen });
    const sync = syncOf(node);
    await sync.offer({ snapshot, appHash });
    const bad = chunks[0]!.map((byte, i) => (i === chunks[0]!.length - 1 ? byte ^ 1 : byte));
    const { response } = await sync.apply({ index: 0, chunk: bad, sender: "a liar" });
    expect(response).to.deep.equal({
      result: Applied.RETRY,
      refetchChunks: [0],
      rejectSenders: ["a liar"],
    });

    const hashes = [getBytes(keccak256(bad)), ...decodeContents(snapshot.metadata).hashes.slice(1)];
    expect((await sync.offer({ snapshot: altered({ hashes }), appHash })).result).to.equal(Offered.ACCEPT);
    const lying = await apply(sync, [bad, ...chunks.slice(1)]);
    expect(lying.response.result).to.equal(Applied.REJECT_SNAPSHOT);
    expect(lying.response.rejectSenders).to.deep.equal(chunks.map((_, i) => `peer ${i}`));
    expect([node.height, node.tipHash]).to.deep.equal([0, undefined]);

    await sync.offer({ snapshot, appHash });
    expect((await apply(sync, chunks)).restored, "it is none the worse for it").to.equal(HEIGHT);
    // Killed before CometBFT knew, it is offered the same once more; and of another it takes nothing.
    expect((await sync.offer({ snapshot, appHash })).result).to.equal(Offered.ACCEPT);
    expect((await apply(sync, chunks)).restored).to.equal(HEIGHT);
    expect((await sync.offer({ snapshot, appHash: new Uint8Array(32) })).result).to.equal(Offered.REJECT);
  });

  it("takes snapshots as often as planned, keeps the newest, and forgets what was left unfinished", async () => {
    const store = new SnapshotStore(join(folder, "planned"), { every: 5, keep: 2 });
    const certified = decodeContents(snapshot.metadata);
    const take = (height: bigint) =>
      store.take(
        height,
        certified,
        (async function* () {
          yield Uint8Array.of(Number(height));
        })(),
      );
    expect([await store.isDue(4n), await store.isDue(5n)]).to.deep.equal([false, true]);
    await take(5n);
    expect([await store.isDue(9n), await store.isDue(10n)]).to.deep.equal([false, true]);
    const broken = store.take(
      10n,
      certified,
      (async function* () {
        throw new Error("the disk is full");
      })(),
    );
    expect(await broken.catch((error: Error) => error.message)).to.equal("the disk is full");
    expect((await store.list()).map(({ height }) => height)).to.deep.equal([5n]);
    for (const height of [10n, 15n]) await take(height);
    expect((await store.list()).map(({ height }) => height)).to.deep.equal([10n, 15n]);
    expect(await readdir(join(folder, "planned"))).to.have.members(["10", "15"]);
    expect([await store.chunk(15n, 0), await store.chunk(15n, 1), await store.chunk(5n, 0)]).to.deep.equal([
      Uint8Array.of(15),
      undefined,
      undefined,
    ]);
  });
});
