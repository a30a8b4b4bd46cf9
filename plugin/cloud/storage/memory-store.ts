import type { KeyValueStore, Write } from "./key-value-store.ts";
import { SortedKeys } from "./sorted-keys.ts";

/** A key-value store in memory, gone when the process ends: for tests and for the embedded cloud. */
export class MemoryStore implements KeyValueStore {
  readonly #values = new Map<string, Uint8Array>();
  readonly #keys = new SortedKeys();

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  async write(writes: readonly Write[]): Promise<void> {
    for (const { key, value } of writes) {
      if (value === undefined) {
        if (this.#values.delete(key)) this.#keys.delete(key);
      } else {
        if (!this.#values.has(key)) this.#keys.add(key);
        this.#values.set(key, value);
      }
    }
  }

  async *keys(from: string, to: string): AsyncGenerator<string> {
    yield* [...this.#keys.range(from, to)];
  }

  async *entries(from: string, to: string): AsyncGenerator<readonly [string, Uint8Array]> {
    yield* [...this.#keys.range(from, to)].map((key) => [key, this.#values.get(key)!] as const);
  }

  async close(): Promise<void> {}
}
