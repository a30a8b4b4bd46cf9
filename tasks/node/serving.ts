import { setTimeout as sleep } from "node:timers/promises";

import type { CloudSession } from "../../plugin/api/cloud-session.ts";
import type { EvmChain } from "../../plugin/chain/evm-chain.ts";

/** How long to wait, in milliseconds. */
export interface Pace {
  /** Between two looks at the chain. */
  readonly poll: number;
  /** After the first failure; doubled with each one that follows. */
  readonly retry: number;
  readonly longestRetry: number;
}

const PACE: Pace = { poll: 250, retry: 250, longestRetry: 15_000 };

/** The chain that the cloud was founded on is no longer there. */
export class ChainGoneError extends Error {
  override readonly name = "ChainGoneError";
}

/** Keeps a cloud serving its home chain, through whatever keeps it from doing so. */
export class Serving {
  readonly #session: CloudSession;
  readonly #chain: EvmChain;
  readonly #mayGoBack: boolean;
  readonly #pace: Pace;
  #trouble: string | undefined;
  #head = -1n;

  /** @param mayGoBack whether the session learns of it when the chain goes back in time */
  constructor(session: CloudSession, chain: EvmChain, mayGoBack: boolean, pace: Pace = PACE) {
    this.#session = session;
    this.#chain = chain;
    this.#mayGoBack = mayGoBack;
    this.#pace = pace;
  }

  /** What keeps the cloud from serving, in one sentence; undefined when nothing does. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /**
   * Serves until `signal` is aborted.
   *
   * @param say told once when trouble begins, and once when it is over
   * @throws ChainGoneError
   */
  async run(signal: AbortSignal, say: (trouble: string | undefined) => void): Promise<void> {
    let wait = this.#pace.retry;
    while (!signal.aborted) {
      try {
        await this.#once();
        if (this.#trouble !== undefined) say((this.#trouble = undefined));
        wait = this.#pace.retry;
        await sleep(this.#pace.poll, undefined, { signal }).catch(() => undefined);
      } catch (error) {
        if (error instanceof ChainGoneError) throw error;
        if (signal.aborted) return;
        const trouble = firstSentence(error as Error);
        const isNew = this.#trouble === undefined;
        this.#trouble = trouble;
        if (isNew) say(trouble);
        await sleep(wait, undefined, { signal }).catch(() => undefined);
        wait = Math.min(2 * wait, this.#pace.longestRetry);
      }
    }
  }

  async #once(): Promise<void> {
    const head = await this.#chain.head();
    if (this.#trouble === undefined && head === this.#head) return;
    if (!this.#mayGoBack) await this.#requireSameChain(head);
    await this.#session.service();
    this.#head = head;
  }

  /** A chain elsewhere may be started anew or taken back while nobody looks; what was served then never happened. */
  async #requireSameChain(head: bigint): Promise<void> {
    const cloud = await this.#session.cloud();
    const gateway = cloud.addressOf(this.#chain.chainId, "NexusGateway");
    const isGone = (await this.#chain.rpc("eth_getCode", gateway, "latest")) === "0x";
    if (!isGone && head >= this.#head) return;
    const what = isGone
      ? "was started anew: the cloud's contracts are not there any more"
      : `went back from block ${this.#head} to ${head}`;
    throw new ChainGoneError(
      `Chain ${this.#chain.chainId} ${what}. Start the cloud again, with another --data folder or without one.`,
    );
  }
}

/** The first line of an error's message, for people. */
function firstSentence(error: Error): string {
  const [line] = error.message.split("\n");
  return line === undefined || line === "" ? error.name : line;
}
