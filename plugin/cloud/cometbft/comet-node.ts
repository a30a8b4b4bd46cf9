import { rm } from "node:fs/promises";

import type { AbciApplication } from "../abci/application.ts";
import { AbciServer, type Complaint } from "../abci/server.ts";
import type { Genesis } from "./genesis.ts";
import { writeHome, type CometKeys, type CometSettings } from "./home.ts";
import { CometBftProcess, type LogLine } from "./process.ts";
import { CometRpc } from "./rpc.ts";

/** Milliseconds between two looks whether CometBFT answers. */
const LOOK = 20;
/** Lines of CometBFT's errors that are kept while it starts. */
const KEPT_LINES = 5;

/** CometBFT ended before it was ready; `message` says how, and what it said last. */
export class CometStartError extends Error {
  override readonly name = "CometStartError";
}

export interface CometNodeOptions {
  /** CometBFT's path, or its name on the PATH. */
  readonly command: string;
  /** CometBFT's home, made if it is missing. */
  readonly home: string;
  readonly genesis: Genesis;
  readonly keys: CometKeys;
  readonly settings: CometSettings;
  /** It is asked before `start` has ended: CometBFT has it repeat what was decided before it answers itself. */
  readonly application: AbciApplication;
  /** Is told each line of CometBFT's log. */
  readonly onLine?: (line: LogLine) => void;
  readonly complain: Complaint;
  /** Ends a start that takes too long: to repeat a long chain takes minutes. */
  readonly signal?: AbortSignal;
}

/** An application at work on a chain: the socket that it is asked at, and CometBFT beside it. */
export class CometNode {
  readonly rpc: CometRpc;
  readonly #server: AbciServer;
  readonly #process: CometBftProcess;

  private constructor(rpc: CometRpc, server: AbciServer, process: CometBftProcess) {
    this.rpc = rpc;
    this.#server = server;
    this.#process = process;
  }

  /**
   * Resolves when CometBFT answers. There must be one at a time for a home.
   *
   * @throws CometStartError when CometBFT ends before; the signal's reason when that ended it
   */
  static async start(options: CometNodeOptions): Promise<CometNode> {
    const { command, home, application, settings, onLine, complain, signal } = options;
    await writeHome(home, options);
    // A process that was killed leaves its socket behind.
    await rm(settings.application, { force: true });
    const server = new AbciServer(application, complain);
    // CometBFT ends when nobody listens.
    await server.listen({ path: settings.application });
    const said: string[] = [];
    const process = await CometBftProcess.start(command, home, (line) => {
      if (line.level === "error" && said.push(line.message) > KEPT_LINES) said.shift();
      onLine?.(line);
    }).catch(async (error: unknown) => {
      await server.close();
      throw error;
    });
    const node = new CometNode(new CometRpc(settings.rpc), server, process);
    try {
      await node.#answering(said, signal);
    } catch (error) {
      await node.stop();
      throw error;
    }
    return node;
  }

  /** CometBFT's process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Resolves with how CometBFT ended, if nobody stopped it; never when somebody did. */
  async crashed(): Promise<string> {
    return this.#process.crashed();
  }

  /** Ends CometBFT, and then answers it no more. */
  async stop(): Promise<void> {
    await this.#process.stop();
    await this.#server.close();
  }

  /** Ends CometBFT at once, as a machine that loses its power does. */
  async kill(): Promise<void> {
    await this.#process.kill();
    await this.#server.close();
  }

  async #answering(said: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    let ended: string | undefined;
    void this.#process.crashed().then((how) => (ended = how));
    for (;;) {
      signal?.throwIfAborted();
      if (ended !== undefined) {
        throw new CometStartError(
          `CometBFT ended with ${ended} before it was ready${said.length === 0 ? "." : `: ${said.join("\n")}`}`,
        );
      }
      try {
        await this.rpc.call("health");
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, LOOK));
      }
    }
  }
}
