import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { z } from "zod";

import { reasonOf } from "./journal.ts";

/** What of a node's chain anybody may ask for. */
export interface LightSource {
  /** CometBFT's height of the last block that the node has, and of its snapshots; all nothing while there is no chain. */
  standing(): Promise<Standing>;
  /** Asks the node's CometBFT. @throws Error while it does not run */
  call(method: string, params: Readonly<Record<string, unknown>>): Promise<unknown>;
}

export interface Standing {
  readonly height: bigint;
  readonly snapshots: readonly bigint[];
}

/** Most bytes of a question; most that are answered at once, and most connections. */
const [MOST_BYTES, MOST_AT_ONCE, MOST_CONNECTIONS] = [1_024, 8, 64];
/** Milliseconds that a question may take to come. */
const PATIENCE = 5_000;

const REFUSED = { jsonrpc: "2.0", error: { code: -32600, message: "Invalid Request" } };

const number = z.union([z.string().regex(/^\d{1,18}$/), z.number().int().min(0)]).transform(String);
/** What CometBFT's light client asks (`light/provider/http`, `statesync/stateprovider.go`), and nothing else of its RPC. */
const height = z.object({ height: number.optional() });
const question = z.object({
  id: z.union([z.string().max(64), z.number()]).optional(),
  ask: z.union([
    z.object({ method: z.enum(["commit", "consensus_params"]), params: height.default({}) }),
    z.object({
      method: z.literal("validators"),
      params: height.extend({ page: number.optional(), per_page: number.optional() }).default({}),
    }),
    z.object({ method: z.literal("nexus_standing"), params: z.object({}).default({}) }),
  ]),
});

/**
 * Answers the light clients of nodes that begin later: headers with who signed them, validators, consensus parameters, and which snapshots
 * the node has, all of which peers can know anyway. JSON-RPC 2.0 over HTTP, by POST. Nothing can be changed by it.
 */
export class LightServer {
  readonly #server: Server;
  readonly #source: LightSource;
  #answering = 0;

  private constructor(source: LightSource) {
    this.#source = source;
    this.#server = createServer(
      { requestTimeout: PATIENCE, headersTimeout: PATIENCE },
      (request, response) => {
        void this.#answer(request, response);
      },
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** @param listen host:port @throws Error when it cannot listen there */
  static async listen(listen: string, source: LightSource): Promise<LightServer> {
    const light = new LightServer(source);
    const at = listen.lastIndexOf(":");
    const [host, port] = [listen.slice(0, at).replace(/^\[|\]$/g, ""), Number(listen.slice(at + 1))];
    await new Promise<void>((resolve, reject) => {
      light.#server.once("error", reject);
      light.#server.listen({ host, port }, resolve);
    });
    return light;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") return send(response, 405, REFUSED);
    if (this.#answering >= MOST_AT_ONCE) return send(response, 503, REFUSED);
    this.#answering += 1;
    try {
      const asked = parsed(await bodyOf(request));
      if (asked === undefined) return send(response, 400, REFUSED);
      const { id } = asked;
      const answer = await this.#ask(asked.ask).then(
        (result) => ({ result }),
        // CometBFT's light client reads what is missing from the text.
        (error: unknown) => ({ error: { code: -32603, message: "Internal error", data: reasonOf(error) } }),
      );
      send(response, 200, { jsonrpc: "2.0", id, ...answer });
    } catch {
      send(response, 400, REFUSED);
    } finally {
      this.#answering -= 1;
    }
  }

  async #ask({ method, params }: z.output<typeof question>["ask"]): Promise<unknown> {
    if (method !== "nexus_standing") return this.#source.call(method, params);
    const { height: last, snapshots } = await this.#source.standing();
    return { height: String(last), snapshots: snapshots.map(String) };
  }
}

function parsed(text: string): z.output<typeof question> | undefined {
  const { id, ...ask } = JSON.parse(text) as { id?: unknown };
  return question.safeParse({ id, ask }).data;
}

/** @throws Error when it is too long */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > MOST_BYTES) throw new Error("This is too long for a question.");
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString("utf8");
}

function send(response: ServerResponse, status: number, content: object): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(`${JSON.stringify(content)}\n`);
}
