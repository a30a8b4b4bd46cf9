/** Reads the verifying key out of a .zkey file, whoever made it. */
import type { ZeroVerifyingKey } from "../proof/verifying-key.ts";
import { g1FromMontgomery, g2Generator, isSameG2Point } from "./coordinates.ts";
import { readSection, readZkey } from "./zkey-sections.ts";

/** All that Nexus Zero's verifiers need beside [τ]₂. */
export type Groth16VerifyingKey = Omit<ZeroVerifyingKey, "tau">;

/** Numbers of public inputs: π, β and λ. */
const publicInputs = 3;

/** @throws Error for another format, curve or number of public inputs, where γ is not the generator, and where δ is */
export async function readVerifyingKey(path: string): Promise<Groth16VerifyingKey> {
  const zkey = await readZkey(path);
  if (zkey.publicInputs !== publicInputs) {
    throw new Error(`${path} is a key for ${zkey.publicInputs} public inputs, not ${publicInputs}`);
  }
  if (!isSameG2Point(zkey.gamma2, g2Generator)) throw new Error(`${path} has a γ other than the generator`);
  if (isSameG2Point(zkey.delta2, zkey.gamma2)) {
    throw new Error(`${path} has δ = γ, with which anyone forges proofs: nobody has contributed to it`);
  }
  const ic = await readSection(zkey, 3, (publicInputs + 1) * 64);
  const [one, two, three, four] = [0, 64, 128, 192].map((at) => g1FromMontgomery(ic, at));
  return {
    alpha: zkey.alpha1,
    beta: zkey.beta2,
    delta: zkey.delta2,
    inputs: [one!, two!, three!, four!],
  };
}
