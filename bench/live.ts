/**
 * What a live cloud takes: `npx hardhat build && npx hardhat run bench/live.ts`, a quicker look with NEXUS_MINUTES=1.
 *
 * Four nodes, each a process with a CometBFT of its own, and a development chain that makes a block a second and one for each
 * transaction, all on this machine. NEXUS_COMETBFT names another CometBFT than the one on the path.
 */
import { readFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";

import { keccak256 } from "ethers";
import hre from "hardhat";

import { EvmContract } from "../plugin/chain/evm-chain.ts";
import { untilInOffice } from "../tasks/found/founding.ts";
import { FINALITY } from "../tasks/rehearse/operators.ts";
import { RehearsedCloud } from "../tasks/rehearse/rehearsed-cloud.ts";

interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly bound: number;
  /** Whether more is better. */
  readonly atLeast?: boolean;
}

const NODES = 4;
const SAMPLES = 20;
/** Minutes under load, requests of one transaction, and how many may wait. */
const MINUTES = Number(process.env["NEXUS_MINUTES"] ?? 5);
const [BURST, WAITING] = [100, 500];
/** Milliseconds between two looks, and that nobody waits longer than for one thing. */
const [LOOK, PATIENCE] = [20, 120_000];

const begun = performance.now();
const say = (what: string): void =>
  console.error(`${((performance.now() - begun) / 1_000).toFixed(1).padStart(6)} s  ${what}`);

/** Seconds that `work` takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return (performance.now() - since) / 1_000;
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + PATIENCE; !(await isSo()); await sleep(LOOK)) {
    if (performance.now() > end) throw new Error(`${what} did not come within ${PATIENCE / 1_000} s.`);
  }
}

/** A contract that asks to count. */
class Crowd {
  readonly #cloud: RehearsedCloud;
  readonly #at: EvmContract;
  readonly #program: string;

  private constructor(cloud: RehearsedCloud, at: EvmContract, program: string) {
    this.#cloud = cloud;
    this.#at = at;
    this.#program = program;
  }

  static async deploy(cloud: RehearsedCloud): Promise<Crowd> {
    const { chain, account, parts } = cloud.founded.home;
    const { abi, bytecode } = await hre.artifacts.readArtifact("Crowd");
    const { abi: interface_ } = new EvmContract("0x", abi);
    const at = new EvmContract(await account.deploy(interface_, bytecode, [parts.get("NexusGateway")!]), abi);
    await chain.rpc("hardhat_setBalance", at.address, "0xd3c21bcecceda1000000");
    return new Crowd(cloud, at, keccak256(await cloud.counter()));
  }

  /** Asks so many times in one transaction. @returns its block */
  async ask(times: number): Promise<bigint> {
    const { home, cloudId } = this.#cloud.founded;
    const fee = 10n ** 16n;
    const { blockNumber } = await home.account.call(this.#at, "ask", [cloudId, this.#program, fee, times]);
    return BigInt(blockNumber);
  }

  /** How many answers have come. */
  async answers(): Promise<number> {
    const [calls] = await this.#cloud.founded.home.chain.read(this.#at, "calls");
    return Number(calls);
  }
}

/** From nothing to a committee in office. */
async function found(cloud: RehearsedCloud): Promise<void> {
  const quiet = { step: say, note: () => undefined };
  const home = await cloud.startChain(11155111);
  await cloud.create(home, { size: `${NODES}`, epochLength: "6h", confirmationWindow: "5m" }, quiet);
  for (const operator of await cloud.makeOperators(NODES)) await cloud.stand(operator);
  await cloud.start();
  const { site, cloudId } = cloud.founded;
  await untilInOffice({ ...site, stopped: AbortSignal.timeout(PATIENCE) }, cloudId, quiet, true);
}

/** Seconds from when a request's block is final until its callback is mined, sorted. */
async function latencies(cloud: RehearsedCloud, crowd: Crowd): Promise<number[]> {
  const { chain } = cloud.founded.home;
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const before = await crowd.answers();
    const final = (await crowd.ask(1)) + BigInt(FINALITY);
    await until("finality", async () => (await chain.head()) >= final);
    times.push(await timed(() => until("an answer", async () => (await crowd.answers()) > before)));
    // At any moment between two looks of the nodes.
    await sleep(500 + 100 * (i % 10));
  }
  return times.sort((a, b) => a - b);
}

/** Resident memory of each node's process, in MiB. */
async function memory(cloud: RehearsedCloud): Promise<number[]> {
  return Promise.all(
    [...cloud.nodes.values()].map(async ({ pid }) => {
      const status = await readFile(`/proc/${pid}/status`, "utf8");
      return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1_024);
    }),
  );
}

/** Asks as long as not too much waits. @returns answers per second, and each node's memory after a first while and at the end */
async function load(
  cloud: RehearsedCloud,
  crowd: Crowd,
): Promise<{ rate: number; first: number[]; last: number[] }> {
  let [asked, first] = [await crowd.answers(), [] as number[]];
  const [before, since] = [asked, performance.now()];
  const passed = (): number => (performance.now() - since) / 60_000;
  while (passed() < MINUTES) {
    const answered = await crowd.answers();
    if (asked - answered + BURST <= WAITING) {
      await crowd.ask(BURST);
      asked += BURST;
      say(`${asked - before} asked, ${answered - before} answered`);
    } else await sleep(LOOK);
    // What a node needs to work at all, it has by then.
    if (first.length === 0 && passed() > MINUTES / 5) first = await memory(cloud);
  }
  const rate = ((await crowd.answers()) - before) / (MINUTES * 60);
  const last = await memory(cloud);
  await until("the last answer", async () => (await crowd.answers()) === asked);
  return { rate, first, last };
}

/** Kills two of four nodes and starts one: without it nothing is signed. @returns seconds from there to an answer */
async function comeback(cloud: RehearsedCloud, crowd: Crowd): Promise<number> {
  const [first, second] = cloud.operators;
  for (const { name } of [first!, second!]) cloud.nodes.get(name)!.kill();
  const before = await crowd.answers();
  await crowd.ask(1);
  await sleep(2_000);
  const time = await timed(async () => {
    await cloud.start([first!]);
    await until("an answer", async () => (await crowd.answers()) > before);
  });
  await cloud.start([second!]);
  return time;
}

function show(figures: readonly Figure[]): void {
  for (const { what, value, unit, bound, atLeast } of figures) {
    const isMet = atLeast === true ? value >= bound : value <= bound;
    const limit = `${atLeast === true ? "≥" : "≤"} ${bound}`;
    const verdict = isMet ? styleText("green", "met") : styleText("red", "missed");
    console.log(
      `${what.padEnd(62)} ${value.toFixed(1).padStart(7)} ${unit.padEnd(11)} ${limit.padEnd(7)} ${verdict}`,
    );
  }
}

const cloud = await RehearsedCloud.open(hre, process.env["NEXUS_COMETBFT"] ?? "cometbft");
process.once("exit", () => cloud.kill());
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
try {
  const founding = await timed(() => found(cloud));
  const crowd = await Crowd.deploy(cloud);
  await crowd.ask(1);
  await until("the first answer", async () => (await crowd.answers()) === 1);
  say("The first request is answered");
  const times = await latencies(cloud, crowd);
  say(`Latencies from ${times[0]!.toFixed(2)} to ${times.at(-1)!.toFixed(2)} s`);
  const back = await comeback(cloud, crowd);
  say("A killed node is back");
  const { rate, first, last } = await load(cloud, crowd);
  console.log(`Load of the machine (1 min): ${loadavg()[0]!.toFixed(1)}`);
  show([
    {
      what: `Founding of ${NODES} nodes from nothing, key ceremony included`,
      value: founding,
      unit: "s",
      bound: 60,
    },
    {
      what: `Request final to callback (median of ${SAMPLES})`,
      value: times[SAMPLES / 2]!,
      unit: "s",
      bound: 1.5,
    },
    { what: "Killed node back and signing", value: back, unit: "s", bound: 10 },
    {
      what: `Small requests for ${MINUTES} min, ${BURST} in a transaction`,
      value: rate,
      unit: "per second",
      bound: 100,
      atLeast: true,
    },
    {
      what: "Memory of a node at the end, to that after a fifth",
      value: Math.max(...last.map((one, i) => one / first[i]!)),
      unit: "times",
      bound: 1.1,
    },
  ]);
  console.log(`Memory of nodes: ${first.join(", ")} MiB after a fifth, ${last.join(", ")} MiB at the end`);
} finally {
  await cloud.close();
}
