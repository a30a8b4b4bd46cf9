/**
 * The programs that a node's operator approves: the modules in a folder. A cloud knows a program once t operators approved the same module, so
 * each decides for itself, by what it puts there.
 */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";

import { ProgramStore } from "../cloud/replication/program-store.ts";

/** Milliseconds between two looks at the folder. */
const INTERVAL = 2_000;

/** What is told of a folder's modules. */
export interface Approval {
  /** Takes a module that the cloud would run, as often as it is found anew; its id is 0x-prefixed. */
  approve(module: Uint8Array, programId: string): void;
  /** A file that is no module the cloud would run. It is looked at again once it has changed. */
  complain(sentence: string): void;
}

/** Follows the modules `*.wasm` of a folder, which need not be there yet. Their names mean nothing. */
export class ApprovedPrograms {
  readonly #folder: string;
  readonly #approval: Approval;
  /** What was read, by name: size and time of a file tell whether it is another now. */
  readonly #read = new Map<string, string>();

  constructor(folder: string, approval: Approval) {
    this.#folder = folder;
    this.#approval = approval;
  }

  /** Looks at the folder once. */
  async look(): Promise<void> {
    for (const name of await this.#names()) {
      const path = join(this.#folder, name);
      try {
        const { size, mtimeMs } = await stat(path);
        const seen = `${size} ${mtimeMs}`;
        if (this.#read.get(name) === seen) continue;
        this.#read.set(name, seen);
        const module = new Uint8Array(await readFile(path));
        this.#approval.approve(module, ProgramStore.check(module));
      } catch (error) {
        this.#approval.complain(`${path} is not approved: ${(error as Error).message}`);
      }
    }
  }

  /** Looks until it is stopped. */
  async watch(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      await this.look();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, INTERVAL);
        stopped.addEventListener("abort", done, { once: true });
        function done(): void {
          clearTimeout(timer);
          stopped.removeEventListener("abort", done);
          resolve();
        }
      });
    }
  }

  async #names(): Promise<string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => name.endsWith(".wasm")).sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
}
