/**
 * npx node bench/storage.ts: what a block with 1,000 storage writes costs, on disk and in memory, on states of several sizes.
 * Budget: 150 ms, persisted. The reference beside it is the same block as a bare synced LevelDB batch of its values.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { keccak_256 } from "@noble/hashes/sha3.js";
import { ClassicLevel } from "classic-level";

import { LevelStore } from "../plugin/cloud/storage/level-store.ts";
import { MemoryStore } from "../plugin/cloud/storage/memory-store.ts";
import { State } from "../plugin/cloud/storage/state.ts";

const WRITES = 1_000;
const BLOCKS = 9;
const PROGRAM = keccak_256(Uint8Array.of(1));

function keyOf(i: number): Uint8Array {
  return Buffer.from(`balance/${String(i).padStart(8, "0")}`);
}

function valueOf(i: number): Uint8Array {
  return keccak_256(Buffer.from(String(i)));
}

function median(times: number[]): number {
  return times.sort((a, b) => a - b)[times.length >> 1]!;
}

type Entries = readonly (readonly [key: Uint8Array, value: Uint8Array])[];

/** New values for these keys, other ones for every `salt`. */
function entries(keys: readonly number[], salt: number): Entries {
  return keys.map((key) => [keyOf(key), valueOf(key + salt)]);
}

async function block(state: State, written: Entries): Promise<void> {
  const next = state.begin();
  const run = next.invocation(PROGRAM);
  for (const [key, value] of written) run.set(key, value);
  run.keep();
  await next.commit(state.head.height + 1);
}

/** `WRITES` keys spread over a state of `size`. */
function spread(size: number, round: number): number[] {
  return Array.from({ length: WRITES }, (_, i) => (i * 7_919 + round * 104_729) % Math.max(size, WRITES));
}

const rows: Record<string, string | number>[] = [];
for (const size of [0, 10_000, 100_000]) {
  for (const where of ["disk", "memory"]) {
    const path = await mkdtemp(join(tmpdir(), "nexus-bench-"));
    const open = async () =>
      State.open(where === "disk" ? await LevelStore.open(path) : new MemoryStore(), { history: 8 });
    let state = await open();
    for (let at = 0; at < size; at += 10_000) {
      await block(
        state,
        entries(
          Array.from({ length: 10_000 }, (_, i) => at + i),
          0,
        ),
      );
    }
    const opening = performance.now();
    if (where === "disk") {
      await state.close();
      state = await open();
    }
    const opened = performance.now() - opening;
    const times: number[] = [];
    const rounds = Array.from({ length: BLOCKS }, (_, round) => entries(spread(size, round), round + 1));
    const before = process.cpuUsage();
    for (const written of rounds) {
      const start = performance.now();
      await block(state, written);
      times.push(performance.now() - start);
    }
    const cpu = process.cpuUsage(before);
    const reading = performance.now();
    for (const key of spread(size, BLOCKS + 1)) state.get(PROGRAM, keyOf(key));
    const read = performance.now() - reading;
    await state.close();
    rows.push({
      "values before": size,
      where,
      "first block, ms": times[0]!.toFixed(0),
      "block, ms (median)": median([...times]).toFixed(0),
      "CPU per block, ms": ((cpu.user + cpu.system) / 1000 / BLOCKS).toFixed(0),
      "read, µs": ((read * 1000) / WRITES).toFixed(1),
      "open, ms": where === "disk" ? opened.toFixed(0) : "",
    });
    await rm(path, { recursive: true, force: true });
  }
}

const path = await mkdtemp(join(tmpdir(), "nexus-bench-"));
const level = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: "view", valueEncoding: "view" });
const bare: number[] = [];
for (let round = 0; round < BLOCKS; round++) {
  const start = performance.now();
  await level.batch(
    spread(0, round).map((key) => ({ type: "put" as const, key: keyOf(key), value: valueOf(key + round) })),
    { sync: true },
  );
  bare.push(performance.now() - start);
}
await level.close();
await rm(path, { recursive: true, force: true });
rows.push({
  "values before": "bare LevelDB batch",
  where: "disk",
  "block, ms (median)": median(bare).toFixed(0),
});
console.table(rows);
