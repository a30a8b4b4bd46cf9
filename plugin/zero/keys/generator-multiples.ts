/** Multiples of a group's generator as bytes of key files. */
import { FixedBase } from "../kernels/fixed-base.ts";
import type { Kernels } from "../kernels/kernels.ts";
import { ELEMENT, FQ_MODULUS } from "../kernels/layout.ts";
import { affineBytes, type Group } from "../kernels/points.ts";

/** What coordinates are in a file: numbers, or x·2^256 mod q as in .zkey files. */
export type CoordinateForm = "numbers" | "zkey";

/** Called with how much of the work is done, 0 to 1. */
export type Progress = (part: number) => void | Promise<void>;

/** @returns affine points, one after the other; zeros for the scalar 0 */
export type Multiples = (scalars: readonly bigint[], progress?: Progress) => Promise<Uint8Array>;

/** Scalars that are in the kernels' memory at a time. */
const batch = 2 ** 14;

/** A table of the generator's multiples in the kernels' memory, whose room is not taken back. */
export function generatorMultiples(kernels: Kernels, group: Group, form: CoordinateForm): Multiples {
  const base = new FixedBase(kernels, group);
  const size = affineBytes[group];
  // A product of kernels' elements divides by their R, so this one leaves x·2^256, or x.
  const scale = kernels.scalars([form === "zkey" ? (1n << 256n) % FQ_MODULUS : 1n]);
  return async (scalars, progress = () => undefined) => {
    const result = new Uint8Array(scalars.length * size);
    const mark = kernels.mark();
    for (let from = 0; from < scalars.length; from += batch) {
      const part = scalars.slice(from, from + batch);
      const points = kernels.alloc(part.length * size);
      base.multiples(points, kernels.scalars(part), part.length);
      kernels.parallel("coordinatesScale", (part.length * size) / ELEMENT, points, points, scale);
      result.set(kernels.bytes(points, part.length * size), from * size);
      kernels.release(mark);
      await progress((from + part.length) / scalars.length);
    }
    return result;
  };
}
