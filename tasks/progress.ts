import { createSpinner, type ISpinner } from "@nomicfoundation/hardhat-utils/spinner";

/**
 * Says what a task waits for, unless it prints JSON: on a terminal a line that is gone when the step is over, elsewhere lines on standard
 * error.
 */
export class Progress {
  readonly #shown: boolean;
  #spinner: ISpinner | undefined;

  constructor({ json }: { readonly json: boolean }) {
    this.#shown = !json;
  }

  /** The step before is over, and `what` begins. */
  readonly step = (what: string): void => {
    this.end();
    if (!this.#shown) return;
    if (!process.stdout.isTTY) {
      console.error(`${what} …`);
      return;
    }
    this.#spinner = createSpinner({ text: `${what} …` });
    this.#spinner.start();
    // The spinner turns when nothing else happens. A step that keeps this thread busy, as proving does, would not be shown at all.
    process.stdout.write(`  ${what} …`);
  };

  /** Nothing is waited for any more. */
  end(): void {
    this.#spinner?.stop();
    this.#spinner = undefined;
  }
}
