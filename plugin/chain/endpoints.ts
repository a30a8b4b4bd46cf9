import { WrongChainError } from "./chain-check.ts";
import type { Eip1193 } from "./eip1193.ts";
import { failureOf } from "./provider-failure.ts";

/** How long an endpoint that fails is left alone, in milliseconds. */
export interface Rest {
  /** After the first failure; doubled with each one that follows. */
  readonly first: number;
  readonly longest: number;
}

const REST: Rest = { first: 1_000, longest: 60_000 };

/** An endpoint is not asked, because it has failed a moment ago. The message is that failure's. */
export class RestingEndpointError extends Error {
  override readonly name = "RestingEndpointError";

  constructor(cause: Error, milliseconds: number) {
    super(`${cause.message} (asked again in ${Math.ceil(milliseconds)} ms)`, { cause });
  }
}

/**
 * One way to a chain. When it limits calls or is not there, it is left alone for a while, longer each time; what it refuses is
 * nobody's fault but the call's.
 */
class Endpoint implements Eip1193 {
  readonly #provider: Eip1193;
  readonly #rest: Rest;
  readonly #now: () => number;
  #failures = 0;
  #until = -Infinity;
  #failure = new Error();

  constructor(provider: Eip1193, rest: Rest, now: () => number) {
    this.#provider = provider;
    this.#rest = rest;
    this.#now = now;
  }

  async request(args: { method: string; params?: unknown[] }): Promise<unknown> {
    const left = this.#until - this.#now();
    if (left > 0) throw new RestingEndpointError(this.#failure, left);
    try {
      const answer = await this.#provider.request(args);
      this.#failures = 0;
      return answer;
    } catch (error) {
      if (isAway(error)) this.#leaveAlone(error as Error);
      throw error;
    }
  }

  #leaveAlone(failure: Error): void {
    // Calls that were under way together fail together, and count once.
    if (this.#now() < this.#until) return;
    this.#failure = failure;
    this.#until = this.#now() + Math.min(this.#rest.first * 2 ** this.#failures, this.#rest.longest);
    this.#failures = Math.min(this.#failures + 1, 30);
  }
}

/**
 * Several endpoints of one chain as one provider. A call goes to the one that answered last, and on to the next when that one is
 * away; what an endpoint refuses, none of the others is asked.
 */
export class Endpoints implements Eip1193 {
  readonly endpoints: readonly Eip1193[];
  #current = 0;

  /**
   * @param providers one or more, in the order of preference
   * @param now a clock in milliseconds
   */
  constructor(providers: readonly Eip1193[], rest: Rest = REST, now: () => number = () => performance.now()) {
    if (providers.length === 0) throw new RangeError("A chain needs at least one endpoint.");
    this.endpoints = providers.map((provider) => new Endpoint(provider, rest, now));
  }

  async request(args: { method: string; params?: unknown[] }): Promise<unknown> {
    const first = this.#current;
    for (let tried = 1; ; tried++) {
      const index = (first + tried - 1) % this.endpoints.length;
      try {
        const answer = await this.endpoints[index]!.request(args);
        this.#current = index;
        return answer;
      } catch (error) {
        if (tried === this.endpoints.length || !isAway(error)) throw error;
      }
    }
  }
}

/** Whether an endpoint did not look at the call at all, or is not this chain's. */
export function isAway(error: unknown): boolean {
  if (error instanceof RestingEndpointError || error instanceof WrongChainError) return true;
  const failure = failureOf(error);
  return failure === "too often" || failure === "unreachable";
}
