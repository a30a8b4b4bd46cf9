/**
 * npx node bench/state-sync.ts [--quick]: a node without a state joins a cloud of four over CometBFT itself, whose state has 1,000,000
 * keys (--quick: 50,000), on this machine. Bound: 120 s from its start until it has the others' last block. All five nodes
 * share one process, beside their five of CometBFT.
 */
import { execFileSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keccak_256 } from "@noble/hashes/sha3.js";
import { keccak256 } from "ethers";

import { SnapshotStore } from "../plugin/cloud/engines/snapshot-store.ts";
import { toBinary } from "../plugin/cloud/storage/bytes.ts";
import { LevelStore } from "../plugin/cloud/storage/level-store.ts";
import type { Changes } from "../plugin/cloud/storage/records.ts";
import { wholeState } from "../plugin/cloud/storage/restoring.ts";
import { State } from "../plugin/cloud/storage/state.ts";
import {
  cometCloud,
  newcomer,
  until,
  type CometMember,
  type Registry,
} from "../test/plugin/cloud/engines/cometbft-cloud.ts";
import { requestEvent } from "../test/plugin/cloud/replication/events.ts";
import { prebuilt } from "../test/programs/guest.ts";

const KEYS = process.argv.includes("--quick") ? 50_000 : 1_000_000;
/** Values of an account. */
const ACCOUNT_KEYS = 500_000;
const BOUND_SECONDS = 120;
const MEBIBYTE = 2 ** 20;

/** Takes one snapshot, and says how long that took. */
class TimedSnapshot extends SnapshotStore {
  seconds: number | undefined;
  bytes = 0;
  chunks = 0;
  largest = 0;

  override async isDue(height: bigint): Promise<boolean> {
    return this.seconds === undefined && (await super.isDue(height));
  }

  override async take(...[height, state, chunks]: Parameters<SnapshotStore["take"]>): Promise<void> {
    const start = performance.now();
    await super.take(height, state, this.#counted(chunks));
    this.seconds = (performance.now() - start) / 1_000;
  }

  async *#counted(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.bytes += chunk.length;
      this.chunks += 1;
      this.largest = Math.max(this.largest, chunk.length);
      yield chunk;
    }
  }
}

/** Fills a store with what all members have before the cloud's first block. */
async function fill(path: string): Promise<void> {
  const contents: Changes = new Map();
  for (let at = 0; at < KEYS; at += ACCOUNT_KEYS) {
    const values = new Map<string, Uint8Array>();
    for (let i = at; i < Math.min(KEYS, at + ACCOUNT_KEYS); i++)
      values.set(`balance/${String(i).padStart(8, "0")}`, keccak_256(Buffer.from(String(i))));
    contents.set(toBinary(keccak_256(Buffer.from(`program ${at}`))), { values, outboundNonce: 0 });
  }
  const state = await State.open(await LevelStore.open(path));
  const { stateRoot } = await wholeState(contents);
  await state.restore({ height: 0, stateRoot }, contents);
  await state.close();
}

// In a process of its own, whose memory does not count.
const FILL = "--fill";
if (process.argv.includes(FILL)) {
  await fill(process.argv.at(-1)!);
  process.exit();
}

const since = (start: number): number => (performance.now() - start) / 1_000;
/** Most memory that this process has had at once, MiB. */
const memory = (): number => Math.round(process.resourceUsage().maxRSS / 1_024);

const folder = await mkdtemp(join(tmpdir(), "nexus-bench-"));
const registry: Registry = [];
const members = await cometCloud(folder, "state sync", registry);
const late = await newcomer(folder, "a newcomer", registry, members.length);
const nodes = [...members, late];
let seconds = Infinity;
try {
  let start = performance.now();
  execFileSync(process.execPath, [...process.argv.slice(1), FILL, join(folder, "filled")], {
    stdio: "inherit",
  });
  console.log(`${KEYS} keys written in ${since(start).toFixed(0)} s`);
  const stores: TimedSnapshot[] = [];
  for (const member of nodes) {
    const path = join(folder, `state${member.index}`);
    if (member !== late) await cp(join(folder, "filled"), path, { recursive: true });
    member.state = await LevelStore.open(path);
  }
  const [first, second] = members as [CometMember, CometMember];
  for (const member of [first, second]) {
    member.snapshots = (path) => {
      const store = new TimedSnapshot(path, { every: 1, keep: 1 });
      stores.push(store);
      return store;
    };
  }
  start = performance.now();
  await Promise.all(members.map((member) => member.start(members)));
  console.log(`4 nodes opened in ${since(start).toFixed(0)} s`);
  for (const member of members) await member.propose({ kind: "program", module: prebuilt("fibonacci") });
  const ask = async (nonce: number): Promise<void> => {
    const event = requestEvent(nonce, keccak256(prebuilt("fibonacci")), "30");
    const { height } = first.node!;
    await Promise.all(members.map((member) => member.see(event)));
    await until(() => members.every(({ node }) => node!.height > height && node!.certificate(node!.height)));
  };
  await until(() => members.every(({ node }) => node!.proposed.length === 0));
  await ask(0);
  await until(() => stores.every(({ seconds: taken }) => taken !== undefined));
  await ask(1);
  await until(async () => (await first.snapshotHeights()).length > 0);

  const { signed_header: trusted } = (await first.rpc("commit")) as {
    signed_header: { header: { height: string }; commit: { block_id: { hash: string } } };
  };
  late.stateSync = {
    servers: [first, second].map(({ rpcPort }) => `127.0.0.1:${rpcPort}`),
    trustHeight: BigInt(trusted.header.height),
    trustHash: trusted.commit.block_id.hash,
  };
  late.seen.push(...first.seen);
  const before = memory();
  start = performance.now();
  await late.start(nodes);
  await until(() => late.node!.height >= first.node!.height);
  seconds = since(start);
  if (late.node!.tipHash !== first.node!.tipHash || late.node!.application.blocks.has(1))
    throw new Error("The newcomer did not take a snapshot.");
  const [{ seconds: taking, bytes, chunks, largest }] = stores as [TimedSnapshot];
  console.table({
    keys: KEYS,
    "snapshot taken, s": taking!.toFixed(1),
    "snapshot, MiB": (bytes / MEBIBYTE).toFixed(1),
    chunks,
    "largest chunk, MiB (CometBFT: 16)": (largest / MEBIBYTE).toFixed(2),
    "most memory before, of 4 nodes, MiB": before,
    "most memory after, of 5 nodes, MiB": memory(),
    "synced, s": seconds.toFixed(1),
    "bound, s": BOUND_SECONDS,
  });
} finally {
  await Promise.all(nodes.map((member) => member.stop()));
  await Promise.all(nodes.map((member) => member.state.close()));
  await rm(folder, { recursive: true, force: true });
}
if (seconds > BOUND_SECONDS) process.exitCode = 1;
