import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/** The line of releases that nodes of a cloud run. All of a chain's nodes must be of one line. */
export const COMETBFT_VERSION = "0.38";

/** A line of CometBFT's log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
}

/** There is no CometBFT to run, or one of another line. */
export class CometBftMissingError extends Error {
  override readonly name = "CometBftMissingError";
}

/**
 * Sees to it that `command` is CometBFT of the right line.
 *
 * @param command a path, or a name on the PATH
 * @returns its version
 * @throws CometBftMissingError saying how to get it
 */
export async function checkCometBft(command: string): Promise<string> {
  const how = `Install it with \`go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25\`, or name its path in the configuration.`;
  let version: string;
  try {
    version = (await promisify(execFile)(command, ["version"])).stdout.trim();
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new CometBftMissingError(`CometBFT cannot be run as ${command} (${reason}). ${how}`);
  }
  if (!version.startsWith(`${COMETBFT_VERSION}.`)) {
    throw new CometBftMissingError(
      `${command} is CometBFT ${version}, and a cloud's nodes run ${COMETBFT_VERSION}. ${how}`,
    );
  }
  return version;
}

/** A CometBFT node at work, in a process of its own. */
export class CometBftProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #stopping = false;

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = once(child, "exit").then(([code, signal]) =>
      signal === null ? `exit code ${code}` : `signal ${signal}`,
    );
  }

  /**
   * Starts the node whose home is at `home`.
   *
   * @param onLine is told each line of its log
   */
  static async start(
    command: string,
    home: string,
    onLine: (line: LogLine) => void,
  ): Promise<CometBftProcess> {
    // Nothing of the environment is its business: there may be passwords in it, and settings that go before its configuration.
    const { PATH, HOME } = process.env;
    const child = spawn(command, ["start", "--home", home], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH, HOME },
    });
    await once(child, "spawn");
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => onLine(parseLine(line)));
    }
    return new CometBftProcess(child);
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Resolves with how the process ended, if nobody stopped it; never when somebody did. */
  async crashed(): Promise<string> {
    const how = await this.#ended;
    return this.#stopping ? new Promise(() => undefined) : how;
  }

  /** Asks it to end, and ends it after `patience` milliseconds. */
  async stop(patience = 10_000): Promise<void> {
    this.#stopping = true;
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), patience);
    await this.#ended;
    clearTimeout(timer);
  }

  /** Ends it at once, which whoever waits for its end takes for a failure. */
  fail(): void {
    this.#child.kill("SIGKILL");
  }

  /** Ends it at once, as a machine that loses its power does. */
  async kill(): Promise<void> {
    this.#stopping = true;
    this.#child.kill("SIGKILL");
    await this.#ended;
  }
}

function parseLine(line: string): LogLine {
  try {
    const { level, _msg: message, err } = JSON.parse(line) as Record<string, unknown>;
    const reason = err === undefined ? "" : `: ${JSON.stringify(err)}`;
    return { level: String(level), message: `${String(message)}${reason}` };
  } catch {
    // What the Go runtime prints, and complaints about the configuration.
    return { level: "error", message: line };
  }
}
