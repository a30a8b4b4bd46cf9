import { engine, type EngineMemory } from "../../wasm/engine.ts";
import type { CappedLimits } from "./instrument.ts";

const PAGE = 65_536;

/** Larger memories are not kept: to clear them takes about as long as to make them. */
const MOST_PAGES_KEPT = 32;

/**
 * The memories of a program's runs. Every run begins with zeros; that a small memory which has not grown was another
 * run's before saves making one, which takes longer than most runs, and collecting it.
 */
export class ProgramMemory {
  readonly #limits: CappedLimits;
  #idle: EngineMemory | undefined;

  constructor(limits: CappedLimits) {
    this.#limits = limits;
  }

  /** A memory of zeros for one run. @throws RangeError when the machine has none */
  take(): EngineMemory {
    const idle = this.#idle;
    if (idle === undefined)
      return new engine.Memory({ initial: this.#limits.min, maximum: this.#limits.max });
    this.#idle = undefined;
    new Uint8Array(idle.buffer).fill(0);
    return idle;
  }

  /** Takes back the memory of a run that is over, and nothing of which is looked at any more. */
  giveBack(memory: EngineMemory): void {
    const { min } = this.#limits;
    if (min <= MOST_PAGES_KEPT && memory.buffer.byteLength === min * PAGE) this.#idle = memory;
  }
}
