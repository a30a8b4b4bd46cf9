import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { PAGE_HEADERS, pageFile } from "../../plugin/node/page-files.ts";
import { moduleLimits } from "../../plugin/wasm/limits.ts";

/** What the server asks of the node behind it. Answers are JSON. */
export interface NodeView {
  status(): Promise<object>;
  /** Blocks above a height, newest first. */
  blocks(from: number): Promise<object>;
  requests(): Promise<object>;
  request(id: string): Promise<object | undefined>;
  /** @returns the program's id @throws Error when the cloud would not run it */
  publish(module: Uint8Array): Promise<string>;
  /** Has the cloud leave out a run. @throws RangeError when no such run waits */
  skip(run: { eventId: string; programId: string }): Promise<void>;
}

/** An answer other than success, which the caller is told. */
class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The page, and what it loads. */
const FILES = ["index.html", "page.css", "page.js", "elements.js"] as const;
/** Most bytes of what names a run to be skipped. */
const LONGEST_SKIP = 1_024;
/** Most pages that are told of news at once. */
const MAX_LISTENERS = 100;

/** Serves a node's page and the JSON behind it. */
export class PageServer {
  readonly #view: NodeView;
  readonly #server: Server;
  readonly #listeners = new Set<ServerResponse>();
  #anyHost = false;

  constructor(view: NodeView) {
    this.#view = view;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /**
   * Begins to serve.
   *
   * @param port 0 for any free one
   * @returns the port
   * @throws the system's error, such as EADDRINUSE
   */
  async listen(host: string, port: number): Promise<number> {
    // Who serves other machines is called by names that are not known here.
    this.#anyHost = !isLoopback(host);
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, resolve);
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Tells every open page that there is something new. */
  announce(): void {
    for (const listener of this.#listeners) listener.write("data: new\n\n");
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      this.#requireOwnCaller(request);
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://node");
      if (pathname === "/api/programs") await this.#publish(request, response);
      else if (pathname === "/api/skips") await this.#skip(request, response);
      else if (request.method !== "GET" && request.method !== "HEAD")
        throw new Refusal(405, `${pathname} is only read: use GET.`);
      else if (pathname === "/api/news") this.#listen(request, response);
      else {
        const file = pageFile(pathname, FILES);
        if (file === undefined) sendJson(response, 200, await this.#read(pathname, searchParams));
        else {
          response.writeHead(200, { ...PAGE_HEADERS, "content-type": file.type });
          response.end(await file.read());
        }
      }
    } catch (error) {
      if (response.headersSent) response.destroy();
      else {
        const status = error instanceof Refusal ? error.status : 503;
        sendJson(response, status, { error: (error as Error).message });
      }
    }
  }

  async #read(pathname: string, parameters: URLSearchParams): Promise<object> {
    if (pathname === "/api/status") return this.#view.status();
    if (pathname === "/api/requests") return this.#view.requests();
    if (pathname === "/api/blocks") {
      const from = parameters.get("from") ?? "0";
      if (!/^\d{1,15}$/.test(from))
        throw new Refusal(400, "`from` must be a block's height, a whole number.");
      return this.#view.blocks(Number(from));
    }
    const [, id] = /^\/api\/requests\/(0x[0-9a-fA-F]{64})$/.exec(pathname) ?? [];
    const found = id === undefined ? undefined : await this.#view.request(id);
    if (found === undefined) throw new Refusal(404, `There is nothing at ${pathname}.`);
    return found;
  }

  /** A page of another site must not reach this server through a name of its own (DNS rebinding), nor write to it. */
  #requireOwnCaller({ headers }: IncomingMessage): void {
    const { host, origin } = headers;
    const named = host === undefined ? undefined : hostnameOf(`http://${host}`);
    if (named === undefined || !(this.#anyHost || isLoopback(named))) {
      throw new Refusal(
        403,
        "This node answers to localhost only. Start it with --host to have it serve others.",
      );
    }
    if (origin !== undefined && origin !== `http://${host}`) {
      throw new Refusal(403, `Pages of ${origin} may not use this node.`);
    }
  }

  async #publish(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") throw new Refusal(405, "Programs are published with POST.");
    // Browsers ask before they send this type to another site, and are not answered.
    if (request.headers["content-type"] !== "application/wasm") {
      throw new Refusal(415, "Send the module's bytes with content-type: application/wasm.");
    }
    const module = await bodyOf(request, "module", moduleLimits.moduleBytes);
    let programId: string;
    try {
      programId = await this.#view.publish(module);
    } catch (error) {
      throw error instanceof Error && error.name === "WasmError" ? new Refusal(422, error.message) : error;
    }
    sendJson(response, 201, { programId });
  }

  async #skip(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") throw new Refusal(405, "Runs are skipped with POST.");
    // Browsers ask before they send this type to another site, and are not answered.
    if (request.headers["content-type"] !== "application/json") {
      throw new Refusal(415, "Send {eventId, programId} with content-type: application/json.");
    }
    const run = skipOf(Buffer.from(await bodyOf(request, "skip", LONGEST_SKIP)).toString());
    try {
      await this.#view.skip(run);
    } catch (error) {
      throw error instanceof RangeError ? new Refusal(422, error.message) : error;
    }
    sendJson(response, 202, run);
  }

  #listen(request: IncomingMessage, response: ServerResponse): void {
    if (this.#listeners.size >= MAX_LISTENERS) throw new Refusal(503, "Too many pages are open.");
    response.writeHead(200, { ...PAGE_HEADERS, "content-type": "text/event-stream" });
    response.write("retry: 1000\n\n");
    this.#listeners.add(response);
    request.on("close", () => this.#listeners.delete(response));
  }
}

/** Whether a host name means this machine and no other. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/.test(host);
}

function hostnameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { ...PAGE_HEADERS, "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

/** The run that a body in JSON names. @throws Refusal when it names none */
function skipOf(body: string): { eventId: string; programId: string } {
  const isId = (value: unknown): value is string =>
    typeof value === "string" && /^0x[0-9a-fA-F]{64}$/.test(value);
  try {
    const { eventId, programId } = JSON.parse(body) as Record<string, unknown>;
    if (isId(eventId) && isId(programId)) return { eventId, programId };
  } catch {
    // It is no JSON.
  }
  throw new Refusal(400, "A skip is {eventId, programId}, both 0x and 64 hexadecimal digits.");
}

/** The whole body. @throws Refusal when it is longer than `limit` bytes */
async function bodyOf(request: IncomingMessage, what: string, limit: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new Refusal(413, `The ${what} has more than ${limit} bytes.`);
    parts.push(part);
  }
  return new Uint8Array(Buffer.concat(parts));
}
