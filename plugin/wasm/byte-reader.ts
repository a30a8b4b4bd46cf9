import { WasmError } from "./error.ts";
import { moduleLimits } from "./limits.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the primitives of the WebAssembly binary format (Core Specification 2.0, §5.2) from a window of bytes. */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** Offset of the next byte, counted in `bytes`. */
  position: number;
  /** Offset where the window ends. */
  readonly end: number;
  /** The function whose body this is, named in errors. */
  readonly functionIndex: number | undefined;
  /** Added to `position` in errors, when `bytes` is itself a part of the module. */
  readonly origin: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length, functionIndex?: number, origin = 0) {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.functionIndex = functionIndex;
    this.origin = origin;
  }

  get done(): boolean {
    return this.position >= this.end;
  }

  malformed(what: string): WasmError {
    return new WasmError("malformed", what, this.origin + this.position, this.functionIndex);
  }

  byte(): number {
    if (this.position >= this.end) throw this.malformed("unexpected end");
    return this.bytes[this.position++]!;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) {
        throw this.malformed(byte & 0x80 ? "integer representation too long" : "integer too large");
      }
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return result >>> 0;
    }
  }

  /** Signed LEB128 of at most 32 bits. */
  s32(): number {
    let result = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      if (shift === 28) {
        if (byte & 0x80) throw this.malformed("integer representation too long");
        // Bits 4 to 6 must repeat the sign, bit 3.
        if ((byte & 0x78) !== 0 && (byte & 0x78) !== 0x78) throw this.malformed("integer too large");
        return result | (byte << 28);
      }
      result |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (result << (25 - shift)) >> (25 - shift);
    }
  }

  /** Signed LEB128 of at most 33 bits, as block types use it. */
  s33(): number {
    let result = 0;
    let factor = 1;
    for (let i = 0; ; i++) {
      const byte = this.byte();
      if (i === 4) {
        if (byte & 0x80) throw this.malformed("integer representation too long");
        if ((byte & 0x70) !== 0 && (byte & 0x70) !== 0x70) throw this.malformed("integer too large");
        const top = byte & 0x10 ? (byte & 0x0f) - 0x10 : byte & 0x0f;
        return result + top * factor;
      }
      result += (byte & 0x7f) * factor;
      factor *= 128;
      if (byte < 0x80) return byte & 0x40 ? result - factor : result;
    }
  }

  /** Signed LEB128 of at most 64 bits. */
  s64(): bigint {
    let low = 0; // the first 28 bits, gathered as a number because most constants are short
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt((low << (25 - shift)) >> (25 - shift));
    }
    let result = BigInt(low);
    for (let shift = 28n; ; shift += 7n) {
      const byte = this.byte();
      if (shift === 63n) {
        if (byte & 0x80) throw this.malformed("integer representation too long");
        if (byte !== 0 && byte !== 0x7f) throw this.malformed("integer too large");
      }
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(Math.min(64, Number(shift) + 7), result);
    }
  }

  /** The next `length` bytes, not copied. */
  take(length: number): Uint8Array {
    if (length > this.end - this.position) throw this.malformed("unexpected end");
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  /** A vector's length; every element takes at least one byte, so more elements than bytes cannot be. */
  count(): number {
    const count = this.u32();
    if (count > this.end - this.position) throw this.malformed(`unexpected end: ${count} elements announced`);
    return count;
  }

  /** A UTF-8 name. */
  name(): string {
    const bytes = this.take(this.u32());
    if (bytes.length > moduleLimits.nameBytes) {
      const what = `a name has ${bytes.length} bytes, at most ${moduleLimits.nameBytes} are taken`;
      throw new WasmError("limit", what, this.origin + this.position, this.functionIndex);
    }
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.malformed("malformed UTF-8 encoding");
    }
  }
}
