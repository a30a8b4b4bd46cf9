import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

import { frame, FrameReader } from "../abci/frames.ts";
import type { Complaint } from "../abci/server.ts";
import { LONGEST_MESSAGE } from "./privval.ts";

/** Milliseconds until it is dialled again. CometBFT waits three seconds for its first signer. */
const PAUSE = 100;
/** What is met while CometBFT is not there, and when it is killed: whoever runs its process knows. */
const NOT_THERE = ["ENOENT", "ECONNREFUSED", "ECONNRESET", "EPIPE"];

/**
 * Stays connected to the socket at which a CometBFT waits for whoever signs for its validator (`priv_validator_laddr`), and answers it, one
 * request after the other. Whoever makes that socket is believed to be the node's own CometBFT.
 */
export class SignerConnection {
  readonly #path: string;
  readonly #answer: (request: Uint8Array) => Promise<Uint8Array>;
  readonly #complain: Complaint;
  readonly #stopped = new AbortController();
  readonly #done: Promise<void>;
  #socket: Socket | undefined;
  #answering: Promise<Uint8Array> | undefined;

  /**
   * Begins to dial.
   *
   * @param path of the socket
   * @param answer throws for what is no request: that ends the connection, and another is made
   */
  constructor(path: string, answer: (request: Uint8Array) => Promise<Uint8Array>, complain: Complaint) {
    this.#path = path;
    this.#answer = answer;
    this.#complain = complain;
    this.#done = this.#run();
  }

  /** Lets the request that is being answered end, and answers no other. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#answering?.catch(() => undefined);
    this.#socket?.destroySoon();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const socket = connect(this.#path);
      this.#socket = socket;
      // Errors are seen where something is awaited; one that comes besides must not end the process.
      socket.on("error", () => undefined);
      try {
        await once(socket, "connect", { signal });
        await this.#serve(socket);
      } catch (error) {
        if (!signal.aborted && !isNotThere(error))
          this.#complain("The connection of a validator's signer broke", error);
      } finally {
        socket.destroy();
      }
      await delay(PAUSE, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Until either side ends it. */
  async #serve(socket: Socket): Promise<void> {
    const reader = new FrameReader(LONGEST_MESSAGE);
    for await (const bytes of socket as AsyncIterable<Uint8Array>) {
      reader.push(bytes);
      for (let request = reader.next(); request !== undefined; request = reader.next()) {
        if (this.#stopped.signal.aborted) return;
        this.#answering = this.#answer(request);
        socket.write(frame(await this.#answering));
      }
    }
  }
}

function isNotThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && NOT_THERE.includes(String(error.code));
}
