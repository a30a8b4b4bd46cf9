import { expect } from "chai";

import { opcodes, type Mnemonic } from "../../../../plugin/zero/vm/instruction.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { checkTrace } from "../../../../plugin/zero/trace/check-trace.ts";
import { instructionTraces } from "../../../../plugin/zero/trace/instruction-traces.ts";
import { traceProgram, type TraceOptions } from "../../../../plugin/zero/trace/trace-program.ts";
import { execute } from "../../../../plugin/zero/vm/executor.ts";
import { machineLimits } from "../../../../plugin/zero/vm/limits.ts";
import type { Program } from "../../../../plugin/zero/vm/program.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { seeded } from "../../../seeded.ts";
import { assemble } from "../vm/both-engines.ts";
import { guestCalls, guestCommand, guestInput } from "../vm/guest-programs.ts";
import { randomModule } from "../vm/random-module.ts";

const isSlow = process.env["NEXUS_SLOW"] === "1";
const programOf = (wasm: Uint8Array): Program => translate(validate(decode(wasm)));

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

  describe("the guest programs", () => {
    let program: Program;
    before(async () => {
      program = programOf(await guestCommand());
    });
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
      const random = seeded(`nexus zero trace ${i}`);
      const { text, params, results } = randomModule(random);
      const given = params.map((type) => `(${type}.const ${random.scalar(1n << 31n)})`).join(" ");
      const start = `(func (export "_start") (call $f0 ${given}) ${results.map(() => "drop").join(" ")}))`;
      const program = programOf(assemble(text.replace(/\)$/, start)));
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
      expect(() => traceProgram(trapping, { input })).to.throw(RangeError, /the input has 262145 bytes/);
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
