/** Reads the verifying key out of a .zkey file, whoever made it. */
import type { ZeroVerifyingKey } from "../proof/verifying-key.ts";
import { g1FromMontgomery, g2FromMontgomery, g2Generator, isSameG2Point, q } from "./coordinates.ts";
import { readPart } from "./key-file.ts";

/** All that Nexus Zero's verifiers need beside [τ]₂. */
export type Groth16VerifyingKey = Omit<ZeroVerifyingKey, "tau">;

/** Numbers of public inputs: π, β and λ. */
const publicInputs = 3;
/** Field sizes and moduli, three counts, then points. */
const pointsAt = 84;

/** @throws Error for another format, curve or number of public inputs, where γ is not the generator, and where δ is */
export async function readVerifyingKey(path: string): Promise<Groth16VerifyingKey> {
  const sections = await sectionsOf(path);
  const section = async (id: number, length: number): Promise<Buffer> => {
    const found = sections.get(id);
    if (found === undefined || found.length < length)
      throw new Error(`${path} has no section ${id} of a key`);
    return await readPart(path, found.start, length);
  };
  const header = await section(2, pointsAt + 3 * 64 + 3 * 128);
  const isOfCurve = header.subarray(4, 36).equals(littleEndian(q));
  if (!isOfCurve || header.readUInt32LE(76) !== publicInputs) {
    throw new Error(`${path} is no key over BN254 with ${publicInputs} public inputs`);
  }
  const gamma = g2FromMontgomery(header, pointsAt + 256);
  if (!isSameG2Point(gamma, g2Generator)) throw new Error(`${path} has a γ other than the generator`);
  const delta = g2FromMontgomery(header, pointsAt + 448);
  if (isSameG2Point(delta, gamma)) {
    throw new Error(`${path} has δ = γ, with which anyone forges proofs: nobody has contributed to it`);
  }
  const ic = await section(3, (publicInputs + 1) * 64);
  const [one, two, three, four] = [0, 64, 128, 192].map((at) => g1FromMontgomery(ic, at));
  return {
    alpha: g1FromMontgomery(header, pointsAt),
    beta: g2FromMontgomery(header, pointsAt + 128),
    delta,
    inputs: [one!, two!, three!, four!],
  };
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();
}

interface Place {
  readonly start: number;
  readonly length: number;
}

async function sectionsOf(path: string): Promise<Map<number, Place>> {
  const head = await readPart(path, 0, 12);
  if (head.toString("latin1", 0, 4) !== "zkey") throw new Error(`${path} is no .zkey file`);
  const places = new Map<number, Place>();
  let position = 12;
  for (let i = 0; i < head.readUInt32LE(8); i++) {
    const sectionHead = await readPart(path, position, 12);
    const length = Number(sectionHead.readBigUInt64LE(4));
    places.set(sectionHead.readUInt32LE(0), { start: position + 12, length });
    position += 12 + length;
  }
  return places;
}
