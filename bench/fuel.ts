/**
 * Whether fuel is a measure of time: how long 10^9 units take that go into one kind of work alone, against what they take in ordinary
 * programs. Run it before and after a change of prices in plugin/wasm/instructions.ts and plugin/cloud/runtime/limits.ts.
 *
 *     npx node bench/fuel.ts [units of fuel per run] [part of a name]
 */
import binaryen from "binaryen";

import { Outcome } from "../plugin/contracts/digests.ts";
import { execute } from "../plugin/cloud/runtime/execute.ts";
import { CallStatus } from "../plugin/cloud/runtime/invocation.ts";
import { prepareProgram } from "../plugin/cloud/runtime/prepare.ts";
import { MemoryStore } from "../plugin/cloud/storage/memory-store.ts";
import { State } from "../plugin/cloud/storage/state.ts";

/** How many times the average of ordinary programs the same fuel may take, whatever it is spent on. */
const budget = 4;
const fuel = BigInt(process.argv[2] ?? 100_000_000);
const wanted = process.argv[3] ?? "";

/** Code that is repeated in a loop, which may use the locals i (i32), I (i64), f (f32), F (f64). */
const unrolled = (code: string, times = 16): string => code.repeat(times);

const binary = (type: string, local: string, name: string, by: string): string =>
  unrolled(`(local.set $${local} (${type}.${name} (local.get $${local}) (${type}.const ${by})))`);
const unary = (type: string, local: string, name: string): string =>
  unrolled(`(local.set $${local} (${type}.${name} (local.get $${local})))`);

const ordinary: Readonly<Record<string, string>> = {
  "integers in memory": unrolled(
    `(i32.store (i32.and (local.get $i) (i32.const 65532)) (i32.add (i32.load (local.get $i)) (i32.const 1)))
     (local.set $i (i32.and (i32.add (local.get $i) (i32.const 8)) (i32.const 65528)))`,
  ),
  "mixing of words": unrolled(
    `(local.set $i (i32.xor (i32.rotl (local.get $i) (i32.const 7)) (i32.add (local.get $j) (local.get $k))))
     (local.set $j (i32.add (local.get $j) (i32.xor (local.get $i) (i32.shr_u (local.get $k) (i32.const 3)))))
     (local.set $k (i32.xor (local.get $k) (i32.rotl (i32.add (local.get $i) (local.get $j)) (i32.const 11))))`,
  ),
  "calls and branches": `(drop (call $fibonacci (i32.const 12)))`,
  floats: unrolled(
    `(local.set $F (f64.add (f64.mul (local.get $F) (f64.const 0.999)) (f64.const 0.25)))
     (local.set $G (f64.sub (f64.mul (local.get $G) (f64.const 0.998)) (f64.const 0.5)))`,
  ),
};

const kinds: Readonly<Record<string, string>> = {
  "i32 div_s": binary("i32", "i", "div_s", "7"),
  "i32 div_u by local": unrolled(
    `(local.set $i (i32.div_u (i32.const -1) (i32.or (local.get $i) (i32.const 1))))`,
  ),
  "i64 div_u by local": unrolled(
    `(local.set $I (i64.div_u (i64.const -1) (i64.or (local.get $I) (i64.const 1))))`,
  ),
  "i64 rem_s by local": unrolled(
    `(local.set $I (i64.rem_s (i64.const -9223372036854775807) (i64.or (local.get $I) (i64.const 1))))`,
  ),
  "i64 popcnt": unary("i64", "I", "popcnt"),
  "i64 clz": unary("i64", "I", "clz"),
  "f32 sqrt": unary("f32", "f", "sqrt"),
  "f32 div": binary("f32", "f", "div", "1.0001"),
  "f64 sqrt": unary("f64", "F", "sqrt"),
  "f64 sqrt of many": unrolled(
    `(local.set $F (f64.sqrt (local.get $G))) (local.set $G (f64.sqrt (local.get $F)))`,
  ),
  "f64 div": binary("f64", "F", "div", "1.0001"),
  "f64 add chain": binary("f64", "F", "add", "1.0001"),
  "f64 mul chain": binary("f64", "F", "mul", "1.0001"),
  "f64 mul of denormals": `(local.set $F (f64.const 1e-310))${binary("f64", "F", "mul", "0.9999")}`,
  "f64 div of denormals": `(local.set $F (f64.const 1e-310))${binary("f64", "F", "div", "1.0001")}`,
  "f64 sqrt of denormals": unrolled(
    `(local.set $F (f64.sqrt (f64.const 1e-310)))(local.set $G (f64.add (local.get $G) (local.get $F)))`,
  ),
  "f64 min": binary("f64", "F", "min", "1.5"),
  "f64 copysign": binary("f64", "F", "copysign", "-1.5"),
  "f64 ceil": unary("f64", "F", "ceil"),
  "f64 nearest": unary("f64", "F", "nearest"),
  "f32 nearest": unary("f32", "f", "nearest"),
  "i64 trunc_f64_u and back": unrolled(`(local.set $F (f64.convert_i64_u (i64.trunc_f64_u (local.get $F))))`),
  "i64 trunc_sat_f32_u and back": unrolled(
    `(local.set $f (f32.convert_i64_u (i64.trunc_sat_f32_u (local.get $f))))`,
  ),
  "i32 trunc_f64_s and back": unrolled(`(local.set $F (f64.convert_i32_s (i32.trunc_f64_s (local.get $F))))`),
  "f64 NaN stored": unrolled(`(f64.store (i32.const 0) (f64.sub (f64.load (i32.const 0)) (f64.const inf)))`),
  "loads across pages": unrolled(
    `(local.set $i (i32.and (i32.add (i32.load (local.get $i)) (i32.add (local.get $i) (i32.const 4097))) (i32.const 4194300)))`,
  ),
  // Each line of the cache names the next one, on a way through all of them that a linear congruence draws.
  "loads at random over 64 MiB": `(if (i32.lt_u (memory.size) (i32.const 1024)) (then
      (drop (memory.grow (i32.const 895)))
      (loop $line
        (i32.store (i32.shl (local.get $k) (i32.const 6)) (i32.shl (i32.and (i32.const 1048575)
          (i32.add (i32.mul (local.get $k) (i32.const 1664525)) (i32.const 1013904223))) (i32.const 6)))
        (br_if $line (i32.lt_u (local.tee $k (i32.add (local.get $k) (i32.const 1))) (i32.const 1048576))))))
    ${unrolled(`(local.set $j (i32.load (local.get $j)))`)}`,
  "call of nothing": unrolled(`(call $nothing)`),
  "call_indirect of nothing": unrolled(`(call_indirect (i32.and (local.get $i) (i32.const 1)))`),
  globals: unrolled(`(global.set $g (i64.add (global.get $g) (i64.const 1)))`),
  br_table: unrolled(
    `(block (block (block (br_table 0 1 2 (i32.and (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3))))))`,
  ),
  "table.get and set": unrolled(`(table.set $t (i32.const 0) (table.get $t (i32.const 1)))`),
  "table.size": unrolled(`(drop (table.size $t))`),
  "ref.func": unrolled(`(local.set $i (ref.is_null (ref.func $nothing)))`),
  "memory.size": unrolled(`(local.set $i (i32.add (local.get $i) (memory.size)))`),
  "memory.grow by 0": unrolled(`(drop (memory.grow (i32.const 0)))`),
  "memory.grow by a page": `(drop (memory.grow (i32.const 1)))`,
  "memory.grow, refused": unrolled(`(drop (memory.grow (i32.const 65535)))`),
  "memory.init of 0": unrolled(`(memory.init $passive (i32.const 0) (i32.const 0) (i32.const 0))`),
  "memory.init of 16": unrolled(`(memory.init $passive (i32.const 0) (i32.const 0) (i32.const 16))`),
  "table.init of 1": unrolled(`(table.init $t $elements (i32.const 0) (i32.const 0) (i32.const 1))`),
  "table.init of 1000": `(table.init $t $many (i32.const 0) (i32.const 0) (i32.const 1000))`,
  "table.fill of 1": unrolled(`(table.fill $t (i32.const 0) (ref.func $nothing) (i32.const 1))`),
  "table.fill of 1000": `(table.fill $t (i32.const 0) (ref.func $nothing) (i32.const 1000))`,
  "table.copy of 1": unrolled(`(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))`),
  "table.copy of 1000": `(table.copy $t $t (i32.const 0) (i32.const 10) (i32.const 1000))`,
  "table.grow by 0": unrolled(`(drop (table.grow $u (ref.null func) (i32.const 0)))`),
  "table.grow by 1": `(drop (table.grow $u (ref.null func) (i32.const 1)))`,
  "table.grow by 100": `(drop (table.grow $u (ref.null func) (i32.const 100)))`,
  ...Object.fromEntries(
    [0, 1, 64, 1024, 65_536, 4_194_304].flatMap((length) => [
      [
        `memory.fill of ${length}`,
        unrolled(`(memory.fill (i32.const 0) (local.get $i) (i32.const ${length}))`, 4),
      ],
      [
        `memory.copy of ${length}`,
        unrolled(`(memory.copy (i32.const 4194304) (i32.const 64) (i32.const ${length}))`, 4),
      ],
      [
        `memory.copy of ${length}, overlapping`,
        unrolled(`(memory.copy (i32.const 65) (i32.const 64) (i32.const ${length}))`, 4),
      ],
      [`random_get of ${length}`, `(drop (call $random (i32.const 0) (i32.const ${length})))`],
      [
        `log of ${length}`,
        `(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const ${length}))
         (drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))`,
      ],
    ]),
  ),
  "output of 1": `(i32.store (i32.const 4) (i32.const 1)) (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`,
  "output of 1024 times 0": `(drop (call $fd_write (i32.const 1) (i32.const 1024) (i32.const 1024) (i32.const 8)))`,
  "log of 1024 times 1": `${Array.from({ length: 1 }, () => `(i32.store (i32.const 4) (i32.const 1))`).join("")}
     (drop (call $fill_vectors (i32.const 1)))
     (drop (call $fd_write (i32.const 2) (i32.const 1024) (i32.const 1024) (i32.const 8)))`,
  "fd_read of 0": `(drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))`,
  "fd_read of 1": `(i32.store (i32.const 4) (i32.const 1)) (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))`,
  "fd_read of 4096": `(i32.store (i32.const 0) (i32.const 64)) (i32.store (i32.const 4) (i32.const 4096)) (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))`,
  "fd_read of 1024 times 0": `(drop (call $fd_read (i32.const 0) (i32.const 1024) (i32.const 1024) (i32.const 8)))`,
  "fd_read at the end, 1024 buffers": `(drop (call $fd_read (i32.const 3) (i32.const 1024) (i32.const 1024) (i32.const 8)))`,
  "fd_write at a bad address": `(i32.store (i32.const 4) (i32.const -1)) (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))`,
  sched_yield: `(drop (call $yield))`,
  clock_time_get: `(drop (call $clock (i32.const 0) (i64.const 0) (i32.const 0)))`,
  "event_context, size": `(drop (call $event (i32.const 0) (i32.const 0)))`,
  event_context: `(drop (call $event (i32.const 0) (i32.const 4096)))`,
  randomness: `(call $seed (i32.const 0))`,
  "storage_get, absent": `(drop (call $get (i32.const 0) (i32.const 256) (i32.const 0) (i32.const 0)))`,
  "storage_get of 64 KiB": `(i32.store (i32.const 0) (i32.const 0)) (drop (call $get (i32.const 0) (i32.const 8) (i32.const 65536) (i32.const 65536)))`,
  "storage_get of a stored key": `(i64.store (i32.const 0) (local.tee $I (i64.and (i64.add (local.get $I) (i64.const 1)) (i64.const 1023))))
     (drop (call $get (i32.const 0) (i32.const 8) (i32.const 65536) (i32.const 0)))`,
  "storage_set of a key": `(i64.store (i32.const 0) (local.tee $I (i64.and (i64.add (local.get $I) (i64.const 1)) (i64.const 1023))))
     (call $set (i32.const 0) (i32.const 8) (i32.const 64) (i32.const 32))`,
  "storage_set of a new key": `(i64.store (i32.const 8) (local.tee $I (i64.and (i64.add (local.get $I) (i64.const 1)) (i64.const 1023))))
     (call $set (i32.const 0) (i32.const 16) (i32.const 64) (i32.const 32))`,
  "storage_set of 64 KiB": `(i64.store (i32.const 0) (local.tee $I (i64.add (local.get $I) (i64.const 1))))
     (call $set (i32.const 0) (i32.const 8) (i32.const 64) (i32.const 65536))
     (br_if $end (i32.eq (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20)))`,
  "storage_set of 1 KiB": `(i64.store (i32.const 0) (local.tee $I (i64.add (local.get $I) (i64.const 1))))
     (call $set (i32.const 0) (i32.const 8) (i32.const 64) (i32.const 1000))
     (br_if $end (i32.eq (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000)))`,
  "storage_set of 1 byte": `(i64.store (i32.const 0) (local.tee $I (i64.add (local.get $I) (i64.const 1))))
     (call $set (i32.const 0) (i32.const 8) (i32.const 64) (i32.const 1))
     (br_if $end (i32.eq (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000)))`,
  "storage_delete, absent": `(drop (call $delete (i32.const 0) (i32.const 256)))`,
  storage_scan: `(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 65536) (i32.const 0)))`,
  "storage_scan, backwards": `(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 65536) (i32.const 0)))`,
  "storage_scan, 64 KiB": `(drop (call $scan (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 65536) (i32.const 131072)))`,
};

const many = `${"$nothing ".repeat(1000)}`;

function seen(local: string): string {
  const type = { i: "i32", j: "i32", k: "i32", I: "i64", f: "f32", F: "f64", G: "f64" }[local[1]!]!;
  return `(${type}.store (i32.const ${40_000 + 8 * local.charCodeAt(1)}) (local.get ${local}))`;
}

function program(code: string): Uint8Array {
  const module = binaryen.parseText(`(module
    (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
    (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
    (import "nexus" "storage_get" (func $get (param i32 i32 i32 i32) (result i32)))
    (import "nexus" "storage_set" (func $set (param i32 i32 i32 i32)))
    (import "nexus" "storage_delete" (func $delete (param i32 i32) (result i32)))
    (import "nexus" "storage_scan" (func $scan (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "nexus" "event_context" (func $event (param i32 i32) (result i32)))
    (import "nexus" "randomness" (func $seed (param i32)))
    (memory (export "memory") 129 1024)
    (data $passive "0123456789abcdef")
    (global $g (mut i64) (i64.const 0))
    (table $t 2000 funcref) (elem (table $t) (i32.const 0) func $nothing $nothing)
    (table $u 1 funcref)
    (elem $elements func $nothing $nothing)
    (elem $many func ${many})
    (func $nothing)
    (func $fill_vectors (param $length i32) (result i32) (local $at i32)
      (local.set $at (i32.const 1024))
      (loop $next
        (i32.store (local.get $at) (i32.const 0)) (i32.store offset=4 (local.get $at) (local.get $length))
        (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 9216))))
      (i32.const 0))
    (func $fibonacci (param $n i32) (result i32)
      (if (result i32) (i32.lt_u (local.get $n) (i32.const 2)) (then (local.get $n))
        (else (i32.add (call $fibonacci (i32.sub (local.get $n) (i32.const 1))) (call $fibonacci (i32.sub (local.get $n) (i32.const 2)))))))
    (func (export "_start") (local $i i32) (local $j i32) (local $k i32) (local $I i64) (local $f f32) (local $F f64) (local $G f64)
      (local.set $i (i32.const 5)) (local.set $I (i64.const 12345)) (local.set $f (f32.const 1.5)) (local.set $F (f64.const 123.5)) (local.set $G (f64.const 1.5))
      (block $end (loop $again ${code}
        ;; What is computed is looked at, or the engine would leave it out.
        ${(code.match(/\$[ijkIfFG]\b/g) ?? [])
          .filter((local, i, all) => all.indexOf(local) === i)
          .map(seen)
          .join("")}
        (br $again)))))`);
  module.setFeatures(
    binaryen.Features.SignExt |
      binaryen.Features.NontrappingFPToInt |
      binaryen.Features.BulkMemory |
      binaryen.Features.ReferenceTypes |
      binaryen.Features.MutableGlobals,
  );
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

const programId = new Uint8Array(32).fill(7);
const state = await State.open(new MemoryStore());
{
  const block = state.begin();
  const invocation = block.invocation(programId);
  for (let i = 0; i < 1024; i++) {
    const key = new Uint8Array(8);
    new DataView(key.buffer).setUint32(0, i, true);
    invocation.set(key, new Uint8Array(i === 0 ? 65_536 : 32));
  }
  invocation.keep();
  await block.commit(1);
}

/** Seconds that 10^9 units of fuel take; the least of three runs, since others' work on the machine only adds. */
async function secondsOf(code: string): Promise<{ seconds: number; outcome: string }> {
  const prepared = prepareProgram(program(code));
  let least = Infinity;
  let outcome = "";
  for (let i = 0; i < 3; i++) {
    const block = state.begin();
    const storage = block.invocation(programId);
    const start = process.threadCpuUsage();
    const result = execute(prepared, {
      input: new Uint8Array(65_536),
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
      storage,
      limits: { fuel, outputBytes: 2 ** 30 },
    });
    for (const { key, value } of result.writes) {
      if (value === undefined) storage.delete(key);
      else storage.set(key, value);
    }
    storage.keep();
    block.stateRoot();
    const { user, system } = process.threadCpuUsage(start);
    const took = (user + system) / 1e3;
    block.discard();
    // A run that traps is said to have used everything: it tells nothing about time.
    outcome = Object.entries(Outcome).find(([, value]) => value === result.outcome)![0];
    if (result.outcome === Outcome.Trapped) outcome += ` ${result.trap!.message}`;
    if (result.fuelUsed > 0n) least = Math.min(least, took / 1e3 / (Number(result.fuelUsed) / 1e9));
  }
  return { seconds: least, outcome };
}

const times: number[] = [];
for (const code of Object.values(ordinary)) times.push((await secondsOf(code)).seconds);
const average = times.reduce((sum, time) => sum + time, 0) / times.length;
console.table(Object.fromEntries(Object.keys(ordinary).map((name, i) => [name, times[i]!.toFixed(3)])));
console.log(`10^9 units of ordinary work: ${average.toFixed(3)} s on average`);

const rows: [string, number, string][] = [];
for (const [name, code] of Object.entries(kinds)) {
  if (!name.includes(wanted)) continue;
  const { seconds, outcome } = await secondsOf(code);
  rows.push([name, seconds / average, outcome]);
}
rows.sort((a, b) => b[1] - a[1]);
for (const [name, ratio, outcome] of rows)
  console.log(
    `${ratio.toFixed(2).padStart(7)}  ${name}${outcome === "OutOfFuel" || outcome === "Success" ? "" : `  (${outcome})`}`,
  );
const worst = rows[0]?.[1] ?? 0;
console.log(`budget: no work more than ${budget} times the average: ${worst <= budget ? "kept" : "broken"}`);
process.exitCode = worst <= budget ? 0 : 1;
