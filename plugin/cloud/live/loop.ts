import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait between two turns, in milliseconds. */
export interface Pace {
  /** After one that went well. */
  readonly interval: number;
  /** After failures: twice as long after each, up to this. */
  readonly longest: number;
}

/**
 * Does something again and again until it is stopped. Never rejects.
 *
 * @param failed told of the first failure in a row, and of each one with another message
 * @param recovered told when it goes well again
 */
export async function repeat(
  work: () => Promise<void>,
  { interval, longest }: Pace,
  stopped: AbortSignal,
  failed: (error: Error) => void,
  recovered: () => void = () => undefined,
): Promise<void> {
  let wait = interval;
  let said: string | undefined;
  while (!stopped.aborted) {
    try {
      await work();
      wait = interval;
      if (said !== undefined) recovered();
      said = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== said) failed(error as Error);
      said = message;
      wait = Math.min(2 * wait, longest);
    }
    await sleep(wait, undefined, { signal: stopped }).catch(() => undefined);
  }
}
