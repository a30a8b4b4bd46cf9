/** Where the sections of a .zkey file are, and what its header says, whoever made it. */
import { stat } from "node:fs/promises";

import { r } from "../field/scalar-field.ts";
import type { G1Point, G2Point } from "../proof/messages.ts";
import { g1FromMontgomery, g2FromMontgomery, q } from "./coordinates.ts";
import { readPart } from "./key-file.ts";

/** Part of a file, in bytes. */
export interface Place {
  readonly start: number;
  readonly length: number;
}

/** A Groth16 key over BN254. */
export interface Zkey {
  readonly path: string;
  /** By section's number. */
  readonly sections: ReadonlyMap<number, Place>;
  /** Of the circuit, the constant and public inputs included. */
  readonly variables: number;
  readonly publicInputs: number;
  /** Rows of the matrices, a power of two. */
  readonly domainSize: number;
  readonly alpha1: G1Point;
  readonly beta1: G1Point;
  readonly beta2: G2Point;
  readonly gamma2: G2Point;
  readonly delta1: G1Point;
  readonly delta2: G2Point;
}

const groth16 = 1;
/** Field sizes and moduli, and three counts, before the header's points. */
const pointsAt = 84;
const headerBytes = pointsAt + 3 * 64 + 3 * 128;

/** @throws Error for another format, protocol or curve, and for a file that is not whole */
export async function readZkey(path: string): Promise<Zkey> {
  const sections = await sectionsOf(path);
  const protocol = await readSection({ path, sections }, 1, 4);
  if (protocol.readUInt32LE() !== groth16) throw new Error(`${path} is no key of Groth16`);
  const header = await readSection({ path, sections }, 2, headerBytes);
  const isOfCurve =
    header.readUInt32LE(0) === 32 &&
    header.subarray(4, 36).equals(littleEndian(q)) &&
    header.readUInt32LE(36) === 32 &&
    header.subarray(40, 72).equals(littleEndian(r));
  if (!isOfCurve) throw new Error(`${path} is no key over BN254`);
  return {
    ...{ path, sections },
    variables: header.readUInt32LE(72),
    publicInputs: header.readUInt32LE(76),
    domainSize: header.readUInt32LE(80),
    alpha1: g1FromMontgomery(header, pointsAt),
    beta1: g1FromMontgomery(header, pointsAt + 64),
    beta2: g2FromMontgomery(header, pointsAt + 128),
    gamma2: g2FromMontgomery(header, pointsAt + 256),
    delta1: g1FromMontgomery(header, pointsAt + 384),
    delta2: g2FromMontgomery(header, pointsAt + 448),
  };
}

/** @throws Error if there is no such section of `length` bytes or more */
export function placeOf(
  { path, sections }: Pick<Zkey, "path" | "sections">,
  id: number,
  length: number,
): Place {
  const found = sections.get(id);
  if (found === undefined || found.length < length) {
    throw new Error(`${path} has no section ${id} of a key: ${found?.length ?? 0} bytes, not ${length}`);
  }
  return { start: found.start, length };
}

/** The first `length` bytes of a section. */
export async function readSection(
  zkey: Pick<Zkey, "path" | "sections">,
  id: number,
  length: number,
): Promise<Buffer> {
  return await readPart(zkey.path, placeOf(zkey, id, length).start, length);
}

function littleEndian(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse();
}

/** @throws Error for a section that leaves the file, and for two of one number: of those, programs may read different ones */
async function sectionsOf(path: string): Promise<Map<number, Place>> {
  const head = await readPart(path, 0, 12);
  if (head.toString("latin1", 0, 4) !== "zkey") throw new Error(`${path} is no .zkey file`);
  const { size } = await stat(path);
  const places = new Map<number, Place>();
  let position = 12;
  for (let i = 0; i < head.readUInt32LE(8); i++) {
    const sectionHead = await readPart(path, position, 12);
    const id = sectionHead.readUInt32LE(0);
    const length = Number(sectionHead.readBigUInt64LE(4));
    const start = position + 12;
    if (length > size - start) {
      throw new Error(
        `${path} has ${size - start} bytes from ${start} on, and section ${id} has ${length}: it is not whole`,
      );
    }
    if (places.has(id)) throw new Error(`${path} has two sections ${id}`);
    places.set(id, { start, length });
    position = start + length;
  }
  return places;
}
