import { revertDataOf } from "../contracts/revert-data.ts";
import type { Eip1193 } from "./eip1193.ts";
import { EvmChain, type Finality } from "./evm-chain.ts";

/** Several endpoints of one chain, of whose answers only those count that enough of them give. For questions that have one answer. */
export class AgreedProvider implements Eip1193 {
  readonly endpoints: readonly Eip1193[];
  readonly #quorum: number;

  /**
   * @param quorum how many must give an answer. Whatever it is, two must agree where two answer; with 1, one suffices while the others are
   * away
   */
  constructor(endpoints: readonly Eip1193[], quorum: number) {
    this.endpoints = endpoints;
    this.#quorum = quorum;
  }

  /** @throws what a contract reverted with, if enough say so; Error when no answer was given by enough endpoints */
  async request(args: { method: string; params?: unknown[] }): Promise<unknown> {
    const given = await Promise.allSettled(this.endpoints.map((endpoint) => endpoint.request(args)));
    const answers = new Map<string, PromiseSettledResult<unknown>[]>();
    for (const answer of given) {
      const said = wordsOf(answer);
      if (said !== undefined) answers.set(said, [...(answers.get(said) ?? []), answer]);
    }
    const answered = [...answers.values()].reduce((sum, alike) => sum + alike.length, 0);
    const alike = [...answers.values()].find(({ length }) => length >= this.#needed(answered));
    const answer = alike?.[0];
    if (answer === undefined) throw disagreement(args.method, given, answered, this.#needed(answered));
    if (answer.status === "fulfilled") return answer.value;
    throw answer.reason;
  }

  /** Number of the newest block that enough endpoints say is final; -1n while there is none. */
  async finalHead(chainId: bigint, finality: Finality): Promise<bigint> {
    const given = await Promise.allSettled(
      this.endpoints.map((endpoint) => new EvmChain(endpoint, chainId, finality).finalHead()),
    );
    const heads = given
      .flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []))
      .sort((a, b) => (a > b ? -1 : 1));
    const needed = this.#needed(heads.length);
    if (heads.length < needed) throw disagreement("its final block", given, heads.length, needed);
    return heads[needed - 1]!;
  }

  #needed(answered: number): number {
    return Math.max(this.#quorum, Math.min(2, answered), 1);
  }
}

/** What an endpoint answered, so that answers can be compared; undefined when it did not. A revert is an answer. */
function wordsOf(answer: PromiseSettledResult<unknown>): string | undefined {
  if (answer.status === "fulfilled") return JSON.stringify(answer.value);
  const data = revertDataOf(answer.reason);
  return data === undefined ? undefined : `revert ${data}`;
}

function disagreement(
  what: string,
  given: readonly PromiseSettledResult<unknown>[],
  answered: number,
  needed: number,
): Error {
  const failure = given.find(
    (answer): answer is PromiseRejectedResult =>
      answer.status === "rejected" && revertDataOf(answer.reason) === undefined,
  );
  // With one endpoint its own words say it best.
  if (given.length === 1 && failure !== undefined) return failure.reason as Error;
  const why = failure === undefined ? "" : ` One said: ${(failure.reason as Error).message}`;
  return new Error(
    answered < needed
      ? `Asked for ${what}, ${answered} of ${given.length} endpoints answered, and ${needed} must.${why}`
      : `Asked for ${what}, no ${needed} of ${given.length} endpoints say the same.${why}`,
    { cause: failure?.reason },
  );
}
