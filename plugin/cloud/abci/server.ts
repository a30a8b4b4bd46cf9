import { createServer, type ListenOptions, type Server, type Socket } from "node:net";

import { Request, Response } from "cosmjs-types/tendermint/abci/types";

import { methods, type AbciApplication } from "./application.ts";
import { frame, FrameError, FrameReader } from "./frames.ts";

/** Bytes of the longest request. CometBFT's blocks are bounded by its `block.max_bytes`, of which an application chooses less. */
const LONGEST_REQUEST = 64 * 1024 * 1024;
/** Requests of a connection that wait before no more of it is read. */
const MOST_WAITING = 16;

/** What went wrong on a connection or in the application, and whether a request was answered with an exception for it. */
export type Complaint = (what: string, error: unknown) => void;

/**
 * Serves an application to a CometBFT node over a socket. CometBFT opens four connections (consensus, mempool, query, snapshots), and
 * each is answered in its own order, whatever the others wait for.
 */
export class AbciServer {
  readonly #application: AbciApplication;
  readonly #complain: Complaint;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  /** The last answer of each connection; its next begins after it. */
  readonly #turns = new Map<Socket, Promise<void>>();
  #closing = false;

  constructor(application: AbciApplication, complain: Complaint) {
    this.#application = application;
    this.#complain = complain;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Listens at a path of the file system, or at a loopback port: whoever connects is believed to be the node's own CometBFT. */
  async listen(at: { readonly path: string } | { readonly port: number }): Promise<void> {
    const options: ListenOptions = "path" in at ? { path: at.path } : { host: "127.0.0.1", port: at.port };
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(options, () => {
        this.#server.off("error", reject);
        resolve();
      });
    });
  }

  /** The port listened at; undefined at a path. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === "object" ? address?.port : undefined;
  }

  /** Lets the request that is being answered end, answers no other, and closes. */
  async close(): Promise<void> {
    this.#closing = true;
    const closed = new Promise((resolve) => this.#server.close(resolve));
    await Promise.all(this.#turns.values());
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#connections.add(socket);
    this.#turns.set(socket, Promise.resolve());
    const reader = new FrameReader(LONGEST_REQUEST);
    let waiting = 0;
    let ended = false;
    const end = (): void => {
      ended = true;
      this.#connections.delete(socket);
    };
    const refuse = (what: string, error: unknown): void => {
      if (ended) return;
      ended = true;
      this.#complain(what, error);
      const message = error instanceof Error ? error.message : String(error);
      socket.end(frame(Response.encode(Response.fromPartial({ exception: { error: message } })).finish()));
    };
    const answer = async (request: Request): Promise<void> => {
      try {
        if (ended || this.#closing) return;
        const response = await this.#answer(request);
        if (!ended) socket.write(frame(Response.encode(response).finish()));
      } catch (error) {
        refuse("The application could not answer a request of CometBFT", error);
      } finally {
        waiting -= 1;
        if (socket.isPaused() && !ended) {
          socket.resume();
          take();
        }
      }
    };
    const take = (): void => {
      try {
        while (!ended && waiting < MOST_WAITING) {
          const message = reader.next();
          if (message === undefined) return;
          const request = decodeRequest(message);
          waiting += 1;
          this.#turns.set(
            socket,
            this.#turns.get(socket)!.then(() => answer(request)),
          );
        }
        if (!ended) socket.pause();
      } catch (error) {
        refuse("A connection to the application does not speak ABCI", error);
      }
    };
    socket.on("data", (bytes) => {
      reader.push(bytes as Uint8Array);
      take();
    });
    socket.on("error", (error) => {
      if (!ended) this.#complain("A connection to the application broke", error);
      end();
    });
    socket.on("close", () => {
      end();
      void this.#turns.get(socket)!.then(() => this.#turns.delete(socket));
    });
  }

  async #answer(request: Request): Promise<Response> {
    if (request.echo !== undefined) return Response.fromPartial({ echo: { message: request.echo.message } });
    // Whatever came before it on this connection has been written: there is nothing to flush.
    if (request.flush !== undefined) return Response.fromPartial({ flush: {} });
    for (const method of methods) {
      const argument = request[method];
      if (argument === undefined) continue;
      const call = this.#application[method] as (argument: unknown) => Promise<unknown>;
      return { [method]: await call.call(this.#application, argument) };
    }
    throw new FrameError("A request names no method of ABCI 2.0.");
  }
}

function decodeRequest(message: Uint8Array): Request {
  try {
    return Request.decode(message);
  } catch (error) {
    throw new FrameError(`A message is no ABCI request: ${error instanceof Error ? error.message : error}`);
  }
}
