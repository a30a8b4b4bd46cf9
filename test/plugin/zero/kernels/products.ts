import binaryen from "binaryen";
import { expect } from "chai";

import { engine as moduleEngine } from "../../../../plugin/wasm/engine.ts";
import { engine } from "../../../../plugin/zero/kernels/engine.ts";
import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import {
  CONSTANTS,
  ELEMENT,
  FQ_MODULUS,
  FR_MODULUS,
  MONTGOMERY_BITS,
  STACK,
} from "../../../../plugin/zero/kernels/layout.ts";
import { kernelsModule } from "../../../../plugin/zero/kernels/module.ts";
import { seeded } from "../../../seeded.ts";

const SEED = "kernels-products";
const RANDOM = 3000;

const fields = [
  { name: "Fr", p: FR_MODULUS, one: "frMul", square: "frSquare", vector: "vector" },
  { name: "Fq", p: FQ_MODULUS, one: "fqMul", square: "fqSquare", vector: "coordinates" },
] as const;

/** Extremes of the field, of 64-bit words, and of the limbs of 29 and of 51 bits. */
const edges = (p: bigint): bigint[] => [
  ...[0n, 1n, 2n, p - 1n, p - 2n, (p - 1n) / 2n, (p + 1n) / 2n, p - (1n << 192n), 1n << 253n],
  ...[29n, 51n, 64n, 102n, 116n, 128n, 153n, 192n, 204n, 232n, 253n].flatMap((bits) => [
    (1n << bits) - 1n,
    1n << bits,
    p - (1n << bits),
  ]),
  ((1n << 51n) - 1n) << 51n,
  ((1n << 51n) - 1n) << 153n,
  (1n << 253n) - (1n << 204n),
];

describe(`the kernels' products (seed "${SEED}")`, () => {
  let kernels: Kernels;
  let exports: Record<string, (...args: number[]) => number>;
  before(async () => {
    kernels = await Kernels.start(1);
    const { memory } = kernels;
    exports = new engine.Instance(await kernelsModule(), { env: { memory } }).exports as typeof exports;
  });
  after(() => kernels.close());

  const write = (values: readonly bigint[]): number => {
    const pointer = kernels.vector(values.length);
    const words = new BigUint64Array(kernels.memory.buffer, pointer, 4 * values.length);
    values.forEach((value, i) => {
      for (let at = 0; at < 4; at++) words[4 * i + at] = BigInt.asUintN(64, value >> BigInt(64 * at));
    });
    return pointer;
  };
  const read = (pointer: number, n: number): bigint[] => {
    const words = new BigUint64Array(kernels.memory.buffer, pointer, 4 * n);
    return Array.from({ length: n }, (_, i) =>
      [3, 2, 1, 0].reduce((value, at) => (value << 64n) | words[4 * i + at]!, 0n),
    );
  };

  for (const { name, p, one, square, vector } of fields) {
    const inverseR = power((p + 1n) / 2n, MONTGOMERY_BITS, p);
    const random = seeded(`${SEED} ${name}`);
    const extreme = edges(p);
    const pairs = [
      ...extreme.flatMap((a) => extreme.map((b) => [a, b] as const)),
      ...Array.from({ length: RANDOM }, () => [random.scalar(p), random.scalar(p)] as const),
    ];
    const [a, b] = [pairs.map(([each]) => each), pairs.map(([, each]) => each)];
    const n = pairs.length;
    // Memory as it must be, to the bit: below p.
    const products = pairs.map(([x, y]) => (x * y * inverseR) % p);
    const squares = a.map((x) => (x * x * inverseR) % p);

    it(`of ${name} one at a time are a·b/R, below p`, () => {
      const [pa, pb, dst] = [write(a), write(b), kernels.vector(n)];
      for (let at = 0; at < n * ELEMENT; at += ELEMENT) exports[one]!(dst + at, pa + at, pb + at);
      expect(read(dst, n)).to.deep.equal(products);
      for (let at = 0; at < n * ELEMENT; at += ELEMENT) exports[square]!(dst + at, pa + at);
      expect(read(dst, n)).to.deep.equal(squares);
      for (let at = 0; at < n * ELEMENT; at += ELEMENT) exports[square]!(pa + at, pa + at);
      expect(read(pa, n), "in place").to.deep.equal(squares);
    });

    for (const allowed of [1, 0]) {
      it(`of vectors over ${name} are the same, ${allowed ? "fused where the processor can" : "not fused"}`, () => {
        kernels.call("allowFused", allowed);
        const [pa, pb, dst] = [write(a), write(b), kernels.vector(n)];
        kernels.call(`${vector}Mul`, n, dst, pa, pb);
        expect(read(dst, n)).to.deep.equal(products);
        // The other lane, and the element that an odd number leaves.
        kernels.call(`${vector}Mul`, n - 1, dst, pa + ELEMENT, pb + ELEMENT);
        expect(read(dst, n - 1)).to.deep.equal(products.slice(1));
        kernels.call(`${vector}Mul`, n, dst, pa, pa);
        expect(read(dst, n)).to.deep.equal(squares);
        for (const [scalar] of pairs.slice(-2)) {
          kernels.call(`${vector}Scale`, n, dst, pa, write([scalar]));
          expect(read(dst, n)).to.deep.equal(a.map((x) => (x * scalar * inverseR) % p));
        }
        kernels.call(`${vector}Mul`, n, pb, pa, pb);
        expect(read(pb, n), "in place of the second factor").to.deep.equal(products);
        kernels.call(`${vector}Mul`, n, pa, pa, pa);
        expect(read(pa, n), "in place of both").to.deep.equal(squares);
        kernels.call("allowFused", 1);
      });
    }
  }

  it("are fused where WebAssembly's relaxed_madd rounds once, unless told otherwise", () => {
    const module = binaryen.parseText(`(module (func (export "error") (param f64) (result f64)
      (local $factor v128)
      (local.set $factor (f64x2.splat (local.get 0)))
      (f64x2.extract_lane 0 (f64x2.relaxed_madd (local.get $factor) (local.get $factor) (f64x2.splat (f64.const -1))))))`);
    const bytes = module.emitBinary();
    module.dispose();
    const probe = new moduleEngine.Instance(new moduleEngine.Module(bytes), {}).exports;
    // (1 + 2^−30)² − 1 is 2^−29 + 2^−60, of which a product rounded by itself has lost the last.
    const fused = (probe["error"] as (factor: number) => number)(1 + 2 ** -30) !== 2 ** -29;

    exports["configure"]!(kernels.vector(CONSTANTS.length), 0, kernels.alloc(STACK));
    expect(exports["allowFused"]!(0, 1)).to.equal(fused ? 1 : 0);
    expect(exports["allowFused"]!(0, 0)).to.equal(0);
  });
});

function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let result = 1n;
  for (let bit = exponent.toString(2), at = 0; at < bit.length; at++) {
    result = (result * result) % p;
    if (bit[at] === "1") result = (result * base) % p;
  }
  return result;
}
