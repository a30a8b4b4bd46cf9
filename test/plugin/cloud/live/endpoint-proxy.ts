import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What is wrong with an endpoint. `lies`: it changes and leaves out logs, the same each time. */
export type EndpointFault = "none" | "errors" | "hangs" | "stands still" | "lies";

interface Call {
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}
interface Log {
  readonly data: string;
  readonly logIndex: string;
}

/** Names of blocks that move with the head. */
const MOVING: ReadonlySet<unknown> = new Set(["latest", "safe", "finalized", "pending"]);

/** An endpoint of its own between one node and a chain, whose answers can be made wrong. */
export class EndpointProxy {
  readonly #chain: string;
  readonly #server: Server;
  readonly #waiting = new Set<ServerResponse>();
  #fault: EndpointFault = "none";
  #head: string | undefined;

  private constructor(chain: string) {
    this.#chain = chain;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  /** @param chain address of its JSON-RPC */
  static async open(chain: string): Promise<EndpointProxy> {
    const proxy = new EndpointProxy(chain);
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async fail(fault: EndpointFault): Promise<void> {
    if (fault === "stands still") {
      const call = { id: 0, method: "eth_blockNumber", params: [] };
      this.#head = (await this.#ask(call)).result as string;
    }
    this.#fault = fault;
    for (const response of this.#waiting) response.destroy();
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = JSON.parse(Buffer.concat(chunks).toString()) as Call;
    if (this.#fault === "errors") {
      response.writeHead(503).end("overloaded");
      return;
    }
    if (this.#fault === "hangs") {
      this.#waiting.add(response);
      return;
    }
    const answer = await this.#wrong(call);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  async #wrong(call: Call): Promise<Record<string, unknown>> {
    const { id, method, params = [] } = call;
    if (this.#fault === "lies" && method === "eth_getLogs") {
      const answer = await this.#ask(call);
      if (!Array.isArray(answer.result)) return answer;
      return { ...answer, result: (answer.result as Log[]).flatMap(falsified) };
    }
    if (this.#fault === "stands still") {
      if (method === "eth_blockNumber") return { jsonrpc: "2.0", id, result: this.#head };
      if (method === "eth_getBlockByNumber") {
        const asked = MOVING.has(params[0]) ? this.#head : params[0];
        if (BigInt(asked as string) > BigInt(this.#head!)) return { jsonrpc: "2.0", id, result: null };
        return this.#ask({ ...call, params: [asked, ...params.slice(1)] });
      }
    }
    return this.#ask(call);
  }

  async #ask(call: Call): Promise<Record<string, unknown>> {
    const response = await fetch(this.#chain, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", ...call }),
    });
    return (await response.json()) as Record<string, unknown>;
  }
}

/** Every third log is left out, of the others the last byte is another one. */
function falsified(log: Log): Log[] {
  if (BigInt(log.logIndex) % 3n === 2n) return [];
  const { data } = log;
  if (data.length < 4) return [log];
  const last = (Number.parseInt(data.slice(-2), 16) ^ 1).toString(16).padStart(2, "0");
  return [{ ...log, data: data.slice(0, -2) + last }];
}
