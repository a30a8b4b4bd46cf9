import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The program, as this very file comes: from source, or built. */
const MAIN = fileURLToPath(
  new URL(`../../plugin/node/main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url),
);
/** Lines of a node's log that are shown when it fails. */
const TAIL = 15;
/** Milliseconds that a node has to stop by itself. */
const GRACE = 10_000;

/** A node of a rehearsal, as a process of its own. */
export class NodeProcess {
  readonly name: string;
  /** File with all that it says. */
  readonly log: string;
  readonly #child: ChildProcess;
  readonly #file: WriteStream;
  readonly #tail: string[] = [];
  readonly #ended: Promise<string>;
  #stopping = false;

  private constructor(name: string, log: string, child: ChildProcess) {
    this.name = name;
    this.log = log;
    this.#child = child;
    this.#file = createWriteStream(log, { flags: "a" });
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => {
        this.#file.write(`${line}\n`);
        this.#tail.push(line);
        if (this.#tail.length > TAIL) this.#tail.shift();
      });
    }
    this.#ended = once(child, "close").then(([code, signal]) =>
      signal === null ? `exit code ${code as number}` : `signal ${signal as string}`,
    );
  }

  /** Starts `nexus-node start FOLDER`. */
  static async start(name: string, folder: string, log: string, password: string): Promise<NodeProcess> {
    const child = spawn(process.execPath, [MAIN, "start", folder], {
      env: { ...process.env, NEXUS_NODE_PASSWORD: password },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own, so that a terminal's Ctrl-C does not reach it by itself, and that its CometBFTs end with it whatever happens.
      detached: true,
    });
    const node = new NodeProcess(name, log, child);
    await once(child, "spawn");
    return node;
  }

  /** The process, and the group that it and its children are in. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** The last lines that it said. */
  get tail(): string {
    return this.#tail.join("\n");
  }

  /** Resolves with how the process ended, if nobody stopped it; never when somebody did. */
  async crashed(): Promise<string> {
    const how = await this.#ended;
    return this.#stopping ? new Promise(() => undefined) : how;
  }

  /** Resolves with how the process ended, once it has, whoever ended it. */
  async ended(): Promise<string> {
    return this.#ended;
  }

  /** Asks it to end, and ends it when it does not. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.kill(), GRACE);
    await this.#ended;
    clearTimeout(late);
    // Whatever it left behind.
    this.kill();
    this.#file.end();
  }

  /** Ends it and its children at once. */
  kill(): void {
    this.#stopping = true;
    try {
      process.kill(-this.#child.pid!, "SIGKILL");
    } catch {
      // It is over.
    }
  }
}
