/** A thread of the kernels: runs what the main thread asks for in the control words, over the same memory (control.ts). */
import { parentPort, workerData } from "node:worker_threads";

import {
  ARGUMENT_COUNT,
  ARGUMENTS,
  CONTROL_WORDS,
  FAILED,
  FUNCTION,
  IDLE,
  kernelsOf,
  MESSAGE,
  MESSAGE_LENGTH,
  STATE,
  type WorkerData,
} from "./control.ts";
import { engine } from "./engine.ts";

const { module, memory, control, configuration } = workerData as WorkerData;
const kernels = kernelsOf(new engine.Instance(module, { env: { memory } }));
kernels.find(([name]) => name === "configure")?.[1](...configuration);
parentPort?.postMessage("ready");

for (;;) {
  Atomics.wait(control, STATE, IDLE);
  let state = IDLE;
  try {
    const count = control[ARGUMENT_COUNT] ?? 0;
    kernels[control[FUNCTION] ?? -1]?.[1](...control.subarray(ARGUMENTS, ARGUMENTS + count));
  } catch (error) {
    const message = new TextEncoder().encode(String(error)).subarray(0, (CONTROL_WORDS - MESSAGE) * 4);
    new Uint8Array(control.buffer, MESSAGE * 4).set(message);
    control[MESSAGE_LENGTH] = message.length;
    state = FAILED;
  }
  Atomics.store(control, STATE, state);
  Atomics.notify(control, STATE);
  if (state === FAILED) Atomics.wait(control, STATE, FAILED);
}
