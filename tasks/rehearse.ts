import { setTimeout as sleep } from "node:timers/promises";
import { styleText } from "node:util";

import { HardhatPluginError } from "hardhat/plugins";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NewTaskActionFunction } from "hardhat/types/tasks";

import { chainOf } from "../deploy/chains.ts";
import { checkCometBft } from "../plugin/cloud/cometbft/process.ts";
import { ensureCompiledSuite } from "./compiled-suite.ts";
import { cloudState, untilInOffice } from "./found/founding.ts";
import { Progress } from "./progress.ts";
import { askToCount } from "./rehearse/counted.ts";
import type { NodeProcess } from "./rehearse/node-process.ts";
import { addMirror, heightOf } from "./rehearse/operators.ts";
import { deployMirror, type RehearsedChain } from "./rehearse/rehearsed-chain.ts";
import { RehearsedCloud } from "./rehearse/rehearsed-cloud.ts";
import { Timeline, type Moment } from "./rehearse/timeline.ts";

interface RehearseArguments {
  readonly nodes: number;
  readonly mirror: boolean;
  readonly keep: boolean;
  readonly cometbft: string;
  readonly json: boolean;
}

/** What came of a rehearsal. */
export interface Rehearsed {
  readonly nodes: number;
  readonly cloudId: string;
  /** Seconds, by what happened. */
  readonly moments: readonly Moment[];
  /** Folder of it all, if it was kept. */
  readonly folder: string | null;
}

/** Ids of the chains: Sepolia and Base. */
const [HOME, MIRROR] = [11155111, 8453];
/** What the counters add. */
const AMOUNT = 42n;
/** Milliseconds that nobody waits longer than for one thing that the nodes have to do. */
const PATIENCE = 180_000;
/** Milliseconds between two looks. */
const LOOK = 200;

/** Rehearses a live cloud on this machine from nothing to an answered request: chains, deployment, operators, founding, nodes. */
const rehearse: NewTaskActionFunction<RehearseArguments> = async (args, hre) => {
  const { nodes, cometbft, json } = args;
  if (nodes < 1 || nodes > 32) {
    throw new HardhatPluginError("hardhat-nexus", `--nodes takes a number from 1 to 32, and not ${nodes}.`);
  }
  const progress = new Progress({ json });
  const rehearsal = new Rehearsal(args, hre, progress);
  const stop = (): void => rehearsal.interrupt();
  const kill = (): void => rehearsal.kill();
  process.once("SIGINT", stop).once("SIGTERM", stop).once("exit", kill);
  try {
    await checkCometBft(cometbft);
    await ensureCompiledSuite(hre, progress.step);
    const result = await rehearsal.run();
    progress.end();
    if (json) console.log(JSON.stringify(result));
    return result;
  } catch (error) {
    progress.end();
    throw new HardhatPluginError("hardhat-nexus", rehearsal.explain(error as Error), error as Error);
  } finally {
    await rehearsal.close();
    progress.end();
    process.off("SIGINT", stop).off("SIGTERM", stop).off("exit", kill);
  }
};

/** One rehearsal, with all that has to be ended after it. */
class Rehearsal {
  readonly #args: RehearseArguments;
  readonly #hre: HardhatRuntimeEnvironment;
  readonly #progress: Progress;
  #timeline = new Timeline();
  readonly #stop = new AbortController();
  #opened: RehearsedCloud | undefined;

  constructor(args: RehearseArguments, hre: HardhatRuntimeEnvironment, progress: Progress) {
    this.#args = args;
    this.#hre = hre;
    this.#progress = progress;
  }

  async run(): Promise<Rehearsed> {
    const { nodes, mirror, keep, cometbft, json } = this.#args;
    const cloud = (this.#opened = await RehearsedCloud.open(this.#hre, cometbft));
    const { step } = this.#progress;
    this.#timeline = new Timeline();

    step(`Starting a chain with the id of ${nameOf(HOME)}`);
    const home = await cloud.startChain(HOME);
    step("Deploying the suite");
    const asked = { size: `${nodes}`, epochLength: "1h", confirmationWindow: "5m" };
    const { cloudId } = await cloud.create(home, asked, { step, note: () => undefined }, () =>
      this.#timeline.add("suite deployed", `${home.parts.size} contracts on ${home.url}`),
    );
    this.#timeline.add("cloud created", cloudId);

    step(`Making ${nodes} nodes with nexus-node init`);
    const operators = await cloud.makeOperators(nodes);
    for (const [i, operator] of operators.entries()) {
      step(`Staking and registering, operator ${i + 1} of ${nodes}`);
      this.#stop.signal.throwIfAborted();
      await cloud.stand(operator);
    }
    this.#timeline.add("candidates stand", `${nodes}, with the stake that the cloud asks for`);

    step("Starting the nodes");
    await cloud.start();
    this.#timeline.add("nodes started", "nexus-node start, each with a CometBFT beside it");
    await this.#found(cloud);
    await this.#firstBlock(cloud);
    await this.#count(home, cloud);

    if (mirror) {
      step(`Starting a chain with the id of ${nameOf(MIRROR)}, and a mirror on it`);
      const second = await cloud.startChain(MIRROR);
      await deployMirror(second, home, cloudId);
      this.#timeline.add("mirror deployed", `${second.parts.size} contracts on ${second.url}`);
      step("Starting the nodes again, with the mirror");
      await cloud.stop();
      await addMirror(operators, second);
      await cloud.start();
      this.#timeline.add("nodes started again", "they serve both chains");
      await this.#count(second, cloud);
    }
    this.#progress.end();
    if (!json) {
      console.log(
        this.#timeline.table(`A cloud of ${nodes} nodes, rehearsed on chain ${HOME} (${nameOf(HOME)})`),
      );
    }
    if (keep) await this.#remain(cloud);
    return { nodes, cloudId, moments: this.#timeline.moments, folder: keep ? cloud.root : null };
  }

  /** Ends what is under way; Ctrl-C. */
  interrupt(): void {
    this.#stop.abort(new Error("The rehearsal was interrupted, and everything is stopped."));
  }

  /** Ends all processes at once, when this one goes. */
  kill(): void {
    this.#opened?.kill();
  }

  /** Ends everything. */
  async close(): Promise<void> {
    this.#progress.step("Stopping everything");
    await this.#opened?.close(this.#args.keep);
  }

  /** What is told of a failure: with what the nodes said last. */
  explain(error: Error): string {
    const { message } = error;
    if (this.#stop.signal.aborted) return (this.#stop.signal.reason as Error).message;
    if (error instanceof NodeEndedError) return message;
    const tails = this.#processes.map(({ name, tail }) => `${name}: ${tail.split("\n").at(-1) ?? ""}`);
    return [message, ...(tails.length === 0 ? [] : ["The nodes said last:", ...tails])].join("\n");
  }

  get #processes(): readonly NodeProcess[] {
    return [...(this.#opened?.nodes.values() ?? [])];
  }

  /** Founds the cloud as nexus:found does, while the nodes do their part. */
  async #found(cloud: RehearsedCloud): Promise<void> {
    const { step } = this.#progress;
    const { site, cloudId, home } = cloud.founded;
    let selected = false;
    const told = {
      step,
      note: (line: string) => {
        if (!line.startsWith("selectCommittee is in block")) return;
        selected = true;
        this.#timeline.add("committee selected", line);
      },
    };
    const registry = site.contracts.registry;
    const generated = async (signal: AbortSignal): Promise<void> => {
      // A node confirms its key once it has it.
      const topics = [registry.abi.getEvent("EpochConfirmed")!.topicHash, cloudId];
      for (;;) {
        signal.throwIfAborted();
        const logs = await home.chain.logs(
          [registry.address],
          home.deployedAt,
          await home.chain.head(),
          topics,
        );
        if (logs.length > 0) break;
        await sleep(LOOK, undefined, { signal });
      }
      this.#timeline.add("key generated", "the first member confirmed it");
    };
    await this.#within("the committee's key", PATIENCE * 2, async (signal) => {
      const watched = generated(signal);
      watched.catch(() => undefined);
      await untilInOffice({ ...site, stopped: signal }, cloudId, told, true);
      await watched;
    });
    const { live, pending, threshold, size } = await cloudState(site, cloudId);
    if (!selected) this.#timeline.add("committee selected", "by a node");
    this.#timeline.add(
      "confirmed, in office",
      `epoch ${live}, ${threshold} of ${size} sign${pending.epoch > live ? ", and the next is under way" : ""}`,
    );
  }

  /** Waits until a node has signed the cloud's first block. */
  async #firstBlock({ operators }: RehearsedCloud): Promise<void> {
    this.#progress.step("Waiting for the cloud's first block");
    const name = await this.#within("the cloud's first block", PATIENCE, async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        for (const operator of operators) if ((await heightOf(operator)) > 0) return operator.name;
        await sleep(LOOK, undefined, { signal });
      }
    });
    this.#timeline.add("first block", `${name} has it`);
  }

  /** Has a contract of the chain ask the cloud, and sees it called back. */
  async #count(where: RehearsedChain, cloud: RehearsedCloud): Promise<void> {
    const name = nameOf(Number(where.chain.chainId));
    this.#progress.step(`Asking the cloud from ${name}`);
    const request = await askToCount(where, cloud.founded.cloudId, await cloud.counter(), AMOUNT);
    this.#timeline.add(`request sent, ${name}`, `add ${AMOUNT} to the count`);
    await this.#within("the request to be final", PATIENCE, async (signal) => request.final(signal));
    this.#timeline.add(`request final, ${name}`);
    this.#progress.step(`Waiting for the callback on ${name}`);
    const count = await this.#within("the callback", PATIENCE, async (signal) => request.answered(signal));
    this.#timeline.add(`called back, ${name}`, `the count is ${count}`);
  }

  /** Leaves everything as it is until it is interrupted. */
  async #remain({ root, chains, operators }: RehearsedCloud): Promise<void> {
    const lines = [
      styleText("bold", `It goes on until Ctrl-C, in ${root}:`),
      ...chains.map(({ url, chain }) => `  chain ${chain.chainId}  ${url}`),
      ...operators.map(({ name, folder }) => `  ${name}  nexus-node status ${folder}, log in ${folder}.log`),
    ];
    console.error(lines.join("\n"));
    await this.#within("the end", Infinity, async (signal) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    }).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  /** Waits for `action`, unless it takes too long, a node ends, or it is interrupted. */
  async #within<T>(what: string, patience: number, action: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const late = Number.isFinite(patience)
      ? setTimeout(
          () => over.abort(new Error(`${what} did not come within ${patience / 1_000} s.`)),
          patience,
        )
      : undefined;
    const signal = AbortSignal.any([over.signal, this.#stop.signal]);
    const ended = this.#processes.map(async (node) => {
      const how = await node.crashed();
      throw new NodeEndedError(node, how);
    });
    for (const one of ended) one.catch(() => undefined);
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true }),
    );
    aborted.catch(() => undefined);
    signal.throwIfAborted();
    try {
      return await Promise.race([action(signal), aborted, ...ended]);
    } finally {
      clearTimeout(late);
      over.abort();
    }
  }
}

/** A node ended though nobody stopped it; the message has what it said last. */
class NodeEndedError extends Error {
  override readonly name = "NodeEndedError";

  constructor({ name, tail }: NodeProcess, how: string) {
    super(`The node ${name} ended with ${how}. It said last:\n${tail}`);
  }
}

function nameOf(chainId: number): string {
  return chainOf(chainId)!.name;
}

export default rehearse;
