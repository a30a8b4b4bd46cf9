// SPDX-License-Identifier: GPL-3.0-or-later
/** The development key of a circuit: made once, without a ceremony, and forgeable by anyone (docs/zero/keys.md). */
import { join } from "node:path";

import { circuitDigest } from "../circuit/r1cs-file.ts";
import type { ConstraintSystem } from "../arithmetic/constraints.ts";
import { sectionFile } from "../circuit/section-file.ts";
import { Kernels } from "../kernels/kernels.ts";
import { isWholeKeyFile, writeKeyFile } from "./key-file.ts";
import { developmentTrapdoor } from "./trapdoor.ts";
import { zkeySections, type KeyProgress } from "./zkey-file.ts";

/** In the place of a ceremony's circuit hash, so that a development key tells what it is. */
export const developmentNote = "Nexus Zero development key: forgeable";

/** A section of ours: the file's digest. */
const digestSection = 11;
const digestBytes = 32;

export interface CircuitSource {
  /** `circuitDigest` of the system. */
  readonly digest: string;
  /** Called when the key has to be made. */
  compile(): ConstraintSystem;
}

/**
 * @param folder where keys are cached, by the circuit's digest
 * @returns the path of the .zkey file; `readVerifyingKey` and `proveGroth16` take it from there
 * @throws Error if the compiled circuit is not the one that the digest names
 */
export async function developmentGroth16Key(
  circuit: CircuitSource,
  folder: string,
  progress?: KeyProgress,
): Promise<string> {
  const path = join(folder, `groth16-development-${circuit.digest.slice(0, 16)}.zkey`);
  if (await isWholeKeyFile(path)) return path;
  const system = circuit.compile();
  const digest = circuitDigest(system);
  if (digest !== circuit.digest) {
    throw new Error(`the circuit's digest is ${digest}, not ${circuit.digest}`);
  }
  const kernels = await Kernels.start();
  const sections = await zkeySections(kernels, system, developmentTrapdoor, developmentNote, progress);
  await kernels.close();
  const whole = sectionFile("zkey", 1, [
    ...sections,
    { id: digestSection, parts: [new Uint8Array(digestBytes)] },
  ]);
  // The digest is what `writeKeyFile` ends the file with.
  await writeKeyFile(path, whole.slice(0, -1));
  return path;
}
