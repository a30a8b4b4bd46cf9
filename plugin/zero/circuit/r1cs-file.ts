/** Constraint systems in iden3's .r1cs format, version 1: what snarkjs starts its phase 2 from. */
import { createHash } from "node:crypto";

import type { Combination } from "../arithmetic/combination.ts";
import type { ConstraintSystem } from "../arithmetic/constraints.ts";
import { ByteWriter, fieldHead, sectionFile } from "./section-file.ts";

/** @returns the parts of the file, in order */
export function r1csFile({ constraints, publicInputs, variables }: ConstraintSystem): Uint8Array[] {
  const header = fieldHead(new ByteWriter(64))
    .uint32(variables)
    .uint32(0) // public outputs: public inputs serve as such
    .uint32(publicInputs)
    .uint32(variables - 1 - publicInputs)
    .uint64(BigInt(variables))
    .uint32(constraints.length);

  let length = 0;
  for (const { a, b, c } of constraints) {
    length += 12 + 36 * (a.variables.length + b.variables.length + c.variables.length);
  }
  const body = new ByteWriter(length);
  for (const { a, b, c } of constraints) for (const combination of [a, b, c]) write(body, combination);

  const labels = new ByteWriter(8 * variables);
  for (let variable = 0; variable < variables; variable++) labels.uint64(BigInt(variable));
  return sectionFile("r1cs", 1, [
    { id: 1, parts: [header.bytes] },
    { id: 2, parts: [body.bytes] },
    { id: 3, parts: [labels.bytes] },
  ]);
}

/** @returns SHA-256 of the .r1cs file in hexadecimal: the circuit's name in file names and keys */
export function circuitDigest(system: ConstraintSystem): string {
  const hash = createHash("sha256");
  for (const part of r1csFile(system)) hash.update(part);
  return hash.digest("hex");
}

function write(writer: ByteWriter, { variables, coefficients }: Combination): void {
  writer.uint32(variables.length);
  variables.forEach((variable, i) => writer.uint32(variable).number256(coefficients[i]!));
}
