/**
 * The container of iden3's file formats (.r1cs, .zkey, .wtns): four letters, a version and a number of sections, then each section
 * with its number and length. Integers are little-endian.
 */
import { r } from "../field/scalar-field.ts";

export interface Section {
  readonly id: number;
  readonly parts: readonly Uint8Array[];
}

/** @returns the parts of the file, in order */
export function sectionFile(type: string, version: number, sections: readonly Section[]): Uint8Array[] {
  const head = new ByteWriter(12);
  for (const letter of type) head.uint8(letter.charCodeAt(0));
  head.uint32(version).uint32(sections.length);
  return [head.bytes, ...sections.flatMap(({ id, parts }) => [sectionHead(id, parts), ...parts])];
}

function sectionHead(id: number, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, { length }) => sum + length, 0);
  return new ByteWriter(12).uint32(id).uint64(BigInt(length)).bytes;
}

/** The field's size and modulus, as all of these formats have them. */
export function fieldHead(writer: ByteWriter, modulus: bigint = r): ByteWriter {
  return writer.uint32(32).number256(modulus);
}

/** Writes little-endian integers from the first byte on. */
export class ByteWriter {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
    this.#view = new DataView(this.bytes.buffer);
  }

  uint8(value: number): this {
    this.#view.setUint8(this.#position, value);
    this.#position += 1;
    return this;
  }

  uint32(value: number): this {
    this.#view.setUint32(this.#position, value, true);
    this.#position += 4;
    return this;
  }

  uint64(value: bigint): this {
    this.#view.setBigUint64(this.#position, value, true);
    this.#position += 8;
    return this;
  }

  /** 32 bytes. */
  number256(value: bigint): this {
    // Stores take the lowest 64 bits.
    return this.uint64(value)
      .uint64(value >> 64n)
      .uint64(value >> 128n)
      .uint64(value >> 192n);
  }
}
