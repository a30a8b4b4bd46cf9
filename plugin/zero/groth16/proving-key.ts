/**
 * The large parts of a proving key, from a .zkey file into the kernels' memory. Each is read when it is needed and taken back after,
 * which costs less than a tenth of a second a proof and leaves the memory to the rest of the prover.
 */
import { closeSync, openSync, readSync } from "node:fs";

import type { Kernels } from "../kernels/kernels.ts";
import { ELEMENT } from "../kernels/layout.ts";
import { affineBytes, type Group } from "../kernels/points.ts";
import { placeOf, type Place, type Zkey } from "../keys/zkey-sections.ts";

/** Points of one kind, one for each variable (C: each private one; H: each row). */
export interface PointList {
  readonly section: number;
  readonly group: Group;
}

export const pointLists = {
  A: { section: 5, group: "g1" },
  B1: { section: 6, group: "g1" },
  B2: { section: 7, group: "g2" },
  C: { section: 8, group: "g1" },
  H: { section: 9, group: "g1" },
} as const satisfies Record<string, PointList>;

/** Coefficients of the matrices A and B, as `matrixProducts` reads them: 44 bytes each, values times 2^512. */
export interface Coefficients {
  readonly pointer: number;
  readonly count: number;
}

const coefficientsSection = 4;
const coefficientBytes = 44;

/**
 * Affine points with coordinates of 32 bytes in the kernels' Montgomery form, in G2 the real part of each first; zeros for infinity.
 *
 * @returns a pointer to `count` of them, in new room
 */
export function loadPoints(kernels: Kernels, zkey: Zkey, list: PointList, count: number): number {
  const length = count * affineBytes[list.group];
  const pointer = load(kernels, zkey, placeOf(zkey, list.section, length));
  const mark = kernels.mark();
  // x·2^256 in the file; times 2^5 it is x·2^261.
  const factor = kernels.scalars([2n ** 5n]);
  kernels.call("coordinatesToMontgomery", 1, factor, factor);
  kernels.parallel("coordinatesScale", length / ELEMENT, pointer, pointer, factor);
  kernels.release(mark);
  return pointer;
}

/** In new room. */
export function loadCoefficients(kernels: Kernels, zkey: Zkey): Coefficients {
  const { start } = placeOf(zkey, coefficientsSection, 4);
  const mark = kernels.mark();
  const head = load(kernels, zkey, { start, length: 4 });
  const count = new Uint32Array(kernels.memory.buffer, head, 1)[0]!;
  kernels.release(mark);
  const { length } = placeOf(zkey, coefficientsSection, 4 + count * coefficientBytes);
  return { pointer: load(kernels, zkey, { start: start + 4, length: length - 4 }), count };
}

/** @throws Error if the file has become shorter */
function load(kernels: Kernels, { path }: Zkey, { start, length }: Place): number {
  const pointer = kernels.alloc(length);
  const bytes = kernels.bytes(pointer, length);
  const file = openSync(path, "r");
  try {
    for (let at = 0; at < length;) {
      const read = readSync(file, bytes, at, length - at, start + at);
      if (read === 0) throw new Error(`${path} ends within the part at ${start}`);
      at += read;
    }
  } finally {
    closeSync(file);
  }
  return pointer;
}
