// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Multiscalar products of the kernels beside those of ffjavascript, which snarkjs computes with, in turns: microseconds a point on all
 * threads, medians.
 *
 *     npx node bench/zero-multiscalar.ts [--bits 16] [--rounds 5]
 */
import { parseArgs } from "node:util";

import * as snarkjs from "snarkjs";

import { FixedBase } from "../plugin/zero/kernels/fixed-base.ts";
import { Kernels } from "../plugin/zero/kernels/kernels.ts";
import { FQ_MODULUS, FR_MODULUS } from "../plugin/zero/kernels/layout.ts";
import { multiscalar } from "../plugin/zero/kernels/multiscalar.ts";
import { affineBytes, type Group } from "../plugin/zero/kernels/points.ts";
import { numbersFrom } from "../test/plugin/zero/prover/reference/challenges.ts";

const { values } = parseArgs({
  options: { bits: { type: "string", default: "16" }, rounds: { type: "string", default: "5" } },
});
const count = 2 ** Number(values.bits);
const rounds = Number(values.rounds);

const kernels = await Kernels.start();
const curve = await snarkjs.curves.getCurveFromName("bn128");
const random = numbersFrom("multiscalar bench");
const numbers = Array.from({ length: count }, random);

/** Both engines' median microseconds a point. */
async function compare(group: Group, width: number): Promise<[own: number, theirs: number]> {
  const mark = kernels.mark();
  const size = count * affineBytes[group];
  const points = kernels.alloc(size);
  new FixedBase(kernels, group).multiples(points, kernels.scalars(numbers), count);
  // ffjavascript's coordinates are in Montgomery form with 2^256; a product of elements divides by the kernels' R.
  const copy = kernels.alloc(size);
  const scale = kernels.scalars([(1n << 256n) % FQ_MODULUS]);
  kernels.parallel("coordinatesScale", size / 32, copy, points, scale);
  const theirPoints = new Uint8Array(kernels.bytes(copy, size));

  const bound = width === 32 ? FR_MODULUS : 256n ** BigInt(width);
  const scalars = kernels.alloc(count * width);
  numbers.forEach((value, i) => {
    const into = kernels.bytes(scalars + i * width, width);
    for (let byte = 0, rest = value % bound; byte < width; byte++, rest >>= 8n)
      into[byte] = Number(rest & 255n);
  });
  const theirScalars = new Uint8Array(kernels.bytes(scalars, count * width));
  const theirGroup = group === "g1" ? curve.G1 : curve.G2;

  const times: { own: number[]; theirs: number[] } = { own: [], theirs: [] };
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const sum = multiscalar(kernels, group, [{ points, scalars, width, count }]);
    const between = performance.now();
    const theirSum = theirGroup.toObject(
      theirGroup.toAffine(await theirGroup.multiExpAffine(theirPoints, theirScalars)),
    );
    const ended = performance.now();
    const { x } = sum.toAffine();
    const [own, other] = typeof x === "bigint" ? [[x], [theirSum[0]]] : [[x.c0, x.c1], theirSum[0]];
    if (String(own) !== String(other)) throw new Error(`the sums in ${group} are not the same`);
    times.own.push(between - begun);
    times.theirs.push(ended - between);
  }
  kernels.release(mark);
  const median = (list: number[]): number => list.sort((a, b) => a - b)[Math.floor(rounds / 2)]!;
  return [(median(times.own) * 1000) / count, (median(times.theirs) * 1000) / count];
}

console.log(
  `${count} points, ${kernels.threads} threads, µs a point      ours   ffjavascript   times as fast`,
);
try {
  for (const [group, width] of [
    ["g1", 1],
    ["g1", 2],
    ["g1", 4],
    ["g1", 8],
    ["g1", 32],
    ["g2", 32],
  ] as const) {
    const [own, theirs] = await compare(group, width);
    const columns = [
      own.toFixed(2).padStart(16),
      theirs.toFixed(2).padStart(14),
      (theirs / own).toFixed(2).padStart(15),
    ];
    console.log(`${group}, scalars of ${String(width).padStart(2)} bytes`.padEnd(28) + columns.join(""));
  }
} finally {
  await curve.terminate();
  await kernels.close();
}
