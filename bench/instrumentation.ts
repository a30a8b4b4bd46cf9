/**
 * What instrumentation costs: the same programs raw in V8 and as the cloud runs them, alternately in one process, medians.
 *
 *     npx node bench/instrumentation.ts [rounds]
 */
import asc from "assemblyscript/asc";

import { Outcome } from "../plugin/contracts/digests.ts";
import { execute } from "../plugin/cloud/runtime/execute.ts";
import { CallStatus } from "../plugin/cloud/runtime/invocation.ts";
import { prepareProgram } from "../plugin/cloud/runtime/prepare.ts";
import { engine, type EngineMemory } from "../plugin/wasm/engine.ts";
import { GuestMemory } from "../plugin/wasm/guest-memory.ts";
import { wasiFunctions, wasiModule } from "../plugin/wasm/wasi.ts";

const budget = 1.5;
const rounds = Number(process.argv[2] ?? 9);

/** Shared by the programs: reading all input, printing a number. */
const prelude = `
  // @ts-ignore: decorator
  @external("wasi_snapshot_preview1", "fd_read") declare function fd_read(fd: i32, buffers: usize, count: i32, read: usize): i32;
  // @ts-ignore: decorator
  @external("wasi_snapshot_preview1", "fd_write") declare function fd_write(fd: i32, buffers: usize, count: i32, written: usize): i32;
  const vector = memory.data(12);
  function print(text: string): void {
    const bytes = String.UTF8.encode(text);
    store<usize>(vector, changetype<usize>(bytes)); store<i32>(vector, bytes.byteLength, 4);
    fd_write(1, vector, 1, vector + 8);
  }
  function readAll(capacity: i32): Uint8Array {
    const all = new Uint8Array(capacity);
    let length = 0;
    do {
      store<usize>(vector, all.dataStart + length); store<i32>(vector, capacity - length, 4);
      fd_read(0, vector, 1, vector + 8);
      length += load<i32>(vector, 8);
    } while (load<i32>(vector, 8) > 0);
    return all.subarray(0, length);
  }
`;

const programs: Readonly<Record<string, { source: string; input: Uint8Array }>> = {
  "SHA-256 compression (integers)": {
    input: new Uint8Array(0),
    source: `
      const k = new StaticArray<u32>(64), w = new StaticArray<u32>(64), h = new StaticArray<u32>(8);
      export function main(): void {
        for (let i = 0; i < 64; i++) k[i] = <u32>i * 0x9e3779b9 ^ 0x428a2f98;
        for (let i = 0; i < 8; i++) h[i] = <u32>(i + 1) * 0x6a09e667;
        for (let block = 0; block < 60000; block++) {
          for (let i = 0; i < 16; i++) w[i] = <u32>(block * (i + 1)) ^ h[i & 7];
          for (let i = 16; i < 64; i++) {
            const x = w[i - 15], y = w[i - 2];
            w[i] = w[i - 16] + (rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3)) + w[i - 7] + (rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10));
          }
          let a = h[0], b = h[1], c = h[2], d = h[3], e = h[4], f = h[5], g = h[6], j = h[7];
          for (let i = 0; i < 64; i++) {
            const t = j + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + ((e & f) ^ (~e & g)) + k[i] + w[i];
            const u = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
            j = g; g = f; f = e; e = d + t; d = c; c = b; b = a; a = t + u;
          }
          h[0] += a; h[1] += b; h[2] += c; h[3] += d; h[4] += e; h[5] += f; h[6] += g; h[7] += j;
        }
        print(h[0].toString());
      }`,
  },
  "n-body simulation (floats)": {
    input: new Uint8Array(0),
    source: `
      const p = new StaticArray<f64>(15), v = new StaticArray<f64>(15), m = new StaticArray<f64>(5);
      export function main(): void {
        for (let i = 0; i < 15; i++) { p[i] = <f64>(i * 7 % 11) - 4.5; v[i] = <f64>(i * 3 % 5) * 0.05; }
        for (let i = 0; i < 5; i++) m[i] = 1.0 / <f64>(i + 1);
        for (let step = 0; step < 300000; step++) {
          for (let i = 0; i < 5; i++) for (let j = i + 1; j < 5; j++) {
            const x = p[3 * i] - p[3 * j], y = p[3 * i + 1] - p[3 * j + 1], z = p[3 * i + 2] - p[3 * j + 2];
            const q = x * x + y * y + z * z + 0.01, g = 0.001 / (q * Math.sqrt(q)), a = m[j] * g, b = m[i] * g;
            v[3 * i] -= x * a; v[3 * i + 1] -= y * a; v[3 * i + 2] -= z * a;
            v[3 * j] += x * b; v[3 * j + 1] += y * b; v[3 * j + 2] += z * b;
          }
          for (let i = 0; i < 15; i++) p[i] += 0.001 * v[i];
        }
        print(p[0].toString());
      }`,
  },
  "Mandelbrot set (floats)": {
    input: new Uint8Array(0),
    source: `
      export function main(): void {
        let total = 0;
        for (let y = 0; y < 300; y++) for (let x = 0; x < 300; x++) {
          const c = <f64>x / 100.0 - 2.0, d = <f64>y / 150.0 - 1.0;
          let a = 0.0, b = 0.0, n = 0;
          for (; n < 300 && a * a + b * b <= 4.0; n++) { const t = a * a - b * b + c; b = 2.0 * a * b + d; a = t; }
          total += n;
        }
        print(total.toString());
      }`,
  },
  "word count (strings, map, allocation)": {
    input: new TextEncoder().encode(
      Array.from({ length: 150_000 }, (_, i) => `word${(i * 7919) % 1009} and${(i * 104_729) % 31}`).join(
        " ",
      ),
    ),
    source: `
      export function main(): void {
        const bytes = readAll(4000000), counts = new Map<string, i32>();
        for (let from = 0; from < bytes.length; ) {
          let to = from;
          while (to < bytes.length && bytes[to] > 32) to++;
          const word = String.UTF8.decodeUnsafe(bytes.dataStart + from, to - from);
          counts.set(word, counts.has(word) ? counts.get(word) + 1 : 1);
          from = to + 1;
        }
        const words = counts.keys();
        words.sort();
        for (let i = 0; i < words.length; i += 100) print(words[i] + " " + counts.get(words[i]).toString() + "\\n");
      }`,
  },
};

async function compile(source: string): Promise<Uint8Array> {
  const text = `${prelude}${source}\nexport function _start(): void { main(); }`;
  let wasm: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      "program.ts",
      "--outFile",
      "program.wasm",
      "-O3",
      "--runtime",
      "stub",
      "--use",
      "abort=program/stop",
      "--noAssert",
    ],
    {
      readFile: (name) =>
        name === "program.ts"
          ? `${text}\nfunction stop(a: usize, b: usize, c: i32, d: i32): void { unreachable(); }`
          : null,
      writeFile: (_, contents) => {
        wasm = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error !== null || wasm === undefined) throw new Error(`AssemblyScript: ${stderr.toString()}`);
  return wasm;
}

/** Runs a module as it is; gives what it wrote. */
function runRaw(compiled: InstanceType<typeof engine.Module>, input: Uint8Array): string {
  let rest = input;
  const output: Buffer[] = [];
  const wasi = wasiFunctions(() => new GuestMemory(instance.exports["memory"] as EngineMemory), {
    charge: () => {},
    read: (_, capacity) => {
      const taken = rest.subarray(0, capacity);
      rest = rest.subarray(taken.length);
      return taken;
    },
    write: (_, bytes) => output.push(Buffer.from(bytes)),
    random: (length) => new Uint8Array(length),
    exit: (code) => {
      throw new Error(`exit code ${code}`);
    },
  });
  const instance = new engine.Instance(compiled, { [wasiModule]: wasi });
  (instance.exports["_start"] as () => void)();
  return Buffer.concat(output).toString();
}

function timed<T>(work: () => T): [number, T] {
  const start = performance.now();
  const result = work();
  return [performance.now() - start, result];
}

const median = (times: number[]): number => times.sort((a, b) => a - b)[times.length >>> 1]!;

const rows: Record<string, Record<string, string>> = {};
let within = true;
for (const [name, { source, input }] of Object.entries(programs)) {
  const wasm = await compile(source);
  const compiled = new engine.Module(wasm);
  const [preparing, prepared] = timed(() => prepareProgram(wasm));
  const raw: number[] = [];
  const instrumented: number[] = [];
  let fuel = 0n;
  for (let i = 0; i < rounds; i++) {
    const [rawTime, expected] = timed(() => runRaw(compiled, input));
    const [time, result] = timed(() =>
      execute(prepared, {
        input,
        event: {
          chainId: 1n,
          blockNumber: 1n,
          blockTimestamp: 1n,
          height: 1n,
          cloudId: new Uint8Array(32),
          emitter: new Uint8Array(20),
          caller: new Uint8Array(20),
          topics: [],
          data: new Uint8Array(0),
        },
        randomness: new Uint8Array(32),
        admitCall: () => CallStatus.Accepted,
        storage: { get: () => undefined, scan: () => [] },
        limits: { fuel: 10n ** 12n },
      }),
    );
    if (result.outcome !== Outcome.Success || Buffer.from(result.output).toString() !== expected) {
      throw new Error(`${name}: the two runs differ: ${result.trap?.message}`);
    }
    raw.push(rawTime);
    instrumented.push(time);
    fuel = result.fuelUsed;
  }
  const ratio = median(instrumented) / median(raw);
  within &&= ratio <= budget;
  rows[name] = {
    "raw, ms": median(raw).toFixed(1),
    "instrumented, ms": median(instrumented).toFixed(1),
    ratio: ratio.toFixed(2),
    "fuel, millions": (Number(fuel) / 1e6).toFixed(0),
    "fuel per µs": (Number(fuel) / (1000 * median(instrumented))).toFixed(0),
    "prepared in, ms": preparing.toFixed(1),
  };
}
console.table(rows);
console.log(
  `budget: ratio ≤ ${budget}: ${within ? "kept" : "broken"} (medians of ${rounds} alternating runs)`,
);
process.exitCode = within ? 0 : 1;
