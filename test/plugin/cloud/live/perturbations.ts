/** A live cloud of four under load, of which at most one node at a time is disturbed: its processes are real, and end for real. */
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";

import type { Operator } from "../../../../tasks/rehearse/operators.ts";
import { seeded, type Seeded } from "../../../seeded.ts";
import { hasCometBft } from "../cometbft/available.ts";
import { CountingLoad } from "./counting-load.ts";
import { PerturbedCloud } from "./perturbed-cloud.ts";

/** The seed can be chosen, to see a failure again; minutes make it a long run, and otherwise each perturbation comes once. */
const SEED = process.env["NEXUS_SEED"] ?? "perturbations";
const MINUTES = Number(process.env["NEXUS_CHAOS_MINUTES"] ?? 0);
const KILLS = Number(process.env["NEXUS_CHAOS_KILLS"] ?? 10);
/** How often the same node is killed in a row, and the most milliseconds that it has until the next time. */
const [IN_A_ROW, MOST_LIFE] = [5, 5_000];
/** Milliseconds for which a perturbation goes on at least. */
const [SHORTEST, LONGEST] = [1_000, 8_000];

type Act = (cloud: PerturbedCloud, node: Operator) => Promise<void> | void;

/** How each begins and ends. */
const PERTURBATIONS: Readonly<Record<string, readonly [Act, Act]>> = {
  "is killed with its CometBFT": [(cloud, node) => cloud.kill(node), (cloud, node) => cloud.start(node)],
  "is killed alone": [(cloud, node) => cloud.killParent(node), (cloud, node) => cloud.start(node)],
  "loses its CometBFT": [(cloud, node) => cloud.killComet(node), () => undefined],
  "stands still": [
    (cloud, node) => cloud.signal(node, "SIGSTOP"),
    (cloud, node) => cloud.signal(node, "SIGCONT"),
  ],
  "is refused by the others": [
    (cloud, node) => cloud.cutOff(node, "refused"),
    (cloud, node) => cloud.rejoin(node),
  ],
  "hears nothing of the others": [
    (cloud, node) => cloud.cutOff(node, "silent"),
    (cloud, node) => cloud.rejoin(node),
  ],
  "has an endpoint that fails": endpoint("errors"),
  "has an endpoint that does not answer": endpoint("hangs"),
  "has an endpoint that stands still": endpoint("stands still"),
  "has an endpoint that lies": endpoint("lies"),
};

function endpoint(fault: "errors" | "hangs" | "stands still" | "lies"): readonly [Act, Act] {
  return [
    (cloud, node) => cloud.failEndpoint(node, fault),
    (cloud, node) => cloud.failEndpoint(node, "none"),
  ];
}

const below = (random: Seeded, bound: number): number => Number(random.scalar(BigInt(bound) + 1n)) - 1;

function shuffled<T>(random: Seeded, items: readonly T[]): T[] {
  const left = [...items];
  return items.map(() => left.splice(below(random, left.length), 1)[0]!);
}

/**
 * Asked for by NEXUS_CHAOS=1 alone, since it is not passed yet: a node whose only endpoint lied for a while goes on believing what it read
 * then (SECURITY.md), so that with another one away the cloud stands still.
 */
const perturbed = process.env["NEXUS_CHAOS"] === "1" ? describe : (): void => undefined;

perturbed(`a cloud of four processes that are disturbed (seed "${SEED}")`, function () {
  this.timeout(600_000 + MINUTES * 60_000 + KILLS * 10_000);
  const random = seeded(SEED);
  const load = { stop: new AbortController(), over: Promise.resolve() };
  let cloud: PerturbedCloud;
  let counting: CountingLoad;

  before(async function () {
    if (!(await hasCometBft("cometbft"))) this.skip();
    cloud = await PerturbedCloud.found(4);
    counting = await CountingLoad.deploy(cloud.cloud);
    load.over = counting.run(load.stop.signal);
    load.over.catch(() => undefined);
  });
  after(async () => {
    load.stop.abort();
    await load.over.catch(() => undefined);
    await cloud?.close();
  });

  /** Resolves when a request is answered that is sent from now on. */
  async function answered(): Promise<void> {
    const { sent } = counting;
    await cloud.until(`request ${sent + 1} is answered`, async () => {
      const { asked, answers } = await counting.tally();
      const id = asked[sent];
      return id !== undefined && answers.has(id);
    });
  }

  /** Resolves when a node has what the others had when this was called, is well, and can be counted on. */
  async function back(node: Operator): Promise<void> {
    const heights = await Promise.all(cloud.operators.map(async (one) => cloud.height(one)));
    const newest = Math.max(...heights);
    await cloud.until(`${node.name} is back at height ${newest}`, async () => {
      const state = await cloud.health(node);
      return state !== undefined && state.height >= newest && state.consensus && state.trouble.length === 0;
    });
  }

  async function disturb(node: Operator, what: string): Promise<void> {
    const [begin, end] = PERTURBATIONS[what]!;
    const lasts = SHORTEST + below(random, LONGEST - SHORTEST);
    const began = performance.now();
    await begin(cloud, node);
    await answered();
    await sleep(Math.max(0, began + lasts - performance.now()));
    const ended = performance.now();
    await end(cloud, node);
    await back(node);
    if (MINUTES > 0)
      console.log(
        `      ${node.name} ${what} for ${Math.round(ended - began)} ms, and is back after ${Math.round(performance.now() - ended)} ms`,
      );
  }

  it("answers on while one of them is killed, stands still, is cut off, or has a bad endpoint", async () => {
    await answered();
    const kinds = Object.keys(PERTURBATIONS);
    const end = Date.now() + MINUTES * 60_000;
    do {
      for (const what of shuffled(random, kinds)) {
        await disturb(cloud.operators[below(random, 4)]!, what);
        if (MINUTES > 0 && Date.now() >= end) break;
      }
    } while (Date.now() < end);
  });

  it("waits while two are gone, and goes on by itself once one is there again", async () => {
    const [one, other, ...rest] = shuffled(random, cloud.operators);
    await Promise.all([cloud.kill(one!), cloud.kill(other!)]);
    // What the two have said already may decide one more block.
    await sleep(4_000);
    const heights = async (): Promise<number[]> => Promise.all(rest.map(async (node) => cloud.height(node)));
    const before = await heights();
    const { sent } = counting;
    await cloud.until("more is asked", async () => counting.sent >= sent + 5);
    expect(await heights()).to.deep.equal(before);
    await cloud.start(one!);
    await answered();
    await cloud.start(other!);
    await back(other!);
  });

  it(`has a node whole again that is killed at any instant, also while it starts (${KILLS} times)`, async () => {
    for (let kills = 0; kills < KILLS;) {
      const node = cloud.operators[below(random, 4)]!;
      for (let i = 0; i < IN_A_ROW && kills < KILLS; i++, kills++) {
        await sleep(below(random, MOST_LIFE));
        await cloud.kill(node);
        await cloud.start(node);
      }
      await back(node);
      await answered();
    }
  });

  it("has answered each request once, in the same blocks with the same state on all nodes", async () => {
    load.stop.abort();
    await load.over;
    await cloud.until("all is answered", async () => {
      const { asked, answers } = await counting.tally();
      return answers.size === asked.length && asked.length === counting.sent;
    });
    const blocks = await cloud.quiet();
    const { asked, answers } = await counting.tally();
    expect(new Set(asked).size).to.equal(counting.sent);
    expect(asked.map((id) => answers.get(id))).to.deep.equal(asked.map(() => 1));
    expect(await counting.count()).to.equal(counting.expected);
    for (const [i, one] of blocks.entries()) expect(one, cloud.operators[i]!.name).to.deep.equal(blocks[0]);
  });

  it("has a node that comes to another result halt with the height and both hashes, and goes on without it", async () => {
    const [node, ...others] = cloud.operators as [Operator, ...Operator[]];
    await cloud.cloud.stop([node]);
    process.env["NODE_OPTIONS"] = `--import ${new URL("diverging-machine.ts", import.meta.url).href}`;
    try {
      await cloud.start(node);
    } finally {
      delete process.env["NODE_OPTIONS"];
    }
    await back(node);
    await counting.ask();
    const halted = cloud.cloud.nodes.get(node.name)!;
    expect(await halted.ended(), halted.tail).to.equal("exit code 3");
    const [, height, own, theirs] =
      /The node has halted: at height (\d+) it has (0x[0-9a-f]{64}), .*(0x[0-9a-f]{64})/.exec(halted.tail) ??
      [];
    expect(height, halted.tail).to.not.equal(undefined);
    await cloud.until("the others have answered", async () => (await counting.count()) === counting.expected);
    for (const other of others) {
      const block = (await cloud.blocks(other)).find((one) => one.height === Number(height));
      expect(block?.blockHash).to.equal(theirs).and.not.equal(own);
    }
  });

  it("sees nothing of a reorganisation above finality, and signs nothing after one below it, also when it is restarted", async () => {
    const others = cloud.operators.slice(1);
    const { chain } = cloud.cloud.founded.home;
    const heights = async (): Promise<number[]> =>
      Promise.all(others.map(async (node) => cloud.height(node)));
    const mine = async (blocks: number): Promise<void> => {
      for (let i = 0; i < blocks; i++) await chain.rpc("evm_mine");
    };
    /** Resolves when all have seen a block as final. */
    const seen = async (block: bigint): Promise<void> => {
      await cloud.until(`block ${block} is seen`, async () => {
        const states = await Promise.all(others.map(async (node) => cloud.health(node)));
        return states.every((state) => BigInt(state?.chains[0]?.final ?? -1) >= block);
      });
    };
    await chain.rpc("evm_setIntervalMining", 0);
    await seen((await chain.head()) - 1n);
    const before = await heights();

    let snapshot = await chain.rpc("evm_snapshot");
    await counting.ask();
    expect(await chain.rpc("evm_revert", snapshot)).to.equal(true);
    await mine(4);
    await seen((await chain.head()) - 1n);
    for (const node of others) expect((await cloud.health(node))!.trouble).to.deep.equal([]);
    expect(await heights()).to.deep.equal(before);

    snapshot = await chain.rpc("evm_snapshot");
    await mine(4);
    await seen((await chain.head()) - 1n);
    expect(await chain.rpc("evm_revert", snapshot)).to.equal(true);
    const { asked } = await counting.tally();
    await counting.ask();
    await mine(8);
    const alarmed = async (): Promise<void> => {
      await cloud.until("all say that the chain was reorganised", async () => {
        const states = await Promise.all(others.map(async (node) => cloud.health(node)));
        return states.every((state) =>
          /Chain 11155111 cannot be read: .*reorganised below its finality/.test(String(state?.trouble)),
        );
      });
      expect(await heights()).to.deep.equal(before);
    };
    await alarmed();
    await cloud.cloud.stop(others);
    await cloud.cloud.start(others);
    await alarmed();
    const tally = await counting.tally();
    expect(tally.asked).to.have.length(asked.length + 1);
    expect(tally.answers.has(tally.asked.at(-1)!)).to.equal(false);
  });
});
