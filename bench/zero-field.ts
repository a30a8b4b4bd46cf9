// SPDX-License-Identifier: GPL-3.0-or-later
/**
 * Products and squares in BN254's two prime fields: the kernels (plugin/zero/kernels) beside wasmcurves, in which snarkjs computes.
 *
 *     npx node bench/zero-field.ts
 *
 * Times are nanoseconds for one product, on one thread: medians of rounds in which all take turns, so that other load strikes all
 * alike. The vectors have 240 elements, which fit into the first cache.
 *
 * - each: dst_i = a_i·b_i or a_i² by `frm_mul`, `frm_square` and their like, and by `frMul`, `frSquare` and their like. One loop, in
 *   a WebAssembly module of its own, calls either. The last line says what that loop costs; it is part of both times.
 * - vector: the same products by `vectorMul` and its like, which take two at a time. wasmcurves has none; its times are those of `each`.
 * - constant: dst_i = a_i·R². Both have a loop of their own for it, `frm_batchToMontgomery` and `vectorToMontgomery` and their like.
 */
import binaryen from "binaryen";
import * as snarkjs from "snarkjs";

import { engine, type EngineExports } from "../plugin/wasm/engine.ts";
import type { HostFunction } from "../plugin/wasm/host-function.ts";
import { engine as threadedEngine } from "../plugin/zero/kernels/engine.ts";
import { Kernels } from "../plugin/zero/kernels/kernels.ts";
import { ELEMENT, FQ_MODULUS, FR_MODULUS, MONTGOMERY_BITS } from "../plugin/zero/kernels/layout.ts";
import { kernelsModule } from "../plugin/zero/kernels/module.ts";
import { seeded } from "../test/seeded.ts";

const COUNT = 240;
const BYTES = COUNT * ELEMENT;
const WARMING = 400;
const ROUNDS = 2000;

type Run = (...args: number[]) => unknown;

/** The module that calls an imported function for every element; its arguments are pointers in the order given. */
function loopOver(each: unknown, order: readonly ("dst" | "a" | "b")[]): Run {
  const exports = instance(
    `(import "field" "each" (func $each ${"(param i32) ".repeat(order.length)}))
    (func (export "loop") (param $dst i32) (param $a i32) (param $b i32) (local $end i32)
      (local.set $end (i32.add (local.get $dst) (i32.const ${BYTES})))
      (loop $next
        (call $each ${order.map((name) => `(local.get $${name})`).join(" ")})
        (local.set $dst (i32.add (local.get $dst) (i32.const ${ELEMENT})))
        (local.set $a (i32.add (local.get $a) (i32.const ${ELEMENT})))
        (local.set $b (i32.add (local.get $b) (i32.const ${ELEMENT})))
        (br_if $next (i32.lt_u (local.get $dst) (local.get $end)))))`,
    each as HostFunction,
  );
  return exports["loop"] as Run;
}

function instance(text: string, each: HostFunction): EngineExports {
  const module = binaryen.parseText(`(module ${text})`);
  const compiled = new engine.Module(module.emitBinary());
  module.dispose();
  return new engine.Instance(compiled, { field: { each } }).exports;
}

/** Three vectors in a memory, and how to compare what is in them. */
interface Vectors {
  readonly memory: { readonly buffer: ArrayBuffer | SharedArrayBuffer };
  readonly pointers: readonly [dst: number, a: number, b: number];
  /** An element x is x·2^bits mod p. */
  readonly bits: bigint;
}

const kernels = await Kernels.start(1);
const ownVectors = (): Vectors => ({
  memory: kernels.memory,
  pointers: [kernels.vector(COUNT), kernels.vector(COUNT), kernels.vector(COUNT)],
  bits: MONTGOMERY_BITS,
});
const own = new threadedEngine.Instance(await kernelsModule(), { env: { memory: kernels.memory } }).exports;

const { tm } = await snarkjs.curves.getCurveFromName("bn128", { singleThread: true });
const { memory, instance: wasmcurves } = tm;
const theirVectors = (): Vectors => {
  const start = memory.grow(Math.ceil((3 * BYTES) / 65_536)) * 65_536;
  return { memory, pointers: [start, start + BYTES, start + 2 * BYTES], bits: 256n };
};
const theirs = (name: string): Run => wasmcurves.exports[name] as Run;

interface Contender {
  readonly vectors: Vectors;
  readonly run: Run;
  readonly times: number[];
}
interface Line {
  readonly name: string;
  readonly theirs: Contender;
  readonly ours: Contender;
}

const random = seeded("zero-field");
const word = (value: bigint, i: number): bigint => BigInt.asUintN(64, value >> BigInt(64 * i));
const words = ({ memory: { buffer } }: Vectors, pointer: number): BigUint64Array =>
  new BigUint64Array(buffer, pointer, 4 * COUNT);
const numbers = (vectors: Vectors, pointer: number): bigint[] => {
  const read = words(vectors, pointer);
  return Array.from({ length: COUNT }, (_, i) =>
    [3, 2, 1, 0].reduce((value, at) => (value << 64n) | read[4 * i + at]!, 0n),
  );
};

/** Vectors with the same operands, and a check that a run gives the products that it should. */
function contender(vectors: Vectors, p: bigint, run: Run, factor: "a" | "b" | "constant"): Contender {
  const [dst, a, b] = vectors.pointers;
  for (const pointer of [a, b]) {
    const written = words(vectors, pointer);
    for (let i = 0; i < COUNT; i++) {
      const value = random.scalar(p);
      for (let at = 0; at < 4; at++) written[4 * i + at] = word(value, at);
    }
  }
  run(dst, a, b);
  const R = 1n << vectors.bits;
  const [left, right] = [numbers(vectors, a), numbers(vectors, b)];
  numbers(vectors, dst).forEach((product, i) => {
    const by = factor === "constant" ? R * R : factor === "a" ? left[i]! : right[i]!;
    if (product >= p || (product * R - left[i]! * by) % p !== 0n)
      throw new Error(`Product ${i} is wrong: nothing measured here would mean anything.`);
  });
  return { vectors, run, times: [] };
}

const vector =
  (kernel: string, square = false): Run =>
  (dst = 0, a = 0, b = 0) =>
    kernels.call(kernel, COUNT, dst, a, square ? a : b);
const lines: Line[] = [];
for (const [field, p, prefix, short, vectors, conversion] of [
  ["Fr", FR_MODULUS, "frm", "fr", "vector", "vectorToMontgomery"],
  ["Fq", FQ_MODULUS, "f1m", "fq", "coordinates", "coordinatesToMontgomery"],
] as const) {
  const line = (name: string, run: Run, ourRun: Run, factor: "a" | "b" | "constant"): void => {
    lines.push({
      name: `${field} ${name}`,
      theirs: contender(theirVectors(), p, run, factor),
      ours: contender(ownVectors(), p, ourRun, factor),
    });
  };
  const [product, square] = [theirs(`${prefix}_mul`), theirs(`${prefix}_square`)];
  const [theirProducts, theirSquares] = [
    loopOver(product, ["a", "b", "dst"]),
    loopOver(square, ["a", "dst"]),
  ];
  line("product, each", theirProducts, loopOver(own[`${short}Mul`], ["dst", "a", "b"]), "b");
  line("square, each", theirSquares, loopOver(own[`${short}Square`], ["dst", "a"]), "a");
  line("product, vector", theirProducts, vector(`${vectors}Mul`), "b");
  line("square, vector", theirSquares, vector(`${vectors}Mul`, true), "a");
  const convert = theirs(`${prefix}_batchToMontgomery`);
  line(
    "product, constant",
    (dst = 0, a = 0) => convert(a, COUNT, dst),
    (dst = 0, a = 0) => kernels.call(conversion, COUNT, dst, a),
    "constant",
  );
}

const { nothing } = instance(
  `(import "field" "each" (func)) (func (export "nothing") (param i32 i32 i32))`,
  () => undefined,
);
const loop = loopOver(nothing, ["dst", "a", "b"]);
const loopTimes: number[] = [];

const time = (run: Run, pointers: readonly number[]): number => {
  const start = performance.now();
  run(...pointers);
  return ((performance.now() - start) * 1e6) / COUNT;
};
for (let round = -WARMING; round < ROUNDS; round++) {
  // The compiler's threads are done before anything counts.
  if (round === 0) await new Promise((resolve) => setTimeout(resolve, 1000));
  for (const each of lines.flatMap((line) => [line.theirs, line.ours])) {
    const ns = time(each.run, each.vectors.pointers);
    if (round >= 0) each.times.push(ns);
  }
  const ns = time(loop, [0, 0, 0]);
  if (round >= 0) loopTimes.push(ns);
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1]!;
const rows = [["ns", "wasmcurves", "kernels", "times faster"]];
for (const { name, theirs: theirOwn, ours } of lines) {
  const [their, our] = [median(theirOwn.times), median(ours.times)];
  rows.push([name, their.toFixed(1), our.toFixed(1), (their / our).toFixed(2)]);
}
rows.push(["the loop of each", median(loopTimes).toFixed(1), "", ""]);
const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
for (const row of rows) {
  console.log(
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("  "),
  );
}
