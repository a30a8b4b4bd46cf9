import type { Eip1193 } from "./eip1193.ts";

/** How long a node may take to answer, in milliseconds. */
const PATIENCE = 30_000;

/** What a node answered to a call that it refused (JSON-RPC 2.0, section 5.1). */
export class JsonRpcError extends Error {
  override readonly name = "JsonRpcError";
  readonly code: number;
  /** What a reverted call returned, or whatever the node adds. */
  readonly data: unknown;

  constructor(message: string, code: number, data: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** A connection was closed before the answer came. */
class ConnectionLostError extends Error {}

/** Methods that can as well be called twice: those that only ask, and those that set something in a development node. */
const REPEATABLE = /^(eth_(?!send|submit)|net_|web3_|hardhat_(set|impersonate|stop))/;

/** How Node and undici name that. */
const LOST: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET"]);

/**
 * A node's JSON-RPC at an HTTP address. Addresses and headers often hold a key that is paid for, so its errors name nothing but the host.
 */
export class HttpProvider implements Eip1193 {
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #patience: number;
  #id = 0;

  /**
   * @param headers sent with every call
   * @param patience milliseconds that an answer may take
   */
  constructor(url: URL, headers: Readonly<Record<string, string>> = {}, patience = PATIENCE) {
    this.#url = url;
    this.#headers = headers;
    this.#patience = patience;
  }

  /** @throws JsonRpcError when the node refuses; Error when it cannot be reached or gives no answer that can be read */
  async request({ method, params = [] }: { method: string; params?: unknown[] }): Promise<unknown> {
    const { host } = this.#url;
    const { status, statusText, text } = await this.#post(method, params).catch((error: unknown) => {
      // A node closes connections that were idle for some seconds, which a busy process notices only when it uses one again. What only
      // asks is asked once more, over another; what may have been sent is for whoever sends it to look up.
      if (!(error instanceof ConnectionLostError) || !REPEATABLE.test(method)) throw error;
      return this.#post(method, params);
    });
    const answer = parsed(text);
    if (answer?.error !== undefined && answer.error !== null) {
      const { message, code, data } = answer.error;
      throw new JsonRpcError(String(message ?? "no reason given"), Number(code ?? 0), data);
    }
    if (answer === undefined || !("result" in answer)) {
      throw new Error(`${host} gave no JSON-RPC answer to ${method}, but status ${status} ${statusText}`);
    }
    return answer.result;
  }

  async #post(
    method: string,
    params: unknown[],
  ): Promise<{ status: number; statusText: string; text: string }> {
    const { host, username, password } = this.#url;
    const url = new URL(this.#url);
    // fetch takes no credentials in an address.
    [url.username, url.password] = ["", ""];
    const credentials = [username, password].map(decodeURIComponent).join(":");
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(username !== "" && { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` }),
          ...this.#headers,
        },
        body: JSON.stringify({ jsonrpc: "2.0", id: ++this.#id, method, params }),
        signal: AbortSignal.timeout(this.#patience),
      });
      return { status: response.status, statusText: response.statusText, text: await response.text() };
    } catch (error) {
      if ((error as Error).name === "TimeoutError") {
        throw new Error(`${host} did not answer ${method} within ${this.#patience} ms: request timed out`);
      }
      // `fetch` says "fetch failed" and hides what failed in the cause.
      const { message, cause } = error as Error;
      const reason =
        cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.message) : message;
      const sentence = `${host} cannot be reached: fetch failed (${reason})`;
      throw LOST.has(reason) ? new ConnectionLostError(sentence) : new Error(sentence);
    }
  }
}

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly message?: unknown; readonly code?: unknown; readonly data?: unknown } | null;
}

/** Undefined for whatever is no JSON object. */
function parsed(text: string): Answer | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
