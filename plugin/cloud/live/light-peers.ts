/** What a node that begins asks its peers, each at its `LightServer`, and how much of the answers it believes. */
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { decidedBlock, type DecidedBlock } from "../cometbft/commit.ts";
import { STAKED_HOURS, type StateSyncSettings } from "../cometbft/home.ts";
import type { ActiveEpoch } from "./registry-view.ts";

/** What the home chain says of committees. */
export interface Electorate {
  readonly epochs: ReadonlyMap<
    bigint,
    Pick<ActiveEpoch, "identities"> & { committee: { validFrom: bigint } }
  >;
  /** The newest active epoch. */
  readonly current: bigint;
  /** The chain's time, Unix seconds. */
  readonly time: bigint;
}

/** How a peer stands, as far as that can be believed. */
export interface PeerStanding {
  readonly server: string;
  /** CometBFT's height of the last block that it showed to be decided; 0 when it says that it has none. */
  readonly height: bigint;
  /** CometBFT's heights of the snapshots that it says it has. */
  readonly snapshots: readonly bigint[];
}

/** Most bytes of an answer, and milliseconds for one; milliseconds between two rounds of questions. */
const [MOST_BYTES, PATIENCE, PAUSE] = [1_000_000, 3_000, 1_000];
/** How many of the snapshots that peers name are looked at, the newest first. */
const MOST_SNAPSHOTS = 8;

const heightText = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt);
const standingSchema = z.object({ height: heightText, snapshots: z.array(heightText).max(100) });

export class LightPeers {
  readonly #servers: readonly string[];
  readonly #chainId: string;
  readonly #electorate: Electorate;

  /** @param servers host:port of each peer's `LightServer` @param chainId CometBFT's */
  constructor(servers: readonly string[], chainId: string, electorate: Electorate) {
    this.#servers = servers;
    this.#chainId = chainId;
    this.#electorate = electorate;
  }

  /**
   * How many peers have to say how far the chain is for a node to know: as many as, with itself, decide a block. If this node, which lost
   * what it knew, and the faulty ones are at most f together, an honest one of those that decided the block before the last one that this node
   * has signed anything of is among them. A node that names fewer peers can but believe those.
   */
  get enough(): number {
    const { epochs, current } = this.#electorate;
    const members = epochs.get(current)?.identities.length ?? 1;
    return Math.min(this.#servers.length, Math.floor((2 * members) / 3));
  }

  /** Asks all peers, again until enough of them answer or the time is over. @param patience milliseconds */
  async ask(patience: number, stopped: AbortSignal): Promise<PeerStanding[]> {
    const end = performance.now() + patience;
    for (;;) {
      const answers = await Promise.all(
        this.#servers.map(async (server) => this.#standing(server).catch(() => undefined)),
      );
      const found = answers.filter((one) => one !== undefined);
      if (found.length >= this.enough || stopped.aborted || performance.now() >= end) return found;
      await sleep(PAUSE, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  /**
   * What a node without blocks begins with: the newest snapshot whose block a committee with something at stake has decided, and the peers
   * that show it. Undefined when there is none.
   */
  async snapshot(standings: readonly PeerStanding[]): Promise<StateSyncSettings | undefined> {
    const offered = standings.flatMap(({ height, snapshots }) =>
      snapshots.filter((one) => one + 2n <= height),
    );
    const heights = [...new Set(offered)].sort((a, b) => (a > b ? -1 : 1)).slice(0, MOST_SNAPSHOTS);
    for (const height of heights) {
      const blocks = await Promise.all(
        standings.map(async ({ server }) => {
          const block = await this.#decided(server, height).catch(() => undefined);
          return block && { server, block };
        }),
      );
      const [first, ...others] = blocks.filter((one) => one?.block.height === height);
      if (first === undefined) continue;
      const same = others.filter((one) => one!.block.hash === first.block.hash);
      // CometBFT wants two at least; with one, that one is asked twice.
      const servers = [first, ...(same.length > 0 ? same : [first])].map((one) => one!.server);
      return { servers, trustHeight: height, trustHash: first.block.hash };
    }
    return undefined;
  }

  /** @throws Error when it does not answer, or shows nothing for what it says */
  async #standing(server: string): Promise<PeerStanding> {
    const { height, snapshots } = standingSchema.parse(await ask(server, "nexus_standing", {}));
    return { server, snapshots, height: height === 0n ? 0n : (await this.#decided(server)).height };
  }

  /** The block at a height, or the last one. @throws Error when no committee that can be believed has decided it */
  async #decided(server: string, height?: bigint): Promise<DecidedBlock> {
    const params = height === undefined ? {} : { height: String(height) };
    const answer = await ask(server, "commit", params);
    let failure: unknown = new Error("No epoch is active yet.");
    for (const { identities } of this.#believed()) {
      try {
        return decidedBlock(
          this.#chainId,
          answer,
          identities.map(({ publicKey }) => publicKey),
        );
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** The committees whose members still have a stake that answers for what they sign, the newest first. */
  #believed(): Pick<ActiveEpoch, "identities">[] {
    const { epochs, time } = this.#electorate;
    const newest = [...epochs].sort(([a], [b]) => (a > b ? -1 : 1));
    return newest
      .filter(
        (_, i) => i === 0 || newest[i - 1]![1].committee.validFrom + BigInt(STAKED_HOURS * 3_600) > time,
      )
      .map(([, epoch]) => epoch);
  }
}

/** @throws Error when there is no answer, or one that is too long */
async function ask(
  server: string,
  method: string,
  params: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const response = await fetch(`http://${server}/`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    redirect: "error",
    signal: AbortSignal.timeout(PATIENCE),
  });
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw new Error(`${server} answers too much.`);
    pieces.push(piece);
  }
  const answer = JSON.parse(Buffer.concat(pieces).toString("utf8")) as { result?: unknown };
  if (answer.result === undefined) throw new Error(`${server} does not answer ${method}.`);
  return answer.result;
}
