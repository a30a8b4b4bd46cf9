import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds between two looks. */
const LOOK = 200;

/** Looks again and again until something is so. @throws Error when it is not within so many milliseconds */
export async function until(what: string, patience: number, look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + patience;
  while (!(await look())) {
    if (performance.now() > end)
      throw new Error(`It did not come within ${patience / 1_000} s that ${what}.`);
    await sleep(LOOK);
  }
}
