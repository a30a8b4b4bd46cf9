/** The circuit of this version: all chips, the protocol's sizes. */
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { chips } from "../chips/index.ts";
import { shapeOf } from "../proof/shape.ts";
import { productionSizes } from "../proof/sizes.ts";
import type { ConstraintSystem } from "../arithmetic/constraints.ts";
import { circuitDigest } from "./r1cs-file.ts";
import { compileVerifier } from "./verifier-circuit.ts";

export const productionShape = shapeOf(chips, productionSizes);

export interface ProductionCircuit {
  /** `circuitDigest` of the constraint system. */
  readonly digest: string;
  compile(): ConstraintSystem;
}

/** Folders of the code that the constraint system follows from: opcodes and limits of the machine are among its constants. */
export const circuitSources = ["../air", "../arithmetic", "../chips", "../field", "../proof", "../vm", "."];

/**
 * The circuit with its digest, which takes seconds to find out: it is kept in `folder` under the hash of the code it follows from.
 */
export async function productionCircuit(folder: string): Promise<ProductionCircuit> {
  const file = join(folder, `circuit-${(await sourcesDigest()).slice(0, 16)}.digest`);
  const known = await readFile(file, "utf8").catch(() => "");
  if (/^[0-9a-f]{64}$/.test(known)) return { digest: known, compile: () => compileVerifier(productionShape) };
  const system = compileVerifier(productionShape);
  const digest = circuitDigest(system);
  // Somebody else may write the same at the same time; a key is never taken for that of another circuit, as its maker compares.
  await writeFile(file, digest);
  return { digest, compile: () => system };
}

async function sourcesDigest(): Promise<string> {
  const hash = createHash("sha256");
  for (const source of circuitSources) {
    const folder = fileURLToPath(new URL(source, import.meta.url));
    const files = (await readdir(folder, { recursive: true })).filter((name) => /\.[jt]s$/.test(name)).sort();
    for (const name of files) hash.update(name).update(await readFile(join(folder, name)));
  }
  return hash.digest("hex");
}
