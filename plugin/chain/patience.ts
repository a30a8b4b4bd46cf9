/** Nobody answered in time, and whoever was asked may answer yet. */
export class SilenceError extends Error {
  override readonly name = "SilenceError";
}

/**
 * Asks somebody who may never answer, such as the provider of a chain: waits so long and no longer, and while an answer is overdue
 * asks nothing more and does not wait at all.
 */
export class Patience {
  readonly #milliseconds: number;
  #overdue = 0;

  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /**
   * The answer to a question.
   *
   * @param what who is asked, for the error
   * @throws SilenceError when it does not come in time
   */
  async wait<T>(what: string, question: () => Promise<T>): Promise<T> {
    const silence = new SilenceError(`${what} has not answered within ${this.#milliseconds} ms.`);
    if (this.#overdue > 0) throw silence;
    const answer = question();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#overdue++;
        const settle = (): void => void this.#overdue--;
        answer.then(settle, settle);
        reject(silence);
      }, this.#milliseconds);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
