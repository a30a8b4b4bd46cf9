import { expect } from "chai";

import { Kernels } from "../../../../plugin/zero/kernels/kernels.ts";
import { ELEMENT, FR_MODULUS } from "../../../../plugin/zero/kernels/layout.ts";
import { seeded } from "../../../seeded.ts";

const r = FR_MODULUS;
const SEED = "kernels-fr";
const EDGES = [0n, 1n, 2n, r - 1n, r - 2n, (r - 1n) / 2n, 1n << 253n, (1n << 253n) - 1n, (1n << 232n) - 1n];

const modulo = (value: bigint): bigint => ((value % r) + r) % r;

describe(`the kernels' vectors over Fr (seed "${SEED}")`, () => {
  const random = seeded(SEED);
  let kernels: Kernels;
  let outermost: number;
  before(async () => {
    kernels = await Kernels.start(2);
    outermost = kernels.mark();
  });
  afterEach(() => kernels.release(outermost));
  after(() => kernels.close());

  /** n numbers: every edge value, then others. */
  const numbers = (n: number): bigint[] => Array.from({ length: n }, (_, i) => EDGES[i] ?? random.scalar(r));
  /** All pairs of edge values, then pairs of others. */
  const pairs = (n: number): [bigint[], bigint[]] => {
    const edges = EDGES.flatMap((a) => EDGES.map((b) => [a, b] as const));
    const all = Array.from(
      { length: n },
      (_, i) => edges[i] ?? ([random.scalar(r), random.scalar(r)] as const),
    );
    return [all.map(([a]) => a), all.map(([, b]) => b)];
  };

  // 1000 elements are split between threads, 81 are not.
  for (const n of [0, 1, 81, 1000, 1001]) {
    it(`gives sums, differences, products and folds of ${n} elements as bigints do`, () => {
      const [a, b] = pairs(n);
      const [pa, pb, dst] = [kernels.fromBigints(a), kernels.fromBigints(b), kernels.vector(n)];
      const c = random.scalar(r);
      const pc = kernels.element(c);
      const result = (): bigint[] => kernels.toBigints(dst, n);
      const each = (f: (a: bigint, b: bigint) => bigint): bigint[] =>
        a.map((x, i) => modulo(f(x, b[i] as bigint)));

      expect(kernels.toBigints(pa, n)).to.deep.equal(a);
      kernels.add(dst, pa, pb, n);
      expect(result()).to.deep.equal(each((x, y) => x + y));
      kernels.sub(dst, pa, pb, n);
      expect(result()).to.deep.equal(each((x, y) => x - y));
      kernels.mul(dst, pa, pb, n);
      expect(result()).to.deep.equal(each((x, y) => x * y));
      kernels.addScaled(dst, pb, pc, n);
      expect(result()).to.deep.equal(each((x, y) => x * y + c * y));
      kernels.scale(dst, pa, pc, n);
      expect(result()).to.deep.equal(each((x) => c * x));
      kernels.mul(dst, pa, pa, n);
      expect(result()).to.deep.equal(each((x) => x * x));
      kernels.fill(dst, pc, n);
      expect(result()).to.deep.equal(each(() => c));
      expect(kernels.sum(pa, n)).to.equal(modulo(a.reduce((x, y) => x + y, 0n)));
      expect(kernels.dot(pa, pb, n)).to.equal(
        modulo(a.reduce((sum, x, i) => sum + x * (b[i] as bigint), 0n)),
      );

      const half = n >> 1;
      const folded = Array.from({ length: half }, (_, i) => {
        const [even, odd] = [a[2 * i] as bigint, a[2 * i + 1] as bigint];
        return modulo(even + c * (odd - even));
      });
      kernels.fold(dst, pa, pc, half);
      expect(kernels.toBigints(dst, half)).to.deep.equal(folded);
      kernels.fold(pa, pa, pc, half);
      expect(kernels.toBigints(pa, half), "in place").to.deep.equal(folded);
    });

    it(`inverts ${n} elements, zeros among them staying zero`, () => {
      const a = numbers(n).map((value, i) => (i % 7 === 3 ? 0n : value));
      const [pa, dst] = [kernels.fromBigints(a), kernels.vector(n)];
      kernels.batchInverse(dst, pa, n);
      kernels.mul(dst, dst, pa, n);
      expect(kernels.toBigints(dst, n)).to.deep.equal(a.map((value) => (value === 0n ? 0n : 1n)));
    });
  }

  it("keeps memory canonical: the same element is the same bytes", () => {
    const n = EDGES.length ** 2;
    const [a, b] = pairs(n);
    const [pa, pb] = [kernels.fromBigints(a), kernels.fromBigints(b)];
    const results = [
      ["vectorAdd", (x: bigint, y: bigint) => x + y],
      ["vectorSub", (x: bigint, y: bigint) => x - y],
      ["vectorMul", (x: bigint, y: bigint) => x * y],
    ] as const;
    for (const [name, f] of results) {
      const dst = kernels.vector(n);
      kernels.call(name, n, dst, pa, pb);
      const expected = kernels.fromBigints(a.map((x, i) => modulo(f(x, b[i] as bigint))));
      expect(kernels.bytes(dst, n * ELEMENT), name).to.deep.equal(kernels.bytes(expected, n * ELEMENT));
    }
  });

  for (const width of [1, 2, 4, 8] as const) {
    it(`reads unsigned integers of ${width} bytes`, () => {
      const n = 700;
      const top = (1n << BigInt(8 * width)) - 1n;
      const values = Array.from({ length: n }, (_, i) => [0n, 1n, top][i] ?? random.scalar(top + 1n) & top);
      const [src, dst] = [kernels.alloc(n * width), kernels.vector(n)];
      const bytes = kernels.bytes(src, n * width);
      values.forEach((value, i) => {
        for (let byte = 0; byte < width; byte++)
          bytes[i * width + byte] = Number((value >> BigInt(8 * byte)) & 0xffn);
      });
      kernels.fromIntegers(dst, src, width, n);
      expect(kernels.toBigints(dst, n)).to.deep.equal(values);
    });
  }

  it("refuses numbers that are not elements", () => {
    for (const value of [-1n, r, 1n << 256n]) {
      expect(() => kernels.fromBigints([value])).to.throw(RangeError, `${value} is not an element of Fr`);
    }
  });
});

describe("the kernels' threads and memory", () => {
  it("give on one thread, two and three what bigints give", async () => {
    for (const threads of [1, 2, 3]) {
      const kernels = await Kernels.start(threads);
      const n = 1000;
      const a = kernels.fromBigints(Array.from({ length: n }, (_, i) => BigInt(i)));
      expect(kernels.dot(a, a, n)).to.equal(BigInt(((n - 1) * n * (2 * n - 1)) / 6));
      expect(kernels.threads).to.equal(threads);
      await kernels.close();
    }
  });

  it("report a trap on either thread, and go on afterwards", async () => {
    const kernels = await Kernels.start(2);
    const n = 1000;
    const a = kernels.fromBigints(Array.from({ length: n }, () => 3n));
    const beyond = kernels.memory.buffer.byteLength - (n / 2) * ELEMENT;
    // Only the second half lies behind the end of the memory.
    expect(() => kernels.parallel("vectorAdd", n, beyond, a, a)).to.throw(
      /failed on another thread.*out of bounds/,
    );
    expect(() => kernels.parallel("vectorAdd", n, beyond + n * ELEMENT, a, a)).to.throw(/out of bounds/);
    expect(kernels.sum(a, n)).to.equal(3000n);
    await kernels.close();
    expect(() => kernels.parallel("vectorAdd", n, a, a, a)).to.throw(
      "The kernels were closed before vectorAdd was called",
    );
  });

  it("take back memory in the opposite order, grow it, and refuse what does not fit", async () => {
    const kernels = await Kernels.start(2);
    const mark = kernels.mark();
    const first = kernels.alloc(10);
    expect(first % 64).to.equal(0);
    expect(kernels.alloc(1)).to.equal(first + 64);
    kernels.release(mark);
    expect(kernels.alloc(100_000_000)).to.equal(first);
    // The other thread reaches what was added.
    const n = 1000;
    const at = first + 100_000_000 - n * ELEMENT;
    kernels.fill(at, kernels.element(5n), n);
    expect(kernels.toBigints(at, n)).to.deep.equal(Array.from({ length: n }, () => 5n));
    expect(() => kernels.alloc(2 ** 32)).to.throw(
      RangeError,
      "4294967296 bytes do not fit into the kernels' memory",
    );
    expect(() => kernels.release(2 ** 32)).to.throw(RangeError, "lies above what is in use");
    await kernels.close();
  });

  it("give out the memory up to its end, where no pointer wraps around", async () => {
    const kernels = await Kernels.start(2);
    const outermost = kernels.mark();
    const n = 1001;
    const c = kernels.element(7n);
    const left = 2 ** 32 - 64 - kernels.mark() - n * ELEMENT;
    kernels.alloc(left - (left % 64));
    const last = kernels.vector(n);
    expect(last + n * ELEMENT)
      .to.be.greaterThan(2 ** 32 - 128)
      .and.lessThan(2 ** 32);
    expect(() => kernels.alloc(1)).to.throw(RangeError, "1 bytes do not fit");
    kernels.fill(last, c, n);
    kernels.mul(last, last, last, n);
    kernels.addScaled(last, last, c, n);
    kernels.release(outermost);
    expect(kernels.sum(last, n)).to.equal(BigInt(n * (49 + 343)));
    expect(kernels.toBigints(last, n)).to.deep.equal(Array.from({ length: n }, () => 392n));
    await kernels.close();
  });

  it("name the kernels there are when one is called that is not", async () => {
    const kernels = await Kernels.start(1);
    expect(() => kernels.call("vectorCube", 1)).to.throw(/There is no kernel vectorCube.*vectorAdd/);
    await kernels.close();
  });

  it("refuse a number of threads that is none", async () => {
    for (const threads of [0, -1, 1.5]) {
      const refused = await Kernels.start(threads).then(
        () => "started",
        (error: unknown) => String(error),
      );
      expect(refused).to.contain(`not on ${threads}`);
    }
  });
});
