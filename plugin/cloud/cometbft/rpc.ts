/** CometBFT's RPC refused a call, or gave no answer that can be read. */
export class CometRpcError extends Error {
  override readonly name = "CometRpcError";
}

/** Milliseconds to wait for an answer. */
const PATIENCE = 10_000;

/** The RPC of a CometBFT node (CometBFT 0.38, "RPC"), at a loopback address. */
export class CometRpc {
  readonly #url: string;

  /** @param address host:port */
  constructor(address: string) {
    this.#url = `http://${address}`;
  }

  /** @throws CometRpcError */
  async call(method: string, params: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    let answer: { result?: unknown; error?: { message?: string; data?: string } };
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
        signal: AbortSignal.timeout(PATIENCE),
      });
      answer = (await response.json()) as typeof answer;
    } catch (error) {
      throw new CometRpcError(`CometBFT does not answer ${method}: ${(error as Error).message}`);
    }
    if (answer.error !== undefined) {
      const { message, data } = answer.error;
      throw new CometRpcError(`CometBFT refuses ${method}: ${[message, data].filter(Boolean).join(": ")}`);
    }
    return answer.result;
  }

  /**
   * Hands a transaction to the node, which passes it on to its peers if its application takes it.
   *
   * @throws CometRpcError
   */
  async broadcast(transaction: Uint8Array): Promise<void> {
    try {
      await this.call("broadcast_tx_async", { tx: Buffer.from(transaction).toString("base64") });
    } catch (error) {
      // It has it already.
      if (!(error instanceof Error && error.message.includes("tx already exists in cache"))) throw error;
    }
  }
}
