// SPDX-License-Identifier: GPL-3.0-or-later
/** The development key of commitments: powers of a published τ, as many as were needed so far (docs/zero/keys.md). */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

import { bn254 } from "@noble/curves/bn254.js";

import { r } from "../field/scalar-field.ts";
import { Kernels } from "../kernels/kernels.ts";
import { affineBytes } from "../kernels/points.ts";
import type { G2Point } from "../proof/messages.ts";
import { generatorMultiples } from "./generator-multiples.ts";
import { readWholeKeyFile, writeKeyFile } from "./key-file.ts";
import { power } from "./lagrange.ts";
import { developmentTau } from "./trapdoor.ts";
import type { KeyProgress } from "./zkey-file.ts";

/** Files have a multiple of this many powers. */
const step = 2 ** 14;
/** More than any slab of the protocol needs. */
const most = 2 ** 22 + step;
const name = /^kzg-development-(\d+)\.powers$/;

/**
 * [τ^i]₁ for i < count. Kept in `folder`: a run that needs more extends what is there.
 *
 * @returns affine points of 64 bytes, x and y as numbers of 32 bytes, little-endian
 * @throws RangeError for more than 2^22 + 2^14 powers
 */
export async function developmentPowers(
  count: number,
  folder: string,
  progress: KeyProgress = () => undefined,
): Promise<Uint8Array> {
  if (!Number.isInteger(count) || count < 1 || count > most) {
    throw new RangeError(`a commitment key has 1 to ${most} powers, not ${count}`);
  }
  const { available, points: before } = await keptPowers(folder, count);
  if (available >= count) return before;

  const wanted = Math.ceil(count / step) * step;
  const scalars: bigint[] = [power(developmentTau, BigInt(available))];
  while (scalars.length < wanted - available) scalars.push((scalars.at(-1)! * developmentTau) % r);
  const kernels = await Kernels.start();
  const multiples = generatorMultiples(kernels, "g1", "numbers");
  const points = await multiples(scalars, (part) => progress("powers of tau", part));
  await kernels.close();
  const all = Buffer.concat([before, points]);
  await writeKeyFile(fileOf(folder, wanted), [all]);
  if (available > 0) await rm(fileOf(folder, available), { force: true });
  return all.subarray(0, count * affineBytes.g1);
}

/** [τ]₂ of the same key. */
export function developmentTauPoint(): G2Point {
  const { x, y } = bn254.G2.Point.BASE.multiply(developmentTau).toAffine();
  return { x: [x.c0, x.c1], y: [y.c0, y.c1] };
}

function fileOf(folder: string, powers: number): string {
  return join(folder, `kzg-development-${powers}.powers`);
}

/**
 * What the largest whole file has: how many powers, and of them the first `count` or all. Other processes extend the key as well and
 * take smaller files away, so a file that is gone counts as none, and what is needed of one is read at once.
 */
async function keptPowers(
  folder: string,
  count: number,
): Promise<{ readonly available: number; readonly points: Uint8Array }> {
  const files = await readdir(folder).catch(() => []);
  const counts = files.map((file) => Number(name.exec(file)?.[1] ?? 0)).sort((a, b) => b - a);
  for (const powers of counts) {
    if (powers === 0) continue;
    const [wanted, length] = [Math.min(count, powers), powers].map((points) => points * affineBytes.g1);
    const points = await readWholeKeyFile(fileOf(folder, powers), wanted!, length);
    if (points !== undefined) return { available: powers, points };
  }
  return { available: 0, points: new Uint8Array(0) };
}
