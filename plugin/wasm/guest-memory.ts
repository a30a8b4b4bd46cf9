import type { EngineMemory } from "./engine.ts";

/** A range of guest memory that does not exist. */
export class GuestFault extends Error {
  constructor(pointer: number, length: number, size: number) {
    super(`bytes ${pointer} to ${pointer + length} lie outside of the memory of ${size} bytes`);
    this.name = "GuestFault";
  }
}

/**
 * A program's memory as host calls see it. Pointers and lengths are what WebAssembly hands over for an i32: signed; they are
 * read as unsigned. Every access is checked, and no view outlives a call, because memory.grow replaces the buffer.
 */
export class GuestMemory {
  readonly #memory: EngineMemory;

  constructor(memory: EngineMemory) {
    this.#memory = memory;
  }

  /** The bytes themselves, not a copy. @throws GuestFault */
  view(pointer: number, length: number): Uint8Array {
    const start = pointer >>> 0;
    const count = length >>> 0;
    const buffer = this.#memory.buffer;
    if (start + count > buffer.byteLength) throw new GuestFault(start, count, buffer.byteLength);
    return new Uint8Array(buffer, start, count);
  }

  /** A copy of the bytes. @throws GuestFault */
  read(pointer: number, length: number): Uint8Array {
    return this.view(pointer, length).slice();
  }

  write(pointer: number, bytes: Uint8Array): void {
    this.view(pointer, bytes.length).set(bytes);
  }

  getU32(pointer: number): number {
    const bytes = this.view(pointer, 4);
    return (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
  }

  setU32(pointer: number, value: number): void {
    this.write(pointer, Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24));
  }

  setU64(pointer: number, value: bigint): void {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, value, true);
    this.write(pointer, bytes);
  }
}
