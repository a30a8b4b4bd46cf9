import { revertDataOf } from "../contracts/revert-data.ts";
import type { Eip1193 } from "./eip1193.ts";
import { isAway } from "./endpoints.ts";
import { EvmChain, type Finality } from "./evm-chain.ts";

/** Several endpoints of one chain, of whose answers only those count that enough of them give. For questions that have one answer. */
export class AgreedProvider implements Eip1193 {
  readonly endpoints: readonly Eip1193[];
  readonly #quorum: number;

  /**
   * @param quorum how many must give an answer. Whatever it is, two must agree where two are there; with 1, one suffices while the others
   * are away: cannot be reached, limit calls or are of another chain. Who is there and refuses a question is not away
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
    const needed = this.#needed(given);
    const answer = [...answers.values()].find(({ length }) => length >= needed)?.[0];
    if (answer === undefined) throw disagreement(args.method, given, needed);
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
    const needed = this.#needed(given);
    if (heads.length < needed) throw disagreement("its final block", given, needed);
    return heads[needed - 1]!;
  }

  #needed(given: readonly PromiseSettledResult<unknown>[]): number {
    const present = given.filter((answer) => answer.status === "fulfilled" || !isAway(answer.reason));
    return Math.max(this.#quorum, Math.min(2, present.length), 1);
  }
}

/** What an endpoint answered, so that answers can be compared; undefined when it did not. A revert is an answer. */
function wordsOf(answer: PromiseSettledResult<unknown>): string | undefined {
  if (answer.status === "fulfilled") return JSON.stringify(answer.value);
  const data = revertDataOf(answer.reason);
  return data === undefined ? undefined : `revert ${data}`;
}

function disagreement(what: string, given: readonly PromiseSettledResult<unknown>[], needed: number): Error {
  const failures = given
    .filter((answer) => answer.status === "rejected" && revertDataOf(answer.reason) === undefined)
    .map((answer) => (answer as PromiseRejectedResult).reason as Error);
  // Why one refuses says more than that another is away.
  const failure = failures.find((error) => !isAway(error)) ?? failures[0];
  // With one endpoint its own words say it best.
  if (given.length === 1 && failure !== undefined) return failure;
  const answered = given.length - failures.length;
  const why = failure === undefined ? "" : ` One said: ${failure.message}`;
  return new Error(
    answered < needed
      ? `Asked for ${what}, ${answered} of ${given.length} endpoints answered, and ${needed} must.${why}`
      : `Asked for ${what}, no ${needed} of ${given.length} endpoints say the same.${why}`,
    { cause: failure },
  );
}
