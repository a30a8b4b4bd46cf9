import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import type { Complaint } from "../abci/server.ts";
import { CometNode } from "../cometbft/comet-node.ts";
import { settingsAt, type CometPlace } from "../cometbft/comet-place.ts";
import type { Ed25519Key } from "../cometbft/ed25519-key.ts";
import type { LogLine } from "../cometbft/process.ts";
import { ValidatorKey } from "../cometbft/validator-key.ts";
import type { DkgResult } from "../dkg/participant.ts";
import { CeremonyApplication } from "./ceremony-application.ts";
import { ReplicatedCeremony, type CeremonyProgress } from "./replicated-ceremony.ts";
import { genesisOf, type Selection } from "./selection.ts";

/** Milliseconds from a block to the next, unless told otherwise. */
const BLOCK_TIME = 250;
/** Of a phase, besides one for each member. */
const [LEAST_BLOCKS, MOST_BLOCKS] = [20, 240];
/** Milliseconds until a CometBFT that ended after the result is started again. */
const PAUSE = 1_000;
/** Milliseconds from a block to the next when the ceremony is over. */
const IDLE_TIME = 600_000;

/**
 * Blocks of a phase at most: an eighth of the window's seconds, which leaves time after members were silent, since a block takes about a second when a third of the
 * members is away. But so many that everybody proposes once, so that members who propose nothing keep nobody's message out; and no more than it takes for
 * those who come late.
 */
export function phaseBlocksOf({ confirmationWindow, members }: Selection): number {
  const blocks = Number(confirmationWindow / 8n);
  return members.length + Math.min(Math.max(blocks, LEAST_BLOCKS), MOST_BLOCKS);
}

/** The ceremony was stopped, or its CometBFT ended, before there was a key. It can be started again. */
export class CeremonyEndedError extends Error {
  override readonly name = "CeremonyEndedError";
}

/** CometBFT of a ceremony. */
export interface CeremonyComet extends CometPlace {
  /** Its home: of this selection's ceremony alone, and kept until that is over. */
  readonly home: string;
  /** Folder of the records of what the member's validators have signed, of all chains. It is no part of the home. */
  readonly lastSigned: string;
  readonly nodeKey: Ed25519Key;
}

export interface KeyCeremonyOptions {
  readonly selection: Selection;
  /** This member's secp256k1 secret key, 32 bytes. */
  readonly identity: Uint8Array;
  /** 32 bytes, secret, kept before they are used: with another seed a restarted member contradicts itself. */
  readonly seed: Uint8Array;
  readonly comet: CeremonyComet;
  /** What is the same for all members of a cloud: blocks of a phase at most, and milliseconds from a block to the next. */
  readonly pace?: { readonly phaseBlocks: number; readonly blockTime: number };
  /** Is told of each phase that begins, and of the end. */
  readonly progress?: (progress: CeremonyProgress) => void;
  /** Is told each line of CometBFT's log. */
  readonly onLine?: (line: LogLine) => void;
  readonly complain: Complaint;
}

/**
 * One member's part in the key ceremony of a selected committee, over a chain of CometBFT that is there for it alone (docs/keys.md, "Running a
 * ceremony"). It goes on after its result, for members that come late, until it is stopped.
 */
export class KeyCeremony {
  readonly #options: KeyCeremonyOptions;
  #ceremony: ReplicatedCeremony;
  readonly #end = new AbortController();
  readonly #result: Promise<DkgResult>;
  #resolve: (result: DkgResult) => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  readonly #running: Promise<void>;
  #node: CometNode | undefined;
  #hasResult = false;
  #told = "";
  #saying: Promise<void> | undefined;

  private constructor(options: KeyCeremonyOptions) {
    this.#options = options;
    this.#ceremony = this.#begin();
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever asks hears of it.
    this.#result.catch(() => undefined);
    this.#running = this.#run();
  }

  /**
   * Begins, or goes on where this member was: it executes the blocks that CometBFT has in its home again. Does not wait for CometBFT.
   *
   * @throws KeyError NOT_A_MEMBER or BAD_PARAMETER
   */
  static async start(options: KeyCeremonyOptions): Promise<KeyCeremony> {
    return new KeyCeremony(options);
  }

  /** CometBFT's process, while it runs. */
  get pid(): number | undefined {
    return this.#node?.pid;
  }

  get progress(): CeremonyProgress {
    return this.#ceremony.progress;
  }

  /**
   * The key, with this member's share of it. There may be no share: of a member whose complaint reached nobody in time.
   *
   * @throws CeremonyEndedError when it ended before; CometStartError when CometBFT could not be started; KeyError why the last attempt failed
   */
  async result(): Promise<DkgResult> {
    return this.#result;
  }

  /** Ends it. What CometBFT has stays in its home. */
  async stop(): Promise<void> {
    this.#end.abort(new CeremonyEndedError("The key ceremony was stopped."));
    await this.#running;
    await this.#saying;
  }

  /** Ends it at once, as a machine that loses its power does. */
  async kill(): Promise<void> {
    await this.#node?.kill();
    await this.stop();
  }

  /** A copy to which nothing has happened yet. */
  #begin(): ReplicatedCeremony {
    const { selection, identity, seed, pace } = this.#options;
    const phaseBlocks = pace?.phaseBlocks ?? phaseBlocksOf(selection);
    return new ReplicatedCeremony({ selection, identity, seed, phaseBlocks });
  }

  /** Resolves when it was stopped, or its CometBFT ended before there was a result. After that, others may still need it. */
  async #run(): Promise<void> {
    const { signal } = this.#end;
    for (;;) {
      const error = await this.#runComet();
      if (!signal.aborted) this.#options.complain("The key ceremony does not go on", error);
      this.#reject(error);
      if (signal.aborted || !this.#hasResult) return;
      await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
      this.#ceremony = this.#begin();
    }
  }

  /** @returns why its CometBFT runs no more */
  async #runComet(): Promise<Error> {
    const { signal } = this.#end;
    const stopped = once(signal, "abort");
    try {
      signal.throwIfAborted();
      const node = await this.#startComet();
      this.#node = node;
      this.#tell();
      this.#say();
      const how = await Promise.race([node.crashed(), stopped]);
      this.#node = undefined;
      await node.stop();
      signal.throwIfAborted();
      return new CeremonyEndedError(`CometBFT of the key ceremony ended with ${String(how)}.`);
    } catch (error) {
      return error as Error;
    }
  }

  async #startComet(): Promise<CometNode> {
    const { selection, identity, comet, pace, onLine, complain } = this.#options;
    return CometNode.start({
      command: comet.command,
      home: comet.home,
      genesis: genesisOf(selection),
      keys: { node: comet.nodeKey, validator: new ValidatorKey(identity) },
      lastSigned: comet.lastSigned,
      settings: settingsAt(comet, { blockTime: pace?.blockTime ?? BLOCK_TIME, idleTime: IDLE_TIME }),
      application: new CeremonyApplication(this.#ceremony, () => this.#committed()),
      complain,
      signal: this.#end.signal,
      ...(onLine === undefined ? {} : { onLine }),
    });
  }

  #committed(): void {
    const { isOver } = this.#ceremony;
    this.#tell();
    this.#say();
    if (!isOver) return;
    this.#hasResult = true;
    try {
      this.#resolve(this.#ceremony.result());
    } catch (error) {
      this.#reject(error as Error);
    }
  }

  #tell(): void {
    // Others need it to be repeated, and nobody to be told again.
    if (this.#hasResult) return;
    const { progress } = this.#ceremony;
    const phase = `${progress.attempt} ${progress.phase}`;
    if (phase === this.#told) return;
    this.#told = phase;
    this.#options.progress?.(progress);
  }

  /** Hands CometBFT what this member has to say and no block holds. It takes the same bytes once, so they may be said after every block. */
  #say(): void {
    const node = this.#node;
    if (node === undefined || this.#saying !== undefined || this.#end.signal.aborted) return;
    const { pending } = this.#ceremony;
    if (pending.length === 0) return;
    this.#saying = Promise.all(pending.map((message) => node.rpc.broadcast(message)))
      .then(
        () => undefined,
        // It gets into a block of this member's own all the same.
        (error: unknown) => {
          if (!this.#end.signal.aborted) this.#options.complain("A message was not passed on", error);
        },
      )
      .finally(() => (this.#saying = undefined));
  }
}
