import { rm } from "node:fs/promises";

import type { AbciApplication } from "../abci/application.ts";
import { AbciServer, type Complaint } from "../abci/server.ts";
import type { Ed25519Key } from "./ed25519-key.ts";
import type { Genesis } from "./genesis.ts";
import { removeHalfMade } from "./half-made.ts";
import { signerSocket, writeHome, type CometSettings } from "./home.ts";
import { LastSigned } from "./last-signed.ts";
import { CometBftProcess, type LogLine } from "./process.ts";
import { CometRpc } from "./rpc.ts";
import { SignerConnection } from "./signer-connection.ts";
import type { SigningKey } from "./validator-key.ts";
import { ValidatorSigner } from "./validator-signer.ts";

/** Milliseconds between two looks whether CometBFT answers. */
const LOOK = 20;
/** Lines of CometBFT's errors that are kept while it starts. */
const KEPT_LINES = 5;

/** CometBFT ended before it was ready; `message` says how, and what it said last. */
export class CometStartError extends Error {
  override readonly name = "CometStartError";
}

/** Keys of a node. */
export interface CometKeys {
  /** By which peers know it; in a file that only its owner can read. */
  readonly node: Ed25519Key;
  /** What its validator signs with. It stays in this process: CometBFT asks for each signature. */
  readonly validator: SigningKey;
}

export interface CometNodeOptions {
  /** CometBFT's path, or its name on the PATH. */
  readonly command: string;
  /** CometBFT's home, made if it is missing. */
  readonly home: string;
  readonly genesis: Genesis;
  readonly keys: CometKeys;
  /**
   * Folder of the records of what its validator has signed last, one for each chain. It is no part of the home, which may be deleted: without
   * its record a validator can sign twice.
   */
  readonly lastSigned: string;
  /** The height up to which it may have signed though there is no record; undefined while that is not known. 0 unless given. */
  readonly signsAbove?: () => bigint | undefined;
  readonly settings: CometSettings;
  /** It is asked before `start` has ended: CometBFT has it repeat what was decided before it answers itself. */
  readonly application: AbciApplication;
  /** Is told each line of CometBFT's log. */
  readonly onLine?: (line: LogLine) => void;
  readonly complain: Complaint;
  /** Ends a start that takes too long: to repeat a long chain takes minutes. */
  readonly signal?: AbortSignal;
}

/** An application at work on a chain: the socket that it is asked at, CometBFT beside it, and who signs for its validator. */
export class CometNode {
  readonly rpc: CometRpc;
  readonly #server: AbciServer;
  readonly #signer: SignerConnection;
  readonly #process: CometBftProcess;

  private constructor(rpc: CometRpc, server: AbciServer, signer: SignerConnection, process: CometBftProcess) {
    this.rpc = rpc;
    this.#server = server;
    this.#signer = signer;
    this.#process = process;
  }

  /**
   * Resolves when CometBFT answers. There must be one at a time for a home.
   *
   * @throws CometStartError when CometBFT ends before; the signal's reason when that ended it; LastSignedError when the record of what
   *   the validator has signed cannot be used
   */
  static async start(options: CometNodeOptions): Promise<CometNode> {
    const { command, home, genesis, keys, application, settings, onLine, complain, signal } = options;
    const lastSigned = await LastSigned.open(
      options.lastSigned,
      genesis.chainId,
      keys.validator,
      options.signsAbove,
    );
    await writeHome(home, { genesis, nodeKey: keys.node, settings });
    // A process that was killed leaves behind its sockets, and what it had only begun to make.
    await removeHalfMade(home);
    for (const socket of [settings.application, signerSocket(settings)]) await rm(socket, { force: true });
    const server = new AbciServer(application, complain);
    // CometBFT ends when nobody listens, or nobody signs for its validator.
    await server.listen({ path: settings.application });
    const validator = new ValidatorSigner(genesis.chainId, keys.validator, lastSigned, (reason) =>
      complain("CometBFT did not get a signature of its validator", reason),
    );
    const signer = new SignerConnection(
      signerSocket(settings),
      async (request) => validator.answer(request),
      complain,
    );
    const said: string[] = [];
    const process = await CometBftProcess.start(command, home, (line) => {
      if (line.level === "error" && said.push(line.message) > KEPT_LINES) said.shift();
      onLine?.(line);
    }).catch(async (error: unknown) => {
      await signer.stop();
      await server.close();
      throw error;
    });
    const node = new CometNode(new CometRpc(settings.rpc), server, signer, process);
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

  /** Ends CometBFT, and then answers it and signs for it no more. */
  async stop(): Promise<void> {
    await this.#process.stop();
    await this.#signer.stop();
    await this.#server.close();
  }

  /** Ends CometBFT at once, which whoever waits for `crashed` takes for a failure. */
  fail(): void {
    this.#process.fail();
  }

  /** Ends CometBFT at once, as a machine that loses its power does. */
  async kill(): Promise<void> {
    await this.#process.kill();
    await this.#signer.stop();
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
