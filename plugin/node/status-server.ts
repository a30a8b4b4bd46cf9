import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { NodeError } from "./command.ts";
import { PAGE_HEADERS, pageFile } from "./page-files.ts";

/** What the running node says of itself. */
export interface Health {
  /** What an operator has to see to, a sentence each; none when the node is well. */
  readonly trouble: readonly string[];
}

/** What is asked of the running node. */
export interface Answers {
  health(): Health;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
  /** Its last blocks, newest first. */
  blocks(): readonly object[];
}

/** The page, and what it loads. */
const FILES = ["operator.html", "page.css", "operator.js", "elements.js"] as const;

/** Hosts of this machine, as a browser or a monitor names them. */
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/**
 * Answers `/health` (JSON; 503 while something is wrong), `/metrics` (Prometheus' text), `/blocks` (JSON), and a page that shows them, at a
 * loopback address. A page that a browser has from elsewhere gets nothing, under whatever name it reaches this machine.
 */
export class StatusServer {
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param listen host:port @throws NodeError when it cannot listen there */
  static async listen(listen: string, answers: Answers): Promise<StatusServer> {
    const at = listen.lastIndexOf(":");
    const [host, port] = [listen.slice(0, at).replace(/^\[|\]$/g, ""), Number(listen.slice(at + 1))];
    const server = createServer((request, response) => {
      void answer(request, response, answers).catch((error: unknown) =>
        send(response, 500, "text/plain", `${(error as Error).message}\n`),
      );
    });
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host, port }, resolve);
      });
    } catch (error) {
      throw new NodeError(
        `The node cannot listen at ${listen} (status.listen): ${(error as Error).message}.`,
      );
    }
    return new StatusServer(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { health, metrics, blocks }: Answers,
): Promise<void> {
  const { host, origin } = request.headers;
  if (!isOurs(`http://${host ?? ""}`) || (origin !== undefined && !isOurs(origin)))
    return send(response, 403, "text/plain", "This is asked from this machine alone.\n");
  if (request.method !== "GET") return send(response, 405, "text/plain", "GET alone is answered.\n");
  const { pathname } = new URL(request.url ?? "/", "http://node");
  const file = pageFile(pathname, FILES);
  if (file !== undefined) return send(response, 200, file.type, await file.read());
  switch (pathname) {
    case "/health": {
      const said = health();
      return send(response, said.trouble.length === 0 ? 200 : 503, "application/json", json(said));
    }
    case "/metrics":
      return send(response, 200, "text/plain; version=0.0.4; charset=utf-8", await metrics());
    case "/blocks":
      return send(response, 200, "application/json", json(blocks()));
    default:
      return send(response, 404, "text/plain", "There are /, /health, /metrics and /blocks.\n");
  }
}

/** Whole numbers beyond what JSON's readers take as decimal text. */
function json(value: object): string {
  const text = JSON.stringify(value, (_, one: unknown) => (typeof one === "bigint" ? one.toString() : one));
  return `${text}\n`;
}

function isOurs(address: string): boolean {
  return URL.canParse(address) && LOOPBACK.test(new URL(address).hostname);
}

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array): void {
  response.writeHead(status, { ...PAGE_HEADERS, "content-type": type });
  response.end(body);
}
