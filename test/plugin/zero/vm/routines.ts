/** The machine's WASI routines against plugin/wasm/wasi.ts beside V8: same results, same memory, same output. */
import { readFile } from "node:fs/promises";

import { expect } from "chai";

import { Machine } from "../../../../plugin/zero/vm/executor.ts";
import { routines } from "../../../../plugin/zero/vm/routines.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { engine, type EngineMemory } from "../../../../plugin/wasm/engine.ts";
import { GuestMemory } from "../../../../plugin/wasm/guest-memory.ts";
import type { FunctionType } from "../../../../plugin/wasm/module.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { wasiFunctions, wasiModule, wasiTypes } from "../../../../plugin/wasm/wasi.ts";
import { generateRoutines } from "../../../../scripts/build-routines.ts";
import { seeded, type Seeded } from "../../../seeded.ts";
import { assemble } from "./both-engines.ts";

const typeOf = (code: number): string => (code === 0x7f ? "i32" : "i64");
/** Its streams differ on purpose, and the end of a run is the executor's test. */
const names = [...wasiTypes.keys()].filter((name) => name !== "random_get" && name !== "proc_exit");

/** A module that passes WASI's functions on, with memory to poke. */
const passing = assemble(`(module
  ${names
    .map((name) => {
      const { params, results } = wasiTypes.get(name)!;
      return `(import "${wasiModule}" "${name}" (func $${name} (param ${params.map(typeOf).join(" ")})
        (result ${results.map(typeOf).join(" ")})))`;
    })
    .join("\n")}
  (memory (export "memory") 1)
  ${names
    .map((name) => {
      const { params, results } = wasiTypes.get(name)!;
      return `(func (export "${name}") (param ${params.map(typeOf).join(" ")})
        (result ${results.map(typeOf).join(" ")})
        (call $${name} ${params.map((_, i) => `(local.get ${i})`).join(" ")}))`;
    })
    .join("\n")}
  (func (export "poke") (param i32 i32) (i32.store (local.get 0) (local.get 1))))`);

const program = translate(validate(decode(passing)), [...names, "poke"]);

/** Both hosts of WASI, with the same streams. */
class BothHosts {
  readonly machine: Machine;
  readonly #exports: Readonly<Record<string, unknown>>;
  readonly #written: Record<1 | 2, number[]> = { 1: [], 2: [] };

  constructor(input: Uint8Array, privateInput: Uint8Array) {
    this.machine = new Machine(program, { input, privateInput });
    this.machine.run();
    const rest = { 0: input, 3: privateInput };
    const memory = (): GuestMemory => new GuestMemory(this.#exports["memory"] as EngineMemory);
    const functions = wasiFunctions(memory, {
      charge: () => {},
      read: (descriptor, capacity) => {
        const taken = rest[descriptor].subarray(0, capacity);
        rest[descriptor] = rest[descriptor].subarray(taken.length);
        return taken;
      },
      write: (descriptor, bytes) => this.#written[descriptor].push(...bytes),
      random: (length) => new Uint8Array(length),
      exit: () => {
        throw new Error("exit");
      },
    });
    this.#exports = new engine.Instance(new engine.Module(passing), { [wasiModule]: functions }).exports;
  }

  call(name: string, ...parameters: bigint[]): bigint {
    const ours = this.machine.invoke(name, parameters)[0] ?? 0n;
    const types = name === "poke" ? [0x7f, 0x7f] : wasiTypes.get(name)!.params;
    const given = parameters.map((bits, i) =>
      types[i] === 0x7f ? Number(BigInt.asIntN(32, bits)) : BigInt.asIntN(64, bits),
    );
    const theirs = (this.#exports[name] as (...given: unknown[]) => number | undefined)(...given) ?? 0;
    const what = `${name}(${parameters.join(", ")})`;
    expect(ours, what).to.equal(BigInt(theirs));
    const memory = new Uint8Array((this.#exports["memory"] as EngineMemory).buffer);
    expect(Buffer.compare(this.machine.memory, memory), `memory after ${what}`).to.equal(0);
    return ours;
  }

  compareOutput(): void {
    expect([...this.machine.journal()], "journal").to.deep.equal(this.#written[1]);
    expect([...this.machine.log()], "log").to.deep.equal(this.#written[2]);
  }
}

/** Pointers near the start, near the end, and anywhere. */
function pointer(random: Seeded): bigint {
  switch (Number(random.scalar(5n))) {
    case 1:
      return 65_530n + random.scalar(8n);
    case 2:
      return random.scalar(1n << 32n);
    default:
      return random.scalar(512n) - 1n;
  }
}

describe("Nexus Zero's machine: WASI", function () {
  this.timeout(30_000);

  it("is assembled from its text", async () => {
    const committed = new URL("../../../../plugin/zero/vm/routines-module.ts", import.meta.url);
    expect(await readFile(committed, "utf8")).to.equal(await generateRoutines());
  });

  it("has every function of preview 1, and the two instructions", () => {
    const { module, context } = routines();
    const types = module.exports.map(({ name, index }) => [name, context.functions[index]] as const);
    const instruction: FunctionType = { params: [0x7f, 0x7f, 0x7f], results: [] };
    const wanted = new Map([...wasiTypes, ["memory.fill", instruction], ["memory.copy", instruction]]);
    expect(new Map(types)).to.deep.equal(wanted);
  });

  for (const run of [0, 1, 2, 3]) {
    const seed = `nexus zero wasi ${run}`;
    it(`answers like the cloud's host on random calls (seed "${seed}")`, () => {
      const random = seeded(seed);
      const both = new BothHosts(random.bytes(run * 37), random.bytes(200));
      const frequent = ["fd_read", "fd_write", "fd_read", "fd_write", "poke", "poke"];
      for (let i = 0; i < 300; i++) {
        const all = i % 3 === 0 ? names : frequent;
        const name = all[Number(random.scalar(BigInt(all.length + 1))) - 1]!;
        if (name === "fd_close" && i < 250) continue;
        if (name === "poke") {
          both.call("poke", 4n * (random.scalar(40n) - 1n), random.scalar(300n) - 1n);
          continue;
        }
        const { params } = wasiTypes.get(name)!;
        const given = params.map((_, at) =>
          at === 0 && name.startsWith("fd") ? random.scalar(6n) - 1n : pointer(random),
        );
        if (name === "fd_read" || name === "fd_write") given[2] = random.scalar(5n) - 1n;
        both.call(name, ...given);
      }
      both.compareOutput();
    });
  }

  it("reads and writes in pieces of every size", () => {
    const input = seeded("pieces").bytes(600);
    const both = new BothHosts(input, input);
    for (let length = 0n; length < 40n; length++) {
      both.call("poke", 0n, 100n + length);
      both.call("poke", 4n, length);
      both.call("poke", 8n, 203n);
      both.call("poke", 12n, 40n - length);
      both.call("fd_read", length % 2n === 0n ? 0n : 3n, 0n, 2n, 32n);
      both.call("fd_write", length % 3n === 0n ? 2n : 1n, 0n, 2n, 36n);
    }
    both.compareOutput();
  });

  it("takes the buffers of a read as they were, when they are read over", () => {
    const both = new BothHosts(seeded("overlap").bytes(64), new Uint8Array(0));
    both.call("poke", 0n, 0n);
    both.call("poke", 4n, 20n);
    both.call("poke", 8n, 50n);
    both.call("poke", 12n, 20n);
    both.call("fd_read", 0n, 0n, 2n, 16n);
  });

  it("refuses too many buffers and lengths that do not fit together", () => {
    const both = new BothHosts(new Uint8Array(9), new Uint8Array(0));
    expect(both.call("fd_write", 1n, 0n, 1_025n, 0n)).to.equal(28n);
    expect(both.call("fd_read", 0n, 0n, 1_024n, 0n)).to.equal(0n);
    expect(both.call("fd_read", 0n, 65_532n, 1n, 0n)).to.equal(21n);
    expect(both.call("fd_read", 0n, 0xffff_fffcn, 1n, 0n)).to.equal(21n);
    both.compareOutput();
  });
});
