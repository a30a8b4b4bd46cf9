import { once } from "node:events";
import { Worker } from "node:worker_threads";

import {
  ARGUMENT_COUNT,
  ARGUMENTS,
  CALLED,
  CONTROL_WORDS,
  FAILED,
  FUNCTION,
  IDLE,
  type Kernel,
  kernelsOf,
  MESSAGE,
  MESSAGE_LENGTH,
  MOST_ARGUMENTS,
  STATE,
  type WorkerData,
} from "./control.ts";
import { engine, type Memory, type Module } from "./engine.ts";

interface Helper {
  readonly worker: Worker;
  readonly control: Int32Array;
}

/** The kernels on this thread and on `count − 1` workers, all over one memory. Nothing here keeps the process alive. */
export class Threads {
  readonly count: number;
  readonly #kernels: ReadonlyMap<string, { index: number; kernel: Kernel }>;
  readonly #helpers: readonly Helper[];
  #closed = false;

  private constructor(kernels: readonly [string, Kernel][], helpers: readonly Helper[]) {
    this.count = helpers.length + 1;
    this.#kernels = new Map(kernels.map(([name, kernel], index) => [name, { index, kernel }]));
    this.#helpers = helpers;
  }

  /**
   * Instantiates the module on all threads.
   *
   * @param configurations the arguments of `configure`, one list a thread, this thread's first.
   */
  static async start(
    module: Module,
    memory: Memory,
    configurations: readonly (readonly number[])[],
  ): Promise<Threads> {
    const kernels = kernelsOf(new engine.Instance(module, { env: { memory } }));
    const [own = [], ...others] = configurations;
    kernels.find(([name]) => name === "configure")?.[1](...own);
    const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";
    const helpers = await Promise.all(
      others.map(async (configuration): Promise<Helper> => {
        const control = new Int32Array(new SharedArrayBuffer(CONTROL_WORDS * 4));
        const workerData: WorkerData = { module, memory, control, configuration };
        const worker = new Worker(new URL(file, import.meta.url), { workerData });
        await once(worker, "message");
        worker.unref();
        return { worker, control };
      }),
    );
    return new Threads(kernels, helpers);
  }

  /** Runs kernel `name` over [0, n) on this thread alone. */
  call(name: string, n: number, ...args: number[]): void {
    this.#find(name, args).kernel(0, n, ...args);
  }

  /**
   * Runs kernel `name` over [0, n) on all threads, each exactly once on its own contiguous part (empty parts too), and returns
   * when all are done. This thread works and then sleeps, which takes microseconds and no turn of the event loop.
   *
   * @throws what a kernel trapped with, on whichever thread, after all have ended.
   */
  parallel(name: string, n: number, ...args: number[]): void {
    if (this.#closed) throw new Error(`The kernels were closed before ${name} was called.`);
    const { index, kernel } = this.#find(name, args);
    const bound = (thread: number): number => Math.floor((n * thread) / this.count);
    this.#helpers.forEach(({ control }, helper) => {
      control[FUNCTION] = index;
      control[ARGUMENT_COUNT] = args.length + 2;
      control.set([bound(helper + 1), bound(helper + 2), ...args], ARGUMENTS);
      Atomics.store(control, STATE, CALLED);
      Atomics.notify(control, STATE);
    });
    const errors: unknown[] = [];
    try {
      kernel(0, bound(1), ...args);
    } catch (error) {
      errors.push(error);
    }
    for (const { control } of this.#helpers) {
      Atomics.wait(control, STATE, CALLED);
      if (Atomics.load(control, STATE) !== FAILED) continue;
      // A shared buffer cannot be decoded as it is.
      const message = new Uint8Array(control.buffer, MESSAGE * 4, control[MESSAGE_LENGTH]).slice();
      errors.push(new Error(`${name} failed on another thread: ${new TextDecoder().decode(message)}`));
      Atomics.store(control, STATE, IDLE);
      Atomics.notify(control, STATE);
    }
    if (errors.length > 0) throw errors[0];
  }

  /** Ends the workers. The memory stays readable; a later `parallel` throws. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#helpers.map(({ worker }) => worker.terminate()));
  }

  #find(name: string, args: readonly number[]): { index: number; kernel: Kernel } {
    const found = this.#kernels.get(name);
    if (found === undefined) {
      throw new Error(
        `There is no kernel ${name}; export it from plugin/zero/kernels/assembly/index.ts. There are: ${[...this.#kernels.keys()].join(", ")}.`,
      );
    }
    if (args.length + 2 > MOST_ARGUMENTS) {
      throw new RangeError(
        `A kernel takes at most ${MOST_ARGUMENTS - 2} arguments; ${name} got ${args.length}.`,
      );
    }
    return found;
  }
}
