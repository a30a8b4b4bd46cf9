/**
 * Nexus Zero's machine: machine instructions for every WebAssembly instruction executed, and the speed of the reference executor
 * beside V8's on the same module.
 *
 *     npx node bench/zero-vm.ts
 *
 * WebAssembly instructions are those executed, without block, loop, else, end and nop. The count errs on the low side, so the
 * ratio errs on the high side. The routines behind WASI calls, memory.fill and memory.copy are WebAssembly too, and count on both
 * sides.
 */
import { readFileSync } from "node:fs";

import { decode } from "../plugin/wasm/decode.ts";
import { engine } from "../plugin/wasm/engine.ts";
import { validate } from "../plugin/wasm/validate.ts";
import { Machine } from "../plugin/zero/vm/executor.ts";
import type { Program } from "../plugin/zero/vm/program.ts";
import { translate } from "../plugin/zero/vm/translate.ts";
import { guestPrograms } from "../test/plugin/zero/vm/guest-programs.ts";

interface Job {
  readonly name: string;
  readonly program: Program;
  readonly input: Uint8Array;
  readonly run: (machine: Machine) => void;
  /** The same on V8, in ms; undefined where it would need a host. */
  readonly native?: () => number;
}

const jobs: Job[] = [];

const guest = await guestPrograms();
const calls: [string, bigint[], string?][] = [
  ["sort", [20_000n], "fill"],
  ["sieve", [40_000n]],
  ["collatz", [10_000n]],
  ["matrix", [60n]],
  ["product", [200n]],
  ["life", [64n, 20n]],
  ["sha256", [20_000n]],
  ["keccak256", [20_000n]],
];
const program = translate(
  validate(decode(guest)),
  calls.flatMap(([name, , before]) => [name, before ?? name]),
);
const asNumbers = (name: string, given: bigint[]): (number | bigint)[] =>
  name === "collatz" ? given : name === "fill" ? [Number(given[0]), 1n] : given.map(Number);
for (const [name, given, before] of calls) {
  jobs.push({
    name,
    program,
    input: new Uint8Array(0),
    run: (machine) => {
      machine.run();
      if (before !== undefined) machine.invoke(before, [...given, 1n]);
      machine.invoke(name, given);
    },
    native: () => {
      const exports = new engine.Instance(new engine.Module(guest), {}).exports;
      const call = (each: string): unknown =>
        (exports[each] as (...given: unknown[]) => unknown)(...asNumbers(each, given));
      const start = performance.now();
      if (before !== undefined) call(before);
      call(name);
      return performance.now() - start;
    },
  });
}
const committed: [string, string][] = [
  ["fibonacci", "180"],
  ["histogram", "3 1 4 1 5 9 2 6 5 3 5 8 9 7 9"],
  ["sieve", "100000"],
  ["wordcount", "the quick brown fox jumps over the lazy dog ".repeat(50)],
];
for (const [name, text] of committed) {
  const wasm = new Uint8Array(readFileSync(new URL(`../programs/prebuilt/${name}.wasm`, import.meta.url)));
  jobs.push({
    name: `${name} (prebuilt)`,
    program: translate(validate(decode(wasm))),
    input: new TextEncoder().encode(text),
    run: (machine) => machine.run(),
  });
}

const rows: string[][] = [["program", "WebAssembly", "machine", "ratio", "M/s", "V8, times faster"]];
for (const { name, program: each, input, run, native } of jobs) {
  let wasm = 0;
  const { weight } = each.source;
  run(new Machine(each, { input, observe: (pc) => (wasm += weight[pc]!) }));
  const timed = (): { instructions: number; ms: number } => {
    const machine = new Machine(each, { input });
    const start = performance.now();
    run(machine);
    return { instructions: machine.instructions, ms: performance.now() - start };
  };
  timed();
  const { instructions, ms } = timed();
  native?.();
  rows.push([
    name,
    `${wasm}`,
    `${instructions}`,
    (instructions / wasm).toFixed(3),
    (instructions / ms / 1_000).toFixed(1),
    native === undefined ? "" : (ms / native()).toFixed(0),
  ]);
}
const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
for (const row of rows) {
  console.log(
    row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join("  "),
  );
}
