import { revertDataOf } from "../contracts/revert-data.ts";
import type { Eip1193 } from "./eip1193.ts";
import { isAway } from "./endpoints.ts";
import { EvmChain, type Finality } from "./evm-chain.ts";

/** Several endpoints of one chain, of whose answers only those count that enough of them give. For questions that have one answer. */
export class AgreedProvider implements Eip1193 {
  readonly endpoints: readonly Eip1193[];
  /** How many must give an answer: two where there are two, also while all others are away, since whoever is left could say anything. */
  readonly #needed: number;

  constructor(endpoints: readonly Eip1193[]) {
    this.endpoints = endpoints;
    this.#needed = Math.min(2, Math.max(1, endpoints.length));
  }

  /** @throws what a contract reverted with, if enough say so; Error when no answer was given by enough endpoints */
  async request(args: { method: string; params?: unknown[] }): Promise<unknown> {
    const given = await Promise.allSettled(this.endpoints.map((endpoint) => endpoint.request(args)));
    const answers = new Map<string, PromiseSettledResult<unknown>[]>();
    for (const answer of given) {
      const said = wordsOf(answer);
      if (said !== undefined) answers.set(said, [...(answers.get(said) ?? []), answer]);
    }
    const answer = [...answers.values()].find(({ length }) => length >= this.#needed)?.[0];
    if (answer === undefined) throw disagreement(args.method, given, this.#needed);
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
    if (heads.length < this.#needed) throw disagreement("its final block", given, this.#needed);
    return heads[this.#needed - 1]!;
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
