/** Calls through tables: large tables of many types, what a search costs, WASI's functions as entries. */
import { expect } from "chai";

import { decode } from "../../../../plugin/wasm/decode.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { execute, Machine } from "../../../../plugin/zero/vm/executor.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { seeded, type Seeded } from "../../../seeded.ts";
import { assemble, BothEngines } from "./both-engines.ts";

const below = (random: Seeded, bound: number): number => Number(random.scalar(BigInt(bound) + 1n)) - 1;

/** Parameters of type `t`: as many as make each type another one. */
const parameters = (t: number): string[] =>
  [...t.toString(2).slice(1)].map((bit) => (bit === "1" ? "i64" : "i32"));

interface Table {
  readonly text: string;
  /** Type of each entry; undefined where it is null. */
  readonly entries: readonly (number | undefined)[];
}

/** A table with functions that say where they are, and an exported function per type that calls through it. */
function tableOf(
  random: Seeded,
  size: number,
  types: number,
  typeOf: (at: number) => number | undefined,
): Table {
  const entries = Array.from({ length: size }, (_, at) => typeOf(at));
  const names = Array.from({ length: types }, (_, t) => t);
  const declared = names.map(
    (t) => `(type $t${t} (func (param ${parameters(t + 1).join(" ")}) (result i32)))`,
  );
  const functions = entries.map((t, at) =>
    t === undefined
      ? ""
      : `(func $f${at} (type $t${t}) (local i64) (i32.add (i32.const ${at}) (i32.wrap_i64 (local.get ${parameters(t + 1).length}))))`,
  );
  const segments = entries.map((t, at) => (t === undefined ? "" : `(elem (i32.const ${at}) $f${at})`));
  const callers = names.map((t) => {
    const given = parameters(t + 1).map((type) => `(${type}.const ${below(random, 100)})`);
    return `(func (export "call${t}") (param i32) (result i32) (call_indirect (type $t${t}) ${given.join(" ")} (local.get 0)))`;
  });
  return {
    text: `(module ${declared.join("\n")} (memory (export "memory") 1) (table ${size} funcref)
    ${functions.join("\n")} ${segments.join("\n")} ${callers.join("\n")})`,
    entries,
  };
}

const translated = (text: string, ...names: string[]): Program =>
  translate(validate(decode(assemble(text))), names);

describe("Nexus Zero's machine: calls through tables", function () {
  this.timeout(60_000);

  for (const [size, types] of [
    [256, 9],
    [257, 9],
    [3_000, 25],
  ] as const) {
    const seed = `nexus zero call table ${size} ${types}`;
    it(`finds functions of ${types} types in a table of ${size} as V8 does (seed "${seed}")`, () => {
      const random = seeded(seed);
      // Runs of one type and of null, runs of alternating types, and a type that nothing has.
      let [left, type] = [0, 0];
      const { text, entries } = tableOf(random, size, types, () => {
        if (left-- === 0) [left, type] = [below(random, 12), below(random, types)];
        return type === 0 ? undefined : 1 + ((type + (left % 3)) % (types - 2));
      });
      const both = new BothEngines(assemble(text));
      const found = { value: 0, trap: 0 };
      for (let at = 0; at < size; at++) {
        for (const t of [entries[at] ?? 1, below(random, types)]) {
          const outcome = both.call(`call${t}`, BigInt(at));
          found[typeof outcome === "string" ? "trap" : "value"]++;
        }
      }
      for (const at of [size, size + 1, 2 ** 31, 2 ** 32 - 1]) {
        for (let t = 0; t < types; t++)
          expect(both.call(`call${t}`, BigInt(at))).to.equal("undefined element");
      }
      expect(found.value).to.be.greaterThan(size / 2);
      expect(found.trap).to.be.greaterThan(size / 4);
    });
  }

  it("says in a large table too what is wrong with an index", () => {
    const table = tableOf(seeded("kinds"), 300, 3, (at) => ([10, 11, 250].includes(at) ? undefined : at % 2));
    const machine = new Machine(translated(table.text, "call0", "call2"));
    machine.run();
    const kind = (name: string, at: number): string => {
      try {
        return `${machine.invoke(name, [BigInt(at)])[0]}`;
      } catch (error) {
        if (error instanceof MachineTrap) return error.kind;
        throw error;
      }
    };
    for (const [name, at, wanted] of [
      ["call0", 8, "8"],
      ["call0", 9, "indirect call type mismatch"],
      ["call0", 10, "uninitialized element"],
      ["call0", 11, "uninitialized element"],
      ["call0", 12, "12"],
      ["call0", 250, "uninitialized element"],
      ["call0", 298, "298"],
      ["call0", 300, "undefined element"],
      ["call2", 0, "indirect call type mismatch"],
      ["call2", 250, "uninitialized element"],
      ["call2", 2 ** 32 - 1, "undefined element"],
    ] as const) {
      expect(kind(name, at), `${name} ${at}`).to.equal(wanted);
    }
  });

  it("takes 5,000 functions of 60 types in some instructions each, not in 60", () => {
    const random = seeded("an ordinary large program");
    const { text } = tableOf(random, 5_000, 60, () => below(random, 60));
    const names = Array.from({ length: 60 }, (_, t) => `call${t}`);
    const program = translated(text, ...names);
    // Four of each function, of which one is its zeroed local; the rest finds it.
    expect(program.code.op.length).to.be.greaterThan(5_000 * 5);
    expect(program.code.op.length).to.be.lessThan(5_000 * 10);
  });

  it("calls proc_exit through a table", () => {
    const command = (code: number): Program =>
      translate(
        validate(
          decode(
            assemble(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (memory (export "memory") 1) (table 1 funcref) (elem (i32.const 0) $exit) (type $t (func (param i32)))
              (func (export "_start") (call_indirect (type $t) (i32.const ${code}) (i32.const 0)) unreachable))`),
          ),
        ),
      );
    expect(execute(command(0)).journal.length).to.equal(0);
    expect(() => execute(command(7)))
      .to.throw(MachineTrap)
      .with.property("exitCode", 7);
  });
});
