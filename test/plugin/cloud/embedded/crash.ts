import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import { expect } from "chai";
import { getBytes, hexlify, toBeHex } from "ethers";
import { network } from "hardhat";

import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";
import { EvmChain, EvmContract, type Eip1193 } from "../../../../plugin/chain/evm-chain.ts";
import * as digests from "../../../../plugin/contracts/digests.ts";
import { BlockStore } from "../../../../plugin/cloud/replication/block-store.ts";
import { nodeFolder } from "../../../../plugin/cloud/embedded/foundation.ts";
import { LevelStore } from "../../../../plugin/cloud/storage/level-store.ts";
import { State } from "../../../../plugin/cloud/storage/state.ts";
import { seeded } from "../../../seeded.ts";
import type { Orders, Ready } from "./crashing-cloud.ts";
import { watchedChain, type WatchedChain } from "../chains/watched-chain.ts";

const SEED = process.env["NEXUS_CRASH_SEED"] ?? "crash 1";
const KILLS = process.env["NEXUS_SLOW"] === "1" ? 40 : 8;
/** How many kills may come when nothing is under way, because the instant drawn did not come. */
const MOST_IDLE = KILLS / 10;
const NODES = 4;
/** For how long requests are made to a process whose instant does not come, in milliseconds. */
const PATIENCE = 20_000;

/** What a process is killed on; numbers count from the moment given. */
type Instant =
  /** A moment after it began to serve, in milliseconds. */
  | { readonly kind: "time"; readonly milliseconds: number }
  /** A call to the chain, which is executed or not, counted from its start. */
  | { readonly kind: "call"; readonly count: number; readonly when: "before" | "after" }
  /** A transaction, counted from its start. */
  | { readonly kind: "transaction"; readonly count: number; readonly when: "before" | "after" }
  /** A write to disk, counted from its start. */
  | { readonly kind: "write"; readonly count: number; readonly when: "before" | "after" };

describe(`a cloud that is killed ${KILLS} times (seed "${SEED}")`, () => {
  const random = seeded(SEED);
  /** A number in [1, bound]. */
  const upTo = (bound: number): number => Number(random.scalar(BigInt(bound) + 1n));
  // How many requests are made until an instant comes depends on the machine, and must not change what is drawn above.
  const pauses = seeded(`${SEED}, pauses`);
  const requestIds: string[] = [];
  let directory: string;
  let provider: Eip1193;
  let watched: WatchedChain;
  let chain: EvmChain;
  let cloud: Ready | undefined;
  let user: string;
  let mining: NodeJS.Timeout;
  const children: ChildProcess[] = [];

  before(async () => {
    const connection = await network.create("l1");
    provider = connection.provider;
    watched = await watchedChain(provider);
    chain = await EvmChain.connect(provider, 0);
    user = ((await provider.request({ method: "eth_accounts" })) as string[])[5]!;
    directory = await mkdtemp(join(tmpdir(), "nexus-crash-"));
    // Where transactions are not mined at once, somebody else mines them.
    mining = setInterval(() => void provider.request({ method: "evm_mine" }), 100);
  });
  after(async () => {
    clearInterval(mining);
    for (const child of children) child.kill("SIGKILL");
    watched.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("keeps every block whole, and loses or repeats no request", async function () {
    this.timeout(KILLS * 15_000 + 60_000);
    const where: string[] = [];
    let idle = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      // The first two come while the cloud is founded; some while an epoch is opened, because time has passed.
      const founding = kill < 2;
      const renewing = kill % 7 === 4;
      if (renewing) await letEpochLapse();
      await provider.request({ method: "evm_setAutomine", params: [kill % 3 !== 0] });
      const instant = drawInstant(founding || renewing);
      const at = await runUntil(instant);
      if (at === undefined) idle += 1;
      where.push(at ?? "when idle");
    }
    await provider.request({ method: "evm_setAutomine", params: [true] });
    await serveEverything();
    await checkNodes();
    console.log(`      ${requestIds.length} requests, killed ${where.join(", ")}`);
    expect(idle, "kills with nothing under way").to.be.at.most(MOST_IDLE);
  });

  function drawInstant(early: boolean): Instant {
    const when = upTo(2) === 1 ? "before" : "after";
    switch (early ? 1 + upTo(3) : upTo(4)) {
      case 1:
        return { kind: "time", milliseconds: upTo(250) };
      case 2:
        return { kind: "call", count: upTo(early ? 150 : 80), when };
      case 3:
        return { kind: "transaction", count: upTo(early ? 12 : 3), when };
      default:
        return { kind: "write", count: upTo(early ? 12 : 24), when };
    }
  }

  /**
   * Runs the cloud until the instant comes, with requests made all the while.
   *
   * @returns where it was killed; undefined when the instant did not come, and it was killed in the end
   */
  async function runUntil(instant: Instant): Promise<string | undefined> {
    const { child, ready } = start(instant);
    let isOver = false;
    const exited = once(child, "exit").then(() => (isOver = true));
    let calls = 0;
    let wasIdle = false;
    watched.watch = (when, method) => {
      if (when === "before" && (instant.kind === "call" || method === "eth_sendTransaction")) calls += 1;
      const counts =
        instant.kind === "call" || (instant.kind === "transaction" && method === "eth_sendTransaction");
      // Calls overlap: when one is over, others may have begun since.
      if (counts && instant.when === when && calls >= instant.count) child.kill("SIGKILL");
    };
    if (cloud !== undefined) await makeRequests(upTo(3));
    const isReady = await Promise.race([ready.then(() => true), exited.then(() => false)]);
    if (isReady) {
      if (instant.kind === "time") setTimeout(() => child.kill("SIGKILL"), instant.milliseconds);
      const late = setTimeout(() => {
        wasIdle = true;
        child.kill("SIGKILL");
      }, PATIENCE);
      while (!isOver) await makeRequests(1);
      clearTimeout(late);
    }
    await exited;
    watched.watch = () => {};
    expect(child.signalCode, "the process was killed and did not fail").to.equal("SIGKILL");
    if (wasIdle) return undefined;
    const detail =
      instant.kind === "time" ? `${instant.milliseconds} ms` : `${instant.when} ${instant.count}`;
    return `at ${instant.kind} ${detail}${isReady ? "" : " of the start"}`;
  }

  /** Starts a process of the cloud; `ready` says what it serves. */
  function start(instant?: Instant): { child: ChildProcess; ready: Promise<void> } {
    const orders: Orders = {
      url: watched.url,
      directory,
      program: fileURLToPath(new URL("../../../../programs/prebuilt/counter.wasm", import.meta.url)),
      ...(instant?.kind === "write" && { die: { write: instant.count, when: instant.when } }),
    };
    const file = fileURLToPath(new URL("crashing-cloud.ts", import.meta.url));
    const child = spawn(process.execPath, ["--no-warnings", file, JSON.stringify(orders)], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: process.env["PATH"] },
    });
    children.push(child);
    const ready = once(createInterface(child.stdout), "line").then(([line]) => {
      const found = JSON.parse(line as string) as Ready;
      if (cloud !== undefined) expect(found, "it is the same cloud").to.deep.equal(cloud);
      cloud = found;
    });
    return { child, ready };
  }

  /** Makes requests; none while the old committee's time is over and the new one is not in office, when none is taken. */
  async function makeRequests(count: number): Promise<void> {
    const gateway = gatewayOf(cloud!);
    for (let i = 0; i < count; i++) {
      const deadline = (await chain.latestTimestamp()) + 29n * 86_400n;
      const data = gateway.abi.encodeFunctionData("request", [
        cloud!.cloudId,
        cloud!.programId,
        toBeHex(1, 32),
        0,
        deadline,
        { fuel: 10n ** 8n, outputBytes: 1_024n },
      ]);
      const hash = await chain
        .send({ from: user, to: gateway.address, data, gas: 500_000n })
        .catch((error: Error) => {
          if (!error.message.includes("GatewayNoCommittee")) throw error;
        });
      if (hash === undefined) {
        await sleep(50);
        continue;
      }
      let receipt = await chain.receipt(hash);
      for (; receipt === undefined; receipt = await chain.receipt(hash)) await sleep(20);
      const [requested] = receipt.logs.map((log) => gateway.parse(log));
      // Mined only after the committee's time was over, it failed.
      if (requested !== undefined) requestIds.push(requested.args["requestId"] as string);
      await sleep(Number(pauses.scalar(60n)));
    }
  }

  /** Runs the cloud until nothing is open, and ends it well. */
  async function serveEverything(): Promise<void> {
    const { child, ready } = start();
    const exited = once(child, "exit");
    await ready;
    await makeRequests(1);
    const gateway = gatewayOf(cloud!);
    for (const id of requestIds) {
      for (;;) {
        const [status] = await chain.read(gateway, "statusOf", id);
        if (status !== 1n) break;
        expect(child.exitCode, "it runs").to.equal(null);
        await sleep(50);
      }
    }
    child.kill("SIGTERM");
    expect(await exited).to.deep.equal([0, null]);
  }

  /** Serves everything, since requests would run out too, and goes to where the committee's time is over. */
  async function letEpochLapse(): Promise<void> {
    await provider.request({ method: "evm_setAutomine", params: [true] });
    await serveEverything();
    await provider.request({ method: "evm_increaseTime", params: [61 * 86_400] });
    await provider.request({ method: "evm_mine" });
  }

  async function checkNodes(): Promise<void> {
    const gateway = gatewayOf(cloud!);
    const logs = await chain.logs([gateway.address], 0n, await chain.head());
    const fulfilled = logs.map((log) => gateway.parse(log)).filter((log) => log?.name === "Fulfilled");
    const answered = fulfilled.map((log) => log!.args["requestId"] as string);
    expect(answered.sort(), "each request fulfilled once").to.deep.equal([...requestIds].sort());
    const counts = fulfilled.map((log) => Number(log!.args["output"])).sort((a, b) => a - b);
    expect(counts, "each request served once").to.deep.equal(requestIds.map((_, i) => i + 1));

    const histories: string[][] = [];
    for (let node = 1; node <= NODES; node++) {
      const store = await LevelStore.open(nodeFolder(directory, node));
      const state = await State.open(store, { history: Infinity });
      try {
        await state.verify();
        const count = state.get(getBytes(cloud!.programId), new TextEncoder().encode("count"));
        expect(BigInt(hexlify(count!)), `count of node ${node}`).to.equal(BigInt(requestIds.length));
        const blocks = new BlockStore(store);
        const history: string[] = [];
        for (let height = 1; height <= state.head.height; height++) {
          expect(blocks.block(height).height).to.equal(height);
          const record = blocks.record(height);
          expect(record.height).to.equal(height);
          const certificate = blocks.certificate(height);
          const signed = certificate!.headers.map(({ header }) => header);
          expect(signed, `certificate ${height} of node ${node}`).to.deep.equal(
            record.chains.map(({ header }) => header),
          );
          const headers = record.chains.map((one) =>
            digests.header(one.chainId, one.gateway, cloud!.cloudId, record.epoch, one.header),
          );
          expect(hexlify(digests.list(headers)), `headers ${height} of node ${node}`).to.equal(
            record.blockHash,
          );
          expect(certificate!.signatures.length).to.equal(headers.length);
          history.push(record.blockHash);
        }
        const last = blocks.record(state.head.height).chains[0]!.header.stateRoot;
        expect(last, "the state is that of the last block").to.equal(hexlify(state.head.stateRoot));
        histories.push(history);
      } finally {
        await state.close();
      }
    }
    for (const history of histories) expect(history).to.deep.equal(histories[0]);
  }

  function gatewayOf({ gateway }: Ready): EvmContract {
    return new EvmContract(gateway, loadArtifact("NexusGateway").abi);
  }
});
