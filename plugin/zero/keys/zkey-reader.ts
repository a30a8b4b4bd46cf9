/** Reads the verifying key out of a .zkey file, whoever made it. */
import { bn254 } from "@noble/curves/bn254.js";

import type { G1Point, G2Point } from "../proof/messages.ts";
import type { ZeroVerifyingKey } from "../proof/verifying-key.ts";
import { g1FromMontgomery, g2Generator, isSameG2Point } from "./coordinates.ts";
import { readSection, readZkey } from "./zkey-sections.ts";

/** All that Nexus Zero's verifiers need beside [τ]₂. */
export type Groth16VerifyingKey = Omit<ZeroVerifyingKey, "tau">;

/** Numbers of public inputs: π, β and λ. */
const publicInputs = 3;

/**
 * @throws Error for another format, curve or number of public inputs; for a point that is none of its group, or infinity; where γ is not the
 *     generator; and where α, β or δ is it or its negative, as in a ceremony that nobody has contributed to
 */
export async function readVerifyingKey(path: string): Promise<Groth16VerifyingKey> {
  const zkey = await readZkey(path);
  if (zkey.publicInputs !== publicInputs) {
    throw new Error(`${path} is a key for ${zkey.publicInputs} public inputs, not ${publicInputs}`);
  }
  if (!isSameG2Point(zkey.gamma2, g2Generator)) throw new Error(`${path} has a γ other than the generator`);
  const ic = await readSection(zkey, 3, (publicInputs + 1) * 64);
  const [one, two, three, four] = [0, 64, 128, 192].map((at) => g1FromMontgomery(ic, at));
  const inputs = [one!, two!, three!, four!] as const;
  const { alpha1: alpha, beta2: beta, delta2: delta } = zkey;
  const isValid = [alpha, ...inputs].every(isOfG1) && [beta, delta].every(isOfG2);
  if (!isValid) throw new Error(`${path} has a point that is not of its group, or infinity`);
  const known = [
    { name: "α", isKnown: alpha.x === bn254.G1.Point.BASE.x },
    { name: "β", isKnown: isGeneratorOrNegative(beta) },
    { name: "δ", isKnown: isGeneratorOrNegative(delta) },
  ].find(({ isKnown }) => isKnown);
  if (known !== undefined) {
    throw new Error(
      `${path} has ${known.name} = ±1, with which anyone forges proofs: nobody has contributed to it`,
    );
  }
  return { alpha, beta, delta, inputs };
}

function isOfG1({ x, y }: G1Point): boolean {
  return isValid(() => bn254.G1.Point.fromAffine({ x, y }));
}

function isOfG2({ x, y }: G2Point): boolean {
  const pair = ([c0, c1]: readonly [bigint, bigint]) => bn254.fields.Fp2.create({ c0, c1 });
  return isValid(() => bn254.G2.Point.fromAffine({ x: pair(x), y: pair(y) }));
}

function isValid(decode: () => { assertValidity(): void; is0(): boolean }): boolean {
  try {
    const point = decode();
    point.assertValidity();
    return !point.is0();
  } catch {
    return false;
  }
}

function isGeneratorOrNegative({ x }: G2Point): boolean {
  return x[0] === g2Generator.x[0] && x[1] === g2Generator.x[1];
}
