import { setTimeout as sleep } from "node:timers/promises";

import type { CometNode } from "../cometbft/comet-node.ts";
import { reasonOf, type Journal } from "./journal.ts";

/** Milliseconds until CometBFT is started again: doubled each time, up to the longest. */
const [FIRST_WAIT, LONGEST_WAIT] = [1_000, 60_000];
/** Milliseconds that it runs to count as one that works. */
const SOUND = 60_000;
/** Failures in a row after which an operator has to look. */
const MOST_FAILURES = 8;

/** CometBFT ends again and again; the message says how it did. */
export class CometFailedError extends Error {
  override readonly name = "CometFailedError";
}

/**
 * Keeps CometBFT running until it is stopped, starting it again when it ends.
 *
 * @param start starts it
 * @param running told of each one that has started; undefined when it has ended
 * @throws CometFailedError when it ends again and again
 */
export async function superviseComet(
  start: (signal: AbortSignal) => Promise<CometNode>,
  running: (node: CometNode | undefined) => Promise<void>,
  journal: Journal,
  stopped: AbortSignal,
): Promise<void> {
  for (let failures = 0; !stopped.aborted;) {
    const began = performance.now();
    let how: string;
    try {
      const node = await start(stopped);
      try {
        await running(node);
        const stopping = new Promise<undefined>((resolve) => {
          if (stopped.aborted) resolve(undefined);
          stopped.addEventListener("abort", () => resolve(undefined), { once: true });
        });
        const ended = await Promise.race([node.crashed(), stopping]);
        if (ended === undefined) return;
        how = `CometBFT ended with ${ended}`;
      } finally {
        await running(undefined);
        await node.stop();
      }
    } catch (error) {
      if (stopped.aborted) return;
      how = reasonOf(error);
    }
    failures = performance.now() - began > SOUND ? 1 : failures + 1;
    if (failures >= MOST_FAILURES) throw new CometFailedError(`${how}, the ${failures}th time in a row.`);
    const wait = Math.min(FIRST_WAIT * 2 ** (failures - 1), LONGEST_WAIT);
    journal.error("CometBFT is started again", { reason: how, failures, inMs: wait });
    await sleep(wait, undefined, { signal: stopped }).catch(() => undefined);
  }
}
