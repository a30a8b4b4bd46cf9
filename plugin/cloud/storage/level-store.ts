import { crc32 } from "node:zlib";

import { ClassicLevel } from "classic-level";

import { toBinary, toHex } from "./bytes.ts";
import { StorageCorruptedError, type KeyValueStore, type Write } from "./key-value-store.ts";

const CHECKSUM = 4;

function checksum(key: Uint8Array, value: Uint8Array): number {
  return crc32(value, crc32(key));
}

/** `value` with the CRC-32 of key and value behind it: LevelDB does not verify its own checksums on reads. */
function seal(key: Uint8Array, value: Uint8Array): Uint8Array {
  const sealed = Buffer.allocUnsafe(value.length + CHECKSUM);
  sealed.set(value);
  sealed.writeUInt32BE(checksum(key, value), value.length);
  return sealed;
}

function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array {
  const length = sealed.length - CHECKSUM;
  if (length >= 0) {
    const value = sealed.subarray(0, length);
    if (new DataView(sealed.buffer, sealed.byteOffset).getUint32(length) === checksum(key, value))
      return value;
  }
  throw new StorageCorruptedError(`the checksum of record ${toHex(key)} is wrong`);
}

/**
 * A key-value store in a directory, over LevelDB. Records read or written lately stay in memory, up to `cacheBytes`.
 */
export class LevelStore implements KeyValueStore {
  readonly #level: ClassicLevel<Uint8Array, Uint8Array>;
  readonly #cacheBytes: number;
  /** In order of last use: `Map` keeps the order of insertion. */
  readonly #cache = new Map<string, Uint8Array>();
  #cachedBytes = 0;

  private constructor(level: ClassicLevel<Uint8Array, Uint8Array>, cacheBytes: number) {
    this.#level = level;
    this.#cacheBytes = cacheBytes;
  }

  /**
   * Opens the store in `directory`, creating it when absent.
   * @param options.cacheBytes bytes of records kept in memory, 32 MiB unless given
   * @throws Error when another process has it open, or LevelDB finds its files damaged
   */
  static async open(directory: string, options: { cacheBytes?: number } = {}): Promise<LevelStore> {
    const level = new ClassicLevel<Uint8Array, Uint8Array>(directory, {
      keyEncoding: "view",
      valueEncoding: "view",
      // A thousand writes are about half a megabyte of values and nodes: with LevelDB's 4 MiB every eighth such block would
      // begin a compaction.
      writeBufferSize: 16 * 1024 * 1024,
    });
    try {
      await level.open();
    } catch (error) {
      const cause = (error as Error).cause as (Error & { code?: string }) | undefined;
      if (cause?.code === "LEVEL_LOCKED") {
        throw new Error(
          `The storage in ${directory} is in use by another process. Stop that node first, or choose another directory.`,
          { cause: error },
        );
      }
      const reason = cause?.message ?? (error as Error).message;
      if (cause?.code === "LEVEL_CORRUPTION" || /corruption/i.test(reason)) {
        throw new StorageCorruptedError(`LevelDB cannot open ${directory} (${reason})`);
      }
      throw new Error(`Cannot open the storage in ${directory}: ${reason}.`, { cause: error });
    }
    return new LevelStore(level, options.cacheBytes ?? 32 * 1024 * 1024);
  }

  get(key: string): Uint8Array | undefined {
    const cached = this.#cache.get(key);
    if (cached !== undefined) {
      this.#cache.delete(key);
      this.#cache.set(key, cached);
      return cached;
    }
    const bytes = Buffer.from(key, "latin1");
    const sealed = this.#level.getSync(bytes);
    if (sealed === undefined) return undefined;
    const value = unseal(bytes, sealed);
    this.#remember(key, value);
    return value;
  }

  async write(writes: readonly Write[]): Promise<void> {
    await this.#level.batch(
      writes.map(({ key, value }) => {
        const bytes = Buffer.from(key, "latin1");
        return value === undefined
          ? { type: "del" as const, key: bytes }
          : { type: "put" as const, key: bytes, value: seal(bytes, value) };
      }),
      { sync: true },
    );
    for (const { key, value } of writes) {
      this.#forget(key);
      if (value !== undefined) this.#remember(key, value);
    }
  }

  async *keys(from: string, to: string): AsyncGenerator<string> {
    const iterator = this.#level.keys({ gte: Buffer.from(from, "latin1"), lt: Buffer.from(to, "latin1") });
    try {
      for (let batch = await iterator.nextv(1000); batch.length > 0; batch = await iterator.nextv(1000)) {
        yield* batch.map(toBinary);
      }
    } finally {
      await iterator.close();
    }
  }

  async *entries(from: string, to: string): AsyncGenerator<readonly [string, Uint8Array]> {
    const iterator = this.#level.iterator({
      gte: Buffer.from(from, "latin1"),
      lt: Buffer.from(to, "latin1"),
    });
    try {
      for (let batch = await iterator.nextv(1000); batch.length > 0; batch = await iterator.nextv(1000)) {
        for (const [key, sealed] of batch) yield [toBinary(key), unseal(key, sealed)];
      }
    } finally {
      await iterator.close();
    }
  }

  async close(): Promise<void> {
    this.#cache.clear();
    this.#cachedBytes = 0;
    await this.#level.close();
  }

  #remember(key: string, value: Uint8Array): void {
    this.#cache.set(key, value);
    this.#cachedBytes += key.length + value.length;
    for (const [oldest, { length }] of this.#cache) {
      if (this.#cachedBytes <= this.#cacheBytes) break;
      this.#cache.delete(oldest);
      this.#cachedBytes -= oldest.length + length;
    }
  }

  #forget(key: string): void {
    const value = this.#cache.get(key);
    if (value === undefined) return;
    this.#cache.delete(key);
    this.#cachedBytes -= key.length + value.length;
  }
}
