import { setTimeout as sleep } from "node:timers/promises";

/** How long to wait between two turns, in milliseconds. */
export interface Pace {
  /** After one that went well. */
  readonly interval: number;
  /** After failures: twice as long after each, up to this. */
  readonly longest: number;
}

/** Ends the pause between two turns. */
export class Prompt {
  #isGiven = false;
  #wake: () => void = () => undefined;

  /** Has the next turn begin at once, or as soon as the one under way is over. */
  give(): void {
    this.#isGiven = true;
    this.#wake();
  }

  /** Resolves after so many milliseconds, once prompted, or when stopped. */
  async pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        stopped.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      stopped.addEventListener("abort", end);
      this.#wake = end;
      if (this.#isGiven || stopped.aborted) end();
    });
    this.#isGiven = false;
  }
}

/**
 * Does something again and again until it is stopped. Never rejects.
 *
 * @param failed told of the first failure in a row, and of each one with another message
 * @param recovered told when it goes well again
 * @param prompt shortens the pause after a turn that went well
 */
export async function repeat(
  work: () => Promise<void>,
  pace: Pace,
  stopped: AbortSignal,
  failed: (error: Error) => void,
  recovered: () => void = () => undefined,
  prompt: Prompt = new Prompt(),
): Promise<void> {
  let wait = pace.interval;
  let said: string | undefined;
  while (!stopped.aborted) {
    try {
      await work();
      wait = pace.interval;
      if (said !== undefined) recovered();
      said = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== said) failed(error as Error);
      said = message;
      wait = Math.min(2 * wait, pace.longest);
    }
    if (said === undefined) await prompt.pause(wait, stopped);
    else await sleep(wait, undefined, { signal: stopped }).catch(() => undefined);
  }
}
