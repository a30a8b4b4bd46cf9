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
  /** All of the memory as it was when last looked at: kept because making views is most of what a short call costs. */
  #all = new Uint8Array(0);

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
    const bytes = this.#bytes(pointer, 4);
    const at = pointer >>> 0;
    return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  }

  setU32(pointer: number, value: number): void {
    const bytes = this.#bytes(pointer, 4);
    for (let i = 0; i < 4; i++) bytes[(pointer >>> 0) + i] = value >>> (8 * i);
  }

  setU64(pointer: number, value: bigint): void {
    const bytes = this.#bytes(pointer, 8);
    new DataView(bytes.buffer, pointer >>> 0).setBigUint64(0, value, true);
  }

  /** The whole memory, of which the range is a part. @throws GuestFault */
  #bytes(pointer: number, length: number): Uint8Array<ArrayBuffer> {
    const { buffer } = this.#memory;
    if (this.#all.buffer !== buffer) this.#all = new Uint8Array(buffer);
    if ((pointer >>> 0) + length > this.#all.length)
      throw new GuestFault(pointer >>> 0, length, this.#all.length);
    return this.#all;
  }
}
