import { createSpinner, type ISpinner } from "@nomicfoundation/hardhat-utils/spinner";

/** Says what a task waits for, on a terminal only: a line for all that is done, a spinner for what is being done. */
export class Progress {
  readonly #shown: boolean;
  #spinner: ISpinner | undefined;

  constructor({ json }: { readonly json: boolean }) {
    this.#shown = !json && process.stdout.isTTY;
  }

  /** The step before is over, and `what` begins. */
  readonly step = (what: string): void => {
    this.end();
    if (!this.#shown) return;
    this.#spinner = createSpinner({ text: `${what} …` });
    this.#spinner.start();
  };

  /** Nothing is waited for any more. */
  end(): void {
    this.#spinner?.stop();
    this.#spinner = undefined;
  }
}
