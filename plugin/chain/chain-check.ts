import type { Eip1193 } from "./eip1193.ts";
import { failureOf } from "./provider-failure.ts";

/** An endpoint answers for another chain than the one it was configured for. */
export class WrongChainError extends Error {
  override readonly name = "WrongChainError";
}

/**
 * An endpoint that is asked nothing before it has said that it is of the right chain; and again after it could not be reached, for
 * something else may be behind its address then.
 */
export class CheckedEndpoint implements Eip1193 {
  readonly #provider: Eip1193;
  readonly #chainId: bigint;
  readonly #name: string;
  #checked: Promise<void> | undefined;

  /** @param name what to call it in errors, such as its host */
  constructor(provider: Eip1193, chainId: bigint, name: string) {
    this.#provider = provider;
    this.#chainId = chainId;
    this.#name = name;
  }

  /** @throws WrongChainError, and what the endpoint fails with */
  async request(args: { method: string; params?: unknown[] }): Promise<unknown> {
    try {
      await (this.#checked ??= this.#check());
      return await this.#provider.request(args);
    } catch (error) {
      if (error instanceof WrongChainError || failureOf(error) === "unreachable") this.#checked = undefined;
      throw error;
    }
  }

  async #check(): Promise<void> {
    let answer: unknown;
    try {
      answer = await this.#provider.request({ method: "eth_chainId" });
    } catch (error) {
      this.#checked = undefined;
      throw error;
    }
    const found = typeof answer === "string" && /^0x[0-9a-f]+$/i.test(answer) ? BigInt(answer) : undefined;
    if (found === this.#chainId) return;
    const what = found === undefined ? "names no chain" : `is of chain ${found}`;
    throw new WrongChainError(
      `${this.#name} ${what}, and not of chain ${this.#chainId}: correct its address, or the chain id beside it.`,
    );
  }
}
