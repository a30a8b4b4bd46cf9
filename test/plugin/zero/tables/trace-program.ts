import { readFileSync } from "node:fs";

import { expect } from "chai";

import { chips } from "../../../../plugin/zero/chips/index.ts";
import {
  immediate,
  mnemonicOf,
  opcodes,
  shapeOf,
  type Mnemonic,
} from "../../../../plugin/zero/vm/instruction.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { checkTrace } from "../../../../plugin/zero/tables/check-trace.ts";
import { instructionTraces } from "../../../../plugin/zero/tables/instruction-traces.ts";
import { traceProgram, type TraceOptions } from "../../../../plugin/zero/tables/trace-program.ts";
import { execute } from "../../../../plugin/zero/vm/executor.ts";
import { machineLimits } from "../../../../plugin/zero/vm/limits.ts";
import { formatInstruction, type Program } from "../../../../plugin/zero/vm/program.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { seeded } from "../../../seeded.ts";
import { assemble } from "../vm/both-engines.ts";
import { unnoticedColumns } from "../chips/walk-columns.ts";
import { guestCalls, guestCommand, guestInput } from "../vm/guest-programs.ts";
import { randomModule } from "../vm/random-module.ts";

const isSlow = process.env["NEXUS_SLOW"] === "1";
const programOf = (wasm: Uint8Array): Program => translate(validate(decode(wasm)));

/** A command that calls f0 of a random module, with random operands. */
function randomCommand(seed: string): Program {
  const random = seeded(seed);
  const { text, params, results } = randomModule(random);
  const given = params.map((type) => `(${type}.const ${random.scalar(1n << 31n)})`).join(" ");
  const drops = results.map(() => "drop").join(" ");
  return programOf(assemble(text.replace(/\)$/, `(func (export "_start") (call $f0 ${given}) ${drops}))`)));
}

/** Makes pages, and fails to; copies words; chooses between operands; reads across words; exits with a code. */
const growing = programOf(
  assemble(`(module (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory 1 3) (global $g (mut i64) (i64.const 5)) (func (export "_start") (local i32)
    (drop (memory.grow (i32.const 5))) (local.set 0 (memory.grow (i32.const 2)))
    (i64.store (i32.const 131072) (i64.load (i32.const 65536)))
    (global.set $g (select (i64.load (i32.const 131072)) (global.get $g) (i32.eq (local.get 0) (i32.const 1))))
    (i64.store offset=3 (i32.const 131072) (i64.rem_s (i64.load (i32.const 65536)) (i64.sub (i64.const -7) (global.get $g))))
    (i64.store (i32.const 9) (i64.clz (i64.extend32_s (i64.load (i32.const 131072)))))
    (i64.store (i32.const 29) (i64.const -3))
    (i64.store (i32.const 1) (i64.load32_s (i32.const 29)))
    (call $exit (i32.load (i32.const 400)))))`),
);

/** Traces a run, checks the trace, and compares with the executor alone. */
function agree(program: Program, options: TraceOptions = {}): number {
  const plain = execute(program, options);
  const { trace, parameters, journal, log, instructions } = traceProgram(program, options);
  expect({ journal, log, instructions }).to.deep.equal(plain);
  checkTrace(trace, parameters);
  return instructions;
}

describe("Nexus Zero's traces: runs", function () {
  this.timeout(120_000);

  it("has a chip for every instruction but trap", () => {
    const owned = new Set(instructionTraces.flatMap(({ mnemonics }) => mnemonics));
    const all = (Object.keys(opcodes) as Mnemonic[]).filter((name) => name !== "trap");
    expect(all.filter((name) => !owned.has(name))).to.deep.equal([]);
  });

  // Every width, up to eight bytes before the end: inside of the last word, and across its beginning.
  const lastBytes = (end: number): string =>
    (["i32.8", "i32.16", "i64.32", "i32.", "i64."] as const)
      .flatMap((name) =>
        Array.from({ length: 8 }, (_, i) => {
          const [type, narrow] = name.split(".") as [string, string];
          const at = end - Number(narrow || type.slice(1)) / 8 - i;
          return `(${type}.store${narrow} offset=${at} (i32.const 0) (${type}.const ${77 * i + 3}))
            (drop (${type}.load${narrow}${narrow && "_u"} (i32.const ${at})))`;
        }),
      )
      .join("\n");
  for (const [what, memory, code] of [
    ["of one page", '(memory 1) (data (i32.const 65535) "a") (data (i32.const 65536) "")', lastBytes(65_536)],
    ["of no page at first", "(memory 0 2)", `(drop (memory.grow (i32.const 2))) ${lastBytes(131_072)}`],
    [
      "of the most pages",
      "(memory 1 1024)",
      `(drop (memory.grow (i32.const 1023))) ${lastBytes(2 ** 26)} (drop (memory.grow (i32.const 1)))`,
    ],
  ] as const) {
    it(`reach the last bytes of a memory ${what}`, () => {
      agree(programOf(assemble(`(module ${memory} (func (export "_start") ${code}))`)));
    });
  }

  let program: Program;
  before(async () => {
    program = programOf(await guestCommand());
  });

  it("notices a change in every column of every chip", () => {
    const unnoticed = new Map(chips.map((chip) => [chip, chip.columns.map(({ name }) => name)]));
    const runs = [
      ...guestCalls.map(([, argument], number) => ({
        program,
        options: { input: guestInput(number, argument) },
      })),
      ...["1", "3"].map((seed) => ({ program: randomCommand(`nexus zero columns ${seed}`), options: {} })),
      { program: growing, options: {} },
    ];
    for (const { program: each, options } of runs) {
      const { trace, parameters } = traceProgram(each, options);
      chips.forEach((chip, i) => {
        const left = unnoticed.get(chip)!;
        if (left.length === 0) return;
        const here = unnoticedColumns(chip, trace[i]!, parameters);
        unnoticed.set(
          chip,
          left.filter((name) => here.includes(name)),
        );
      });
    }
    expect(
      [...unnoticed].flatMap(([{ name }, left]) => left.map((column) => `${name}: ${column}`)),
    ).to.deep.equal([]);
  });

  it("leaves fields at 0 that an instruction's chip does not have", () => {
    const folder = new URL("../../../../programs/prebuilt/", import.meta.url);
    const committed = ["fibonacci", "histogram", "json", "sieve", "wordcount"].map((name) =>
      programOf(new Uint8Array(readFileSync(new URL(`${name}.wasm`, folder)))),
    );
    for (const { code } of [program, growing, ...committed]) {
      code.op.forEach((op, pc) => {
        const mnemonic = mnemonicOf(op);
        const owner = instructionTraces.find(({ mnemonics }) => mnemonics.includes(mnemonic))?.chip;
        if (owner === undefined) return;
        const has = (name: string): boolean => owner.columns.some((column) => column.name === name);
        const row = { d: code.d[pc], a: code.a[pc], b: code.b[pc], c: code.c[pc] };
        for (const [field, value] of Object.entries(row)) {
          if (!has(field)) expect(Number(value), `${field} of ${formatInstruction(code, pc)}`).to.equal(0);
        }
        // Loads and stores share the chips' address of d and b; ret has call's.
        const { writes, readsB } = shapeOf(mnemonic);
        if (!writes && mnemonic !== "call") expect(row.d, mnemonic).to.equal(0);
        if (!readsB && mnemonic !== "call") expect(row.b, mnemonic).to.equal(0n);
        if ((op & immediate) !== 0) expect(readsB, mnemonic).to.equal(true);
      });
    }
  });

  describe("the guest programs", () => {
    guestCalls.forEach(([name, argument], number) => {
      it(`${name}(${argument})`, () => {
        expect(agree(program, { input: guestInput(number, argument) })).to.be.greaterThan(1_000);
      });
      if (isSlow) {
        it(`${name}(${2n * argument})`, () => {
          agree(program, { input: guestInput(number, 2n * argument) });
        });
      }
    });
  });

  const modules = isSlow ? 25 : 5;
  it(`${modules} random programs (seeds "nexus zero trace 0"…)`, () => {
    let traced = 0;
    for (let i = 0; traced < modules; i++) {
      const program = randomCommand(`nexus zero trace ${i}`);
      try {
        agree(program, { steps: 20_000 });
        traced++;
      } catch (error) {
        if (!(error instanceof MachineTrap)) throw new Error(`seed ${i}`, { cause: error });
      }
    }
  });

  describe("what cannot be traced", () => {
    const trapping = programOf(
      assemble(`(module (memory 1) (func (export "_start") (drop (i32.load (i32.const 65533)))))`),
    );
    it("traps as the executor does", () => {
      expect(() => traceProgram(trapping)).to.throw(MachineTrap, /out of bounds memory access/);
    });
    it("a run of too many instructions", () => {
      const endless = programOf(assemble(`(module (func (export "_start") (loop (br 0))))`));
      expect(() => traceProgram(endless, { steps: 1_000 })).to.throw(
        MachineTrap,
        /too many instructions: 1000 were executed/,
      );
    });
    it("too long an input", () => {
      const input = new Uint8Array(machineLimits.streamBytes + 1);
      expect(() => traceProgram(trapping, { input })).to.throw(RangeError, /the input has 524281 bytes/);
      expect(() => traceProgram(trapping, { privateInput: input })).to.throw(RangeError, /the private input/);
    });
  });

  if (isSlow) {
    it("traces a million instructions in seconds", () => {
      const program = programOf(
        assemble(`(module (memory 1) (func (export "_start") (local i32) (loop
          (i32.store (i32.and (local.get 0) (i32.const 65532)) (i32.mul (local.get 0) (i32.const 77)))
          (br_if 0 (i32.ne (local.tee 0 (i32.add (local.get 0) (i32.const 4))) (i32.const 800000))))))`),
      );
      const started = performance.now();
      const { instructions } = traceProgram(program);
      expect(instructions).to.be.greaterThan(1_000_000);
      expect(performance.now() - started).to.be.lessThan(30_000);
    });
  }
});
