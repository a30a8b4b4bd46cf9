import { setTimeout as sleep } from "node:timers/promises";

import { keccak256 } from "ethers";

import { EvmContract } from "../../../../plugin/chain/evm-chain.ts";
import { loadArtifact } from "../../../../plugin/contracts/artifacts.ts";
import type { RehearsedChain } from "../../../../tasks/rehearse/rehearsed-chain.ts";

/** Milliseconds between two looks for answers. */
const LOOK = 200;

/** A request that was made, and the answers to it. */
interface Asked {
  readonly chainId: bigint;
  /** When it was mined; milliseconds of this process. */
  readonly at: number;
  /** When each answer was seen, and the count in it. */
  readonly answers: { readonly at: number; readonly count: bigint }[];
}

interface Counting {
  readonly chain: RehearsedChain;
  readonly gateway: EvmContract;
  readonly counter: EvmContract;
  /** Next block whose answers are looked for. */
  next: bigint;
}

/** Counters on some chains that ask a cloud to add 1 again and again. The cloud keeps one count, so every answer is another number. */
export class SteadyRequests {
  readonly #asked = new Map<string, Asked>();
  readonly #early: { readonly id: string; readonly at: number; readonly count: bigint }[] = [];
  readonly #counting: readonly Counting[];
  readonly #stop = new AbortController();
  readonly #working: Promise<unknown>;
  #skipped = 0;

  private constructor(counting: readonly Counting[], interval: number) {
    this.#counting = counting;
    const asking = this.#repeat(interval, async (turn) => this.#ask(counting[turn % counting.length]!));
    const looking = counting.map((one) => this.#repeat(LOOK, async () => this.#look(one)));
    this.#working = Promise.all([asking, ...looking]);
    this.#working.catch(() => undefined);
  }

  /** @param interval milliseconds from a request to the next, by turns on the chains */
  static async start(
    chains: readonly RehearsedChain[],
    cloudId: string,
    module: Uint8Array,
    interval: number,
  ): Promise<SteadyRequests> {
    const counting = chains.map(async (one) => {
      const { chain, account, parts } = one;
      const { abi, bytecode } = loadArtifact("Counter");
      const gateway = new EvmContract(parts.get("NexusGateway")!, loadArtifact("NexusGateway").abi);
      const next = (await chain.head()) + 1n;
      const address = await account.deploy(new EvmContract("0x", abi).abi, bytecode, [
        gateway.address,
        cloudId,
        keccak256(module),
      ]);
      return { chain: one, gateway, counter: new EvmContract(address, abi), next };
    });
    return new SteadyRequests(await Promise.all(counting), interval);
  }

  get all(): readonly Asked[] {
    return [...this.#asked.values()];
  }

  get unanswered(): number {
    return this.all.filter(({ answers }) => answers.length === 0).length;
  }

  /** Answers that chains passed over, since the request was answered before or was too old. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Longest time from a request to its answer, in milliseconds, of those that were made since a time. */
  longest(since = 0): number {
    return Math.max(
      0,
      ...this.all.filter(({ at }) => at >= since).map((one) => (one.answers[0]?.at ?? Infinity) - one.at),
    );
  }

  /** Resolves when all chains have answered a request that was made after this was called. */
  async served(patience: number): Promise<void> {
    const since = performance.now();
    const late = AbortSignal.timeout(patience);
    const isServed = ({ chain }: Counting): boolean =>
      this.all.some((one) => one.chainId === chain.chain.chainId && one.at > since && one.answers.length > 0);
    while (!this.#counting.every(isServed)) {
      if (late.aborted) throw new Error(`No request was answered on each chain within ${patience} ms.`);
      await Promise.race([sleep(LOOK), this.#working]);
    }
  }

  /** Asks no more, and resolves when everything is answered, or not within so many milliseconds. */
  async end(patience: number): Promise<void> {
    this.#stop.abort();
    await this.#working;
    const late = AbortSignal.timeout(patience);
    while (this.unanswered > 0 && !late.aborted) {
      for (const one of this.#counting) await this.#look(one);
      await sleep(LOOK);
    }
  }

  async #repeat(interval: number, work: (turn: number) => Promise<void>): Promise<void> {
    for (let turn = 0; !this.#stop.signal.aborted; turn++) {
      await work(turn);
      await sleep(interval, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #ask({ chain: { chain, account }, gateway, counter }: Counting): Promise<void> {
    const [fee] = await chain.readPaying(account.address, counter, "fee");
    const receipt = await account.call(counter, "add", [1n], 2n * (fee as bigint));
    const at = performance.now();
    for (const log of receipt.logs) {
      const event = gateway.parse(log);
      if (event?.name !== "Requested") continue;
      const id = event.args["requestId"] as string;
      const answers = this.#early.filter((early) => early.id === id);
      this.#asked.set(id, { chainId: chain.chainId, at, answers });
    }
  }

  async #look(one: Counting): Promise<void> {
    const { chain, gateway } = one;
    const head = await chain.chain.head();
    if (head < one.next) return;
    const logs = await chain.chain.logs([gateway.address], one.next, head);
    const at = performance.now();
    for (const event of logs.map((log) => gateway.parse(log))) {
      if (event?.name === "Skipped") this.#skipped++;
      if (event?.name !== "Fulfilled") continue;
      const id = event.args["requestId"] as string;
      const answer = { id, at, count: BigInt(event.args["output"] as string) };
      const asked = this.#asked.get(id);
      if (asked === undefined) this.#early.push(answer);
      else asked.answers.push(answer);
    }
    one.next = head + 1n;
  }
}
