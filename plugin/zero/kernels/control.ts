import type { Instance, Memory, Module } from "./engine.ts";

/**
 * How the main thread and a worker talk: 32-bit words of a shared buffer. The worker sleeps on STATE while it is IDLE; the main
 * thread writes a call, sets STATE to CALLED, runs its own share, and sleeps until STATE is IDLE or FAILED.
 */
export const STATE = 0;
/** Index of the kernel in the sorted names of the module's exports. */
export const FUNCTION = 1;
export const ARGUMENT_COUNT = 2;
export const ARGUMENTS = 3;
/** Bytes of an error's message, and the words it begins at. */
export const MESSAGE_LENGTH = 31;
export const MESSAGE = 32;
export const CONTROL_WORDS = 256;

export const MOST_ARGUMENTS = MESSAGE_LENGTH - ARGUMENTS;

export const IDLE = 0;
export const CALLED = 1;
export const FAILED = 2;

/** What a worker is started with. */
export interface WorkerData {
  readonly module: Module;
  readonly memory: Memory;
  readonly control: Int32Array;
  /** Arguments of the module's `configure` on that thread. */
  readonly configuration: readonly number[];
}

/** A kernel: 32-bit arguments, of which the first two are a range, and no result. */
export type Kernel = (...args: number[]) => void;

/** The kernels of an instance, by name and in the order that both sides number them. */
export function kernelsOf(instance: Instance): [string, Kernel][] {
  return Object.entries(instance.exports)
    .filter((entry): entry is [string, Kernel] => typeof entry[1] === "function")
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
