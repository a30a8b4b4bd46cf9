import { toBytes } from "../../contracts/abi-words.ts";
import type { PreparedProgram } from "../runtime/prepare.ts";
import { ProgramCache } from "../runtime/program-cache.ts";
import type { KeyValueStore, Write } from "../storage/key-value-store.ts";
import { toBinary } from "../storage/bytes.ts";
import { applicationKey, moduleKey } from "../storage/layout.ts";

/** Compiled programs are the same for every node of a process, and immutable. */
const cache = new ProgramCache();

/** The programs that a cloud knows, as one node stores them. */
export class ProgramStore {
  readonly #store: KeyValueStore;

  constructor(store: KeyValueStore) {
    this.#store = store;
  }

  /**
   * The id of a module that a cloud would run.
   *
   * @throws WasmError when it would not
   */
  static check(module: Uint8Array): string {
    return cache.get(module).programId;
  }

  /** Whether the cloud knows a program with this id. */
  has(programId: string): boolean {
    return this.#module(programId) !== undefined;
  }

  /** The program with this id, or undefined when the cloud knows none. */
  get(programId: string): PreparedProgram | undefined {
    const module = this.#module(programId);
    if (module === undefined) return undefined;
    return cache.find(programId) ?? cache.get(module);
  }

  /** What keeps the checked modules that a block makes known, by program id: for the write that commits the block at `height`. */
  static writes(height: number, modules: ReadonlyMap<string, Uint8Array>): Write[] {
    if (modules.size === 0) return [];
    return [
      ...[...modules].map(([programId, value]) => ({ key: keyOf(programId), value })),
      { key: addedAt(height), value: new TextEncoder().encode([...modules.keys()].join()) },
    ];
  }

  /** Forgets the programs that the blocks above `height` up to `top` made known. */
  async dropAbove(height: number, top: number): Promise<void> {
    const writes: Write[] = [];
    for (let at = height + 1; at <= top; at++) {
      const ids = new TextDecoder()
        .decode(this.#store.get(addedAt(at)))
        .split(",")
        .filter((id) => id !== "");
      for (const id of ids) writes.push({ key: keyOf(id), value: undefined });
      writes.push({ key: addedAt(at), value: undefined });
    }
    await this.#store.write(writes);
  }

  #module(programId: string): Uint8Array | undefined {
    return this.#store.get(keyOf(programId));
  }
}

/** Where the ids of the programs are that a block made known. */
function addedAt(height: number): string {
  return applicationKey(`added/${height}`);
}

function keyOf(programId: string): string {
  return moduleKey(toBinary(toBytes(programId)));
}
