import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WASI } from "node:wasi";

import { MemoryStore } from "../../plugin/cloud/storage/memory-store.ts";
import { State } from "../../plugin/cloud/storage/state.ts";
import type { Invocation } from "../../plugin/cloud/storage/invocation.ts";

export interface GuestEvent {
  readonly chainId: bigint;
  readonly blockTimestamp: bigint;
  readonly emitter: Uint8Array;
  readonly topics: Uint8Array[];
  readonly data: Uint8Array;
}

export interface GuestResult {
  readonly exitCode: number;
  readonly output: Buffer;
  readonly log: string;
}

const NO_EVENT: GuestEvent = {
  chainId: 1n,
  blockTimestamp: 0n,
  emitter: new Uint8Array(20),
  topics: [],
  data: new Uint8Array(),
};

/** The part of the WebAssembly interface used here; Node has it, its types do not. */
interface Memory {
  readonly buffer: ArrayBuffer;
}
interface Instance {
  readonly exports: Record<string, unknown>;
}
const engine = (
  globalThis as unknown as {
    WebAssembly: {
      Module: new (bytes: Uint8Array) => object;
      Instance: new (module: object, imports: object) => Instance;
    };
  }
).WebAssembly;

/** Bytes of a committed program. */
export function prebuilt(name: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(`../../programs/prebuilt/${name}.wasm`, import.meta.url)));
}

/** A committed program, run by Node's own WASI, with the calls of docs/host-interface.md over a real state. */
export class Guest {
  readonly #module: object;
  #state: State | undefined;

  constructor(wasm: Uint8Array) {
    this.#module = new engine.Module(wasm);
  }

  /** Runs the program; what it stores is kept only if it ends with exit code 0, as in the cloud. */
  async run(
    input: string | Uint8Array,
    event: Partial<GuestEvent> = {},
    randomness = new Uint8Array(32),
  ): Promise<GuestResult> {
    this.#state ??= await State.open(new MemoryStore());
    const block = this.#state.begin();
    const storage = block.invocation(new Uint8Array(32).fill(1));
    const result = this.#execute(input, storage, { ...NO_EVENT, ...event }, randomness);
    if (result.exitCode === 0) storage.keep();
    else storage.discard();
    await block.commit(this.#state.head.height + 1);
    return result;
  }

  #execute(
    input: string | Uint8Array,
    storage: Invocation,
    event: GuestEvent,
    randomness: Uint8Array,
  ): GuestResult {
    const folder = mkdtempSync(join(tmpdir(), "nexus-guest-"));
    const file = (name: string) => join(folder, name);
    writeFileSync(file("in"), input);
    const [stdin, stdout, stderr] = [
      openSync(file("in"), "r"),
      openSync(file("out"), "w"),
      openSync(file("log"), "w"),
    ];
    try {
      const wasi = new WASI({
        version: "preview1",
        stdin,
        stdout,
        stderr,
        args: [],
        env: {},
        returnOnExit: true,
      });
      const bytes = (at: number, length: number) =>
        new Uint8Array((instance.exports.memory as Memory).buffer, at >>> 0, length >>> 0);
      const fill = (at: number, capacity: number, content: Uint8Array | undefined) => {
        if (content === undefined) return -1;
        if (content.length <= capacity >>> 0) bytes(at, content.length).set(content);
        return content.length;
      };
      const nexus = {
        storage_get: (key: number, length: number, at: number, capacity: number) =>
          fill(at, capacity, storage.get(bytes(key, length))),
        storage_set: (key: number, length: number, value: number, valueLength: number) =>
          storage.set(bytes(key, length), bytes(value, valueLength)),
        storage_delete: (key: number, length: number) => (storage.delete(bytes(key, length)) ? 1 : 0),
        storage_scan: (
          from: number,
          n: number,
          to: number,
          m: number,
          order: number,
          at: number,
          capacity: number,
        ) => {
          const [entry] = storage.scan(bytes(from, n), m === 0 ? undefined : bytes(to, m), order === 1);
          if (entry === undefined) return -1;
          const head = new Uint8Array(4);
          new DataView(head.buffer).setUint32(0, entry.key.length, true);
          return fill(at, capacity, Buffer.concat([head, entry.key, entry.value]));
        },
        event_context: (at: number, capacity: number) => fill(at, capacity, encodeEvent(event)),
        randomness: (at: number) => bytes(at, 32).set(randomness),
      };
      const instance: Instance = new engine.Instance(this.#module, {
        wasi_snapshot_preview1: wasi.wasiImport,
        nexus,
      });
      const exitCode = wasi.start(instance);
      return { exitCode, output: readFileSync(file("out")), log: readFileSync(file("log"), "utf8") };
    } finally {
      for (const descriptor of [stdin, stdout, stderr]) closeSync(descriptor);
      rmSync(folder, { recursive: true });
    }
  }
}

/** The table of `event_context` in docs/host-interface.md. */
function encodeEvent({ chainId, blockTimestamp, emitter, topics, data }: GuestEvent): Uint8Array {
  const head = Buffer.alloc(140);
  head.writeBigUInt64LE(chainId, 0);
  head.writeBigUInt64LE(blockTimestamp, 16);
  head.set(emitter, 96);
  head.writeUInt32LE(topics.length, 136);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(data.length);
  return Buffer.concat([head, ...topics, length, data]);
}
