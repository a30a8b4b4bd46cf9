/** Writes the primitives of the WebAssembly binary format into a growing buffer. */
export class ByteWriter {
  #bytes: Uint8Array;
  length = 0;

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
  }

  #reserve(extra: number): void {
    const needed = this.length + extra;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.length));
    this.#bytes = grown;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** Appends bytes as they are. */
  append(bytes: ArrayLike<number>): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Appends `source[start, end)`; for a few bytes a loop is faster than making a view. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    if (count > 32) this.#bytes.set(source.subarray(start, end), this.length);
    else for (let i = 0; i < count; i++) this.#bytes[this.length + i] = source[start + i]!;
    this.length += count;
  }

  /** Unsigned LEB128. */
  u32(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of an integer below 2^31 in magnitude, or of any bigint. */
  signed(value: number | bigint): void {
    if (typeof value === "bigint") {
      this.#signedLong(value);
      return;
    }
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      if ((rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  #signedLong(value: bigint): void {
    let rest = value;
    for (;;) {
      const low = Number(rest & 0x7fn);
      rest >>= 7n;
      if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) {
        this.byte(low);
        return;
      }
      this.byte(low | 0x80);
    }
  }

  /** An opcode, with its prefix if it has one. */
  opcode(opcode: number): void {
    if (opcode < 0x100) {
      this.byte(opcode);
    } else {
      this.byte(opcode >>> 8);
      this.u32(opcode & 0xff);
    }
  }

  name(text: string): void {
    this.prefixed(new TextEncoder().encode(text));
  }

  /** Bytes after their length. */
  prefixed(bytes: Uint8Array): void {
    this.u32(bytes.length);
    this.append(bytes);
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}
