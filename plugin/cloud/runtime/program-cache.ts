import { prepareProgram, programIdOf, type PreparedProgram } from "./prepare.ts";

/** Prepared programs by id. Preparing is what takes long, so the most recently used ones are kept. */
export class ProgramCache {
  readonly #capacity: number;
  /** In the order of use, the least recent first. */
  readonly #programs = new Map<string, PreparedProgram>();

  /** @param capacity how many programs are kept */
  constructor(capacity = 64) {
    this.#capacity = capacity;
  }

  /**
   * The prepared program of a module.
   *
   * @throws WasmError as `prepareProgram` does
   */
  get(wasm: Uint8Array): PreparedProgram {
    const programId = programIdOf(wasm);
    return this.find(programId) ?? this.#keep(prepareProgram(wasm));
  }

  /** The prepared program with an id, if it is kept here. */
  find(programId: string): PreparedProgram | undefined {
    const known = this.#programs.get(programId.toLowerCase());
    return known && this.#keep(known);
  }

  #keep(program: PreparedProgram): PreparedProgram {
    this.#programs.delete(program.programId);
    this.#programs.set(program.programId, program);
    if (this.#programs.size > this.#capacity) this.#programs.delete(this.#programs.keys().next().value!);
    return program;
  }
}
