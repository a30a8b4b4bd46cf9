/** Witnesses in iden3's .wtns format, version 2: what snarkjs proves with. */
import { ByteWriter, fieldHead, sectionFile } from "../../../../plugin/zero/circuit/section-file.ts";

/**
 * @param values of all variables in [0, r), variable 0 being 1
 * @returns the whole file
 */
export function witnessFile(values: readonly bigint[]): Uint8Array {
  const header = fieldHead(new ByteWriter(40)).uint32(values.length);
  const body = new ByteWriter(32 * values.length);
  for (const value of values) body.number256(value);
  const parts = sectionFile("wtns", 2, [
    { id: 1, parts: [header.bytes] },
    { id: 2, parts: [body.bytes] },
  ]);
  return Buffer.concat(parts);
}
