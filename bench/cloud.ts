/**
 * What the embedded cloud takes: `npx hardhat build && npx hardhat run bench/cloud.ts`.
 *
 * Everything is what a test has: a simulated chain, real contracts, keys and signatures, all nodes in this one process.
 */
import { loadavg } from "node:os";
import { parseArgs, styleText } from "node:util";

import { toBeHex } from "ethers";
import { network } from "hardhat";

interface Figure {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly budget: number;
  /** Whether more is better. */
  readonly atLeast?: boolean;
}

const { values } = parseArgs({ options: { requests: { type: "string", default: "640" } }, strict: false });
const REQUESTS = Number(values["requests"]);
const SAMPLES = 50;

/** Wall-clock milliseconds of `work`. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function boot(nodes: number): Promise<number> {
  const connection = await network.create({ network: "l1" });
  const { EmbeddedCloud } = await import("../plugin/cloud/embedded/embedded-cloud.ts");
  const { EvmChain } = await import("../plugin/chain/evm-chain.ts");
  const options = {
    nodes,
    suite: "BN254",
    fees: "none",
    limits: {},
  } as const;
  const chain = await EvmChain.connect(connection.provider, 0);
  const time = await timed(async () => EmbeddedCloud.boot(chain, options));
  await connection.close();
  return time;
}

async function latencies(): Promise<number[]> {
  const { ethers, nexus } = await network.create("l1");
  const { id } = await nexus.program("counter");
  const counter = await ethers.deployContract("Counter", [await nexus.gateway(), await nexus.cloudId(), id]);
  const fee = (await counter.fee()) * 2n;
  const times: number[] = [];
  for (let i = 0; i < SAMPLES + 5; i++) times.push(await timed(() => counter.add(1, { value: fee })));
  if ((await counter.count()) !== BigInt(SAMPLES + 5)) throw new Error("A callback is missing.");
  return times.slice(5).sort((a, b) => a - b);
}

/** Requests, all in one mined block, until all callbacks have run; how long after the block. */
async function batch(): Promise<number> {
  const { ethers, nexus, provider } = await network.create("l1");
  const { id } = await nexus.program("counter");
  const counter = await ethers.deployContract("Counter", [await nexus.gateway(), await nexus.cloudId(), id]);
  const fee = (await counter.fee()) * 2n;
  await provider.request({ method: "evm_setBlockGasLimit", params: [toBeHex(1_000_000_000)] });
  await provider.request({ method: "evm_setAutomine", params: [false] });
  for (let i = 0; i < REQUESTS; i++) await counter.add(1, { value: fee, gasLimit: 300_000 });
  const time = await timed(() => provider.request({ method: "evm_mine" }));
  if ((await counter.count()) !== BigInt(REQUESTS)) throw new Error("A callback is missing.");
  return time;
}

await boot(4);
const four = Math.min(await boot(4), await boot(4), await boot(4));
const sixteen = await boot(16);
const times = await latencies();
const served = await batch();
const figures: Figure[] = [
  { what: "Boot of 4 nodes with key generation (best of 3)", value: four, unit: "ms", budget: 1_500 },
  { what: "Boot of 16 nodes with key generation", value: sixteen, unit: "ms", budget: 10_000 },
  {
    what: `Request to finished callback (median of ${SAMPLES})`,
    value: times[SAMPLES / 2]!,
    unit: "ms",
    budget: 100,
  },
  {
    what: `Requests served, ${REQUESTS} in one block`,
    value: (REQUESTS / served) * 1_000,
    unit: "per second",
    budget: 200,
    atLeast: true,
  },
];
console.log(`Load of the machine (1 min): ${loadavg()[0]!.toFixed(1)}`);
for (const { what, value, unit, budget, atLeast } of figures) {
  const good = atLeast === true ? value >= budget : value <= budget;
  const bound = `${atLeast === true ? "≥" : "≤"} ${budget}`;
  const verdict = good ? styleText("green", "met") : styleText("red", "missed");
  console.log(
    `${what.padEnd(52)} ${value.toFixed(0).padStart(7)} ${unit.padEnd(11)} ${bound.padEnd(9)} ${verdict}`,
  );
}
