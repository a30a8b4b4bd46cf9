import { expect } from "chai";

import { decode } from "../../../../plugin/wasm/decode.ts";
import { encode } from "../../../../plugin/wasm/encode.ts";
import { engine, type EngineGlobal, type EngineMemory } from "../../../../plugin/wasm/engine.ts";
import { WasmError } from "../../../../plugin/wasm/error.ts";
import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { execute } from "../../../../plugin/cloud/runtime/execute.ts";
import { executionLimits } from "../../../../plugin/cloud/runtime/limits.ts";
import { prepareProgram } from "../../../../plugin/cloud/runtime/prepare.ts";
import { ProgramMemory } from "../../../../plugin/cloud/runtime/program-memory.ts";
import { ProgramCache } from "../../../../plugin/cloud/runtime/program-cache.ts";
import { assemble, emptyInvocation, program, run } from "./programs.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Copies the input to the output through a small buffer. */
const echo = program(`
  (func $start (local $n i32)
    (loop $more
      (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 7))
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)) (then unreachable))
      (if (local.tee $n (i32.load (i32.const 8)))
        (then (call $print (i32.const 100) (local.get $n)) (br $more)))))`);

const busy = program(`
  (func $step (param i32) (result i32) (if (result i32) (i32.and (local.get 0) (i32.const 1))
    (then (i32.add (local.get 0) (i32.const 3))) (else (i32.mul (local.get 0) (i32.const 5)))))
  (func $start (local $i i32) (local $x i32)
    (loop $again
      (local.set $x (call $step (local.get $x)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 6))))
    (memory.fill (i32.const 0) (i32.const 65) (i32.const 64))
    (call $print (i32.const 0) (i32.const 10))
    (call $set (i32.const 0) (i32.const 4) (i32.const 0) (i32.const 9)))`);

describe("cloud/runtime/execute", () => {
  it("runs a program from its input to its output", () => {
    const input = new TextEncoder().encode("hello from the other side of the memory");
    const result = run(echo, { input });
    expect(result).to.include({ outcome: Outcome.Success, exitCode: 0, trap: undefined });
    expect(text(result.output)).to.equal("hello from the other side of the memory");
  });

  it("starts every run with fresh memory, globals and tables", () => {
    const prepared = prepareProgram(
      program(`(global $g (mut i32) (i32.const 0)) (func $start
        (if (i32.or (i32.load (i32.const 16)) (global.get $g)) (then unreachable))
        (i32.store (i32.const 16) (i32.const 1)) (global.set $g (i32.const 1)))`),
    );
    for (let i = 0; i < 3; i++) expect(execute(prepared, emptyInvocation).outcome).to.equal(Outcome.Success);
  });

  it("leaves nothing in memory for the next run, however a run ended", () => {
    // Answers with the sum of its memory's bytes, of which one is data, and its size in pages; then makes a mess.
    const prepared = (end: string) =>
      prepareProgram(
        program(`(data (i32.const 60000) "\\07") (func $start (local $at i32) (local $sum i32)
          (loop (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
            (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 65536))))
          (i32.store (i32.const 16) (local.get $sum)) (i32.store (i32.const 20) (memory.size))
          (call $print (i32.const 16) (i32.const 8))
          (memory.fill (i32.const 0) (i32.const 255) (i32.const 65536)) ${end})`),
      );
    const expected = Uint8Array.of(7, 0, 0, 0, 1, 0, 0, 0);
    const grow = "(drop (memory.grow (i32.const 1))) (i32.store8 (i32.const 65536) (i32.const 1))";
    for (const end of ["", "(unreachable)", "(loop (br 0))", "(call $exit (i32.const 3))", grow]) {
      const one = prepared(end);
      for (let run = 0; run < 4; run++) {
        const { output } = execute(one, { ...emptyInvocation, limits: { fuel: 10_000_000n } });
        expect(output, `${end}, run ${run}`).to.deep.equal(expected);
      }
    }
  });

  it("uses a memory again when it is small and has not grown", () => {
    const limits = { min: 2, max: 4 };
    const memory = new ProgramMemory(limits);
    const first = memory.take();
    new Uint8Array(first.buffer).fill(1);
    memory.giveBack(first);
    const second = memory.take();
    expect(second).to.equal(first);
    expect(new Uint8Array(second.buffer).every((byte) => byte === 0)).to.equal(true);
    expect(memory.take(), "one in use is nobody else's").not.to.equal(second);
    (second as unknown as { grow(pages: number): void }).grow(1);
    memory.giveBack(second);
    expect(memory.take()).not.to.equal(second);
    const large = new ProgramMemory({ min: 33, max: 40 });
    const taken = large.take();
    large.giveBack(taken);
    expect(large.take()).not.to.equal(taken);
  });

  it("gives the same result and the same fuel every time", () => {
    const prepared = prepareProgram(busy);
    const first = execute(prepared, emptyInvocation);
    for (let i = 0; i < 20; i++) expect(execute(prepared, emptyInvocation)).to.deep.equal(first);
    expect(execute(prepareProgram(busy), emptyInvocation)).to.deep.equal(first);
  });

  it("stops soon after the fuel is used up, however long the functions are that call nothing", () => {
    const { compiled, memory, fuelExport, stackExport } = prepareProgram(
      assemble(`(module (memory (export "memory") 1)
        (func $leaf (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
          ${"(drop (i32.load (i32.const 4)))".repeat(1_000)})
        (func (export "_start") ${"(call $leaf)".repeat(500)}))`),
    );
    const { exports } = new engine.Instance(compiled, { nexus: { memory: memory.take() } });
    (exports[fuelExport] as EngineGlobal<bigint>).value = 20_000n;
    (exports[stackExport] as EngineGlobal<bigint>).value = 65_536n;
    expect(exports["_start"] as () => void).to.throw(engine.RuntimeError);
    expect((exports[fuelExport] as EngineGlobal<bigint>).value).to.equal(-1n);
    const calls = new DataView((exports["memory"] as EngineMemory).buffer).getUint32(0, true);
    expect(calls).to.be.within(5, 12);
  });

  it("refuses small modules that take engines minutes to compile", () => {
    const ifs = (locals: number, count: number): Uint8Array =>
      program(`(func $start (local ${"i32 ".repeat(locals)}) ${"(if (local.get 0) (then))".repeat(count)})`);
    expect(run(ifs(100, 10_000)).outcome).to.equal(Outcome.Success);
    expect(() => prepareProgram(ifs(8_000, 2_000)))
      .to.throw(WasmError, "steps")
      .with.property("kind", "limit");
  });

  it("charges the sum of what the instructions cost", () => {
    const fuel = (code: string): number =>
      Number(
        run(
          assemble(
            `(module (memory (export "memory") 1) (func $f) (func (export "_start") (local i32) ${code}))`,
          ),
        ).fuelUsed,
      );
    // An instance, two exports, a page.
    const empty = 150_000 + 2 * 3_000 + 32_768;
    expect(fuel("")).to.equal(empty);
    // get, const, add, tee, const, compare, br_if: 7, ten times.
    const loop = `(loop (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 10))))`;
    expect(fuel(loop)).to.equal(empty + 70);
    // A branch that is not taken is not paid for: const, if; then const, drop (0); else const, const, add, drop.
    expect(
      fuel(
        `(if (i32.const 1) (then (drop (i32.const 1))) (else (drop (i32.add (i32.const 1) (i32.const 2)))))`,
      ),
    ).to.equal(empty + 3);
    expect(
      fuel(
        `(if (i32.const 0) (then (drop (i32.const 1))) (else (drop (i32.add (i32.const 1) (i32.const 2)))))`,
      ),
    ).to.equal(empty + 5);
    expect(fuel(`(block (br_if 0 (i32.const 1)) (drop (i32.const 1)))`)).to.equal(empty + 2);
    expect(fuel(`(call $f)`)).to.equal(empty + 3);
    // A constant, the instruction, and the page; growing in vain costs no page.
    expect(fuel(`(drop (memory.grow (i32.const 1)))`)).to.equal(empty + 32_768 + 2_001);
    expect(fuel(`(drop (memory.grow (i32.const -1)))`)).to.equal(empty + 2_001);
  });

  it("charges bulk operations and host calls by the bytes, buffers and entries that they take", () => {
    const fuel = (code: string): number => {
      const fields = `(table $t 64 funcref) (elem $e func $start $start $start $start) (data $d "0123456789abcdef")
        (func $start (local $i i32) ${code})`;
      const result = run(program(fields), { input: new Uint8Array(100) });
      expect(result.outcome, result.trap?.message).to.equal(Outcome.Success);
      return Number(result.fuelUsed);
    };
    const empty = fuel("");
    // 11 imports cost nothing; two exports, a page, 64 entries of a table, 4 of a segment, 16 bytes of data.
    expect(empty).to.equal(150_000 + 2 * 3_000 + 32_768 + 64 * 50 + 4 * 250 + 16 / 4);
    const numbers = (...values: number[]): string => values.map((value) => `(i32.const ${value})`).join(" ");
    const cost = (code: string): number => fuel(code) - empty;
    for (const bytes of [0, 3, 4, 7, 8, 60_000]) {
      const paid = 3 + 20 + Math.floor(bytes / 4);
      expect(cost(`(memory.fill ${numbers(0, 1, bytes)})`), `fill of ${bytes}`).to.equal(paid);
      expect(cost(`(memory.copy ${numbers(8, 0, bytes)})`), `copy of ${bytes}`).to.equal(paid);
    }
    expect(cost(`(memory.init $d ${numbers(0, 0, 16)})`)).to.equal(3 + 20 + 4);
    expect(cost(`(table.init $t $e ${numbers(0, 0, 4)})`)).to.equal(3 + 150 + 4 * 250);
    expect(cost(`(table.copy $t $t ${numbers(0, 5, 30)})`)).to.equal(3 + 150 + 30 * 250);
    expect(cost(`(table.fill $t (i32.const 0) (ref.null func) (i32.const 30))`)).to.equal(3 + 150 + 30 * 250);
    expect(cost(`(drop (table.grow $t (ref.null func) (i32.const 30)))`)).to.equal(2 + 100 + 30 * 50);

    const vector = (at: number, length: number): string =>
      `(i32.store ${numbers(at, 64)}) (i32.store ${numbers(at + 4, length)})`;
    const call = (name: string, ...values: number[]): string =>
      `(drop (call $${name} ${numbers(...values)}))`;
    // Three constants more than there are instructions: stores and their operands are 3 each, a call 3 and its operands.
    for (const bytes of [0, 1, 1_000]) {
      const written = cost(vector(0, bytes) + call("fd_write", 1, 0, 1, 16));
      expect(written, `output of ${bytes}`).to.equal(6 + 7 + 1_000 + 1_500 + bytes);
      const logged = cost(vector(0, bytes) + call("fd_write", 2, 0, 1, 16));
      expect(logged, `log of ${bytes}`).to.equal(written);
      const read = cost(vector(0, bytes) + call("fd_read", 0, 0, 1, 16));
      expect(read, `${bytes} bytes of an input of 100`).to.equal(
        6 + 7 + 1_000 + 1_500 + Math.min(bytes, 100),
      );
      expect(cost(call("random", 64, bytes)), `${bytes} of random_get`).to.equal(5 + 1_000 + bytes * 150);
    }
    const two = vector(0, 3) + vector(8, 4) + call("fd_write", 1, 0, 2, 16);
    expect(cost(two)).to.equal(12 + 7 + 1_000 + 2 * 1_500 + 7);
    // The buffer lies outside of the memory.
    expect(cost(vector(0, -1) + call("fd_write", 1, 0, 1, 16))).to.equal(13 + 1_000 + 1_500 + 40_000);
    expect(cost(call("random", -1, 1))).to.equal(5 + 1_000 + 40_000);
    // A key of 10 bytes; a value of 1,000.
    expect(cost(`(call $set ${numbers(0, 10, 0, 1_000)})`)).to.equal(7 + 1_000 + 50_000 + 10 + 1_010 * 500);
    expect(cost(call("get", 0, 10, 0, 0))).to.equal(7 + 1_000 + 20_000 + 10);
  });

  it("has one fuel value from which on a program succeeds, and below which nothing happens", () => {
    const prepared = prepareProgram(busy);
    const { fuelUsed: needed } = execute(prepared, emptyInvocation);
    const at = (fuel: bigint): ReturnType<typeof execute> =>
      execute(prepared, { ...emptyInvocation, limits: { fuel } });
    const paidBefore = needed - 60_000n;
    for (let fuel = needed + 2n; fuel > paidBefore; fuel -= fuel > needed - 300n ? 1n : 97n) {
      const result = at(fuel);
      expect(result.outcome, `fuel ${fuel}`).to.equal(fuel >= needed ? Outcome.Success : Outcome.OutOfFuel);
      expect(result.fuelUsed).to.equal(fuel >= needed ? needed : fuel);
      expect(result.writes.length).to.equal(fuel >= needed ? 1 : 0);
    }
    expect(at(0n).outcome).to.equal(Outcome.OutOfFuel);
    expect(at(1n)).to.include({ outcome: Outcome.OutOfFuel, fuelUsed: 1n });
  });

  it("runs out at every possible place of a small program", () => {
    const small = prepareProgram(
      program(`(func $f (param i32) (result i32) (if (result i32) (local.get 0)
          (then (i32.add (local.get 0) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))
        (func $start (local i32) (loop (drop (call $f (i32.const 3)))
          (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 3)))))`),
    );
    const { fuelUsed: needed } = execute(small, emptyInvocation);
    const instance = BigInt(small.instanceFuel);
    expect(Number(needed - instance)).to.be.within(100, 2_000);
    for (let fuel = instance; fuel <= needed; fuel++) {
      const { outcome, fuelUsed } = execute(small, { ...emptyInvocation, limits: { fuel } });
      expect(outcome).to.equal(fuel === needed ? Outcome.Success : Outcome.OutOfFuel);
      expect(fuelUsed).to.equal(fuel);
    }
  });

  it("stops endless loops, with and without calls", () => {
    const limits = { fuel: 3_000_000n };
    for (const fields of [
      `(func $start (loop (br 0)))`,
      `(func $nothing) (func $start (loop (call $nothing) (br 0)))`,
      `(func $start (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0)))`,
      `(func $start (local i32) (loop (br_table 0 0 0 (local.get 0))))`,
      `(func $a (call $b)  (call $b)) (func $b (call $c) (call $c)) (func $c (call $d) (call $d)) (func $d (loop (br_if 0 (i32.const 1)))) (func $start (call $a))`,
    ]) {
      expect(run(program(fields), { limits })).to.include({
        outcome: Outcome.OutOfFuel,
        fuelUsed: limits.fuel,
      });
    }
  });

  it("stops recursion that branches without going deep", () => {
    const result = run(
      program(`(func $f (param i32) (if (local.get 0) (then
          (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1))))))
        (func $start (call $f (i32.const 60)))`),
      { limits: { fuel: 5_000_000n } },
    );
    expect(result.outcome).to.equal(Outcome.OutOfFuel);
  });

  it("caps memory and tables: growing further answers -1, and growing costs", () => {
    const grow = (pages: number): string => `(drop (memory.grow (i32.const ${pages})))`;
    const unlimited = assemble(`(module (memory (export "memory") 1)
      (func (export "_start") ${grow(-1)} ${grow(65_535)} ${grow(1_024)}
        (if (i32.ne (memory.grow (i32.const 1023)) (i32.const 1)) (then unreachable))
        (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))))`);
    const result = run(unlimited);
    expect(result.outcome).to.equal(Outcome.Success);
    expect(Number(result.fuelUsed)).to.be.greaterThan(1_024 * 4_096);
    const table = assemble(`(module (memory (export "memory") 1) (table $t 1 funcref)
      (func (export "_start")
        (if (i32.ne (table.grow $t (ref.null func) (i32.const 131071)) (i32.const 1)) (then unreachable))
        (if (i32.ne (table.grow $t (ref.null func) (i32.const 1)) (i32.const -1)) (then unreachable))))`);
    expect(run(table).outcome).to.equal(Outcome.Success);
    expect(() =>
      prepareProgram(assemble(`(module (memory (export "memory") 1025) (func (export "_start")))`)),
    )
      .to.throw(WasmError)
      .with.property("kind", "limit");
  });

  it("reports traps with function and name, and takes all fuel", () => {
    const traps: [string, string][] = [
      ["(unreachable)", "unreachable"],
      ["(drop (i32.load (i32.const -4)))", "out of bounds memory access"],
      ["(drop (i32.div_s (i32.const 1) (i32.load (i32.const 0))))", "integer divide by zero"],
      ["(drop (i32.trunc_f64_s (f64.div (f64.const 0) (f64.const 0))))", "invalid conversion to integer"],
      ["(memory.copy (i32.const 0) (i32.const 65530) (i32.const 10))", "out of bounds memory access"],
    ];
    for (const [code, kind] of traps) {
      const wasm = assemble(
        `(module (memory (export "memory") 1) (func $inner ${code}) (func (export "_start") (call $inner)))`,
      );
      const result = run(wasm);
      expect(result.outcome, code).to.equal(Outcome.Trapped);
      expect(result.trap, code).to.include({ kind, functionIndex: 0 });
      expect(result.fuelUsed).to.equal(executionLimits.fuel);
    }
  });

  it("runs the start section, under the same limits, before _start", () => {
    const withStart = (code: string): Uint8Array =>
      assemble(`(module (memory (export "memory") 1) (func $begin ${code}) (start $begin)
        (func (export "_start") (if (i32.ne (i32.load (i32.const 0)) (i32.const 7)) (then unreachable))))`);
    expect(run(withStart("(i32.store (i32.const 0) (i32.const 7))")).outcome).to.equal(Outcome.Success);
    expect(run(withStart("(loop (br 0))"), { limits: { fuel: 1_000_000n } }).outcome).to.equal(
      Outcome.OutOfFuel,
    );
    expect(run(withStart("(call 0)")).trap!.kind).to.equal("call stack exhausted");
  });

  it("counts a segment that does not fit as the program's trap", () => {
    const wasm = assemble(
      `(module (memory (export "memory") 1) (data (i32.const 65535) "ab") (func (export "_start")))`,
    );
    expect(run(wasm)).to.include({ outcome: Outcome.Trapped, fuelUsed: executionLimits.fuel });
  });

  it("reports exit codes, and drops what a failed run wrote", () => {
    const exit = (code: number): string => `(func $start
      (call $set (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))
      (call $call (i64.const 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
      (call $print (i32.const 0) (i32.const 3)) (call $exit (i32.const ${code})) (unreachable))`;
    const good = run(program(exit(0)));
    expect(good).to.include({ outcome: Outcome.Success, exitCode: 0 });
    expect([good.writes.length, good.calls.length, good.output.length]).to.deep.equal([1, 1, 3]);
    const bad = run(program(exit(-1)));
    expect(bad).to.include({ outcome: Outcome.ExitedWithError, exitCode: 0xffff_ffff });
    expect([bad.writes.length, bad.calls.length]).to.deep.equal([0, 0]);
    expect(bad.fuelUsed < executionLimits.fuel).to.equal(true);
  });

  it("refuses what is no program, saying what is missing", () => {
    const refused: [string, string][] = [
      [`(module (memory (export "memory") 1))`, "_start"],
      [`(module (func (export "_start")))`, `"memory"`],
      [
        `(module (memory (export "memory") 1) (func (export "_start") (param i32)))`,
        "_start has type (i32) -> ()",
      ],
      [`(module (memory (export "_start") 1))`, "_start"],
      [`(module (import "env" "memory" (memory 1)) (func (export "_start")))`, "env.memory is a memory"],
      [
        `(module (import "env" "t" (table 1 funcref)) (memory (export "memory") 1) (func (export "_start")))`,
        "is a table",
      ],
      [
        `(module (import "env" "g" (global i32)) (memory (export "memory") 1) (func (export "_start")))`,
        "is a global",
      ],
      [
        `(module (import "env" "abort" (func)) (memory (export "memory") 1) (func (export "_start")))`,
        "env.abort does not exist",
      ],
      [
        `(module (import "nexus" "toString" (func)) (memory (export "memory") 1) (func (export "_start")))`,
        "does not exist",
      ],
      [
        `(module (import "nexus" "randomness" (func (param i64))) (memory (export "memory") 1) (func (export "_start")))`,
        "has type (i64) -> ()",
      ],
    ];
    for (const [wat, message] of refused) {
      expect(() => prepareProgram(assemble(wat)), wat).to.throw(WasmError, message);
    }
  });

  it("refuses code that instrumentation would make too large for the engine", () => {
    const module = decode(assemble(`(module (memory (export "memory") 1) (func (export "_start")))`));
    const grow = (times: number): Uint8Array => {
      const code = [0x41, 0, ...new Array<number[]>(times).fill([0x40, 0]).flat(), 0x1a, 0x0b];
      const body = { code: Uint8Array.from(code), offset: 0 };
      return encode({ ...module, functions: [{ typeIndex: 0, locals: [], body }] });
    };
    expect(run(grow(1_000)).outcome).to.equal(Outcome.Success);
    expect(() => prepareProgram(grow(131_000))).to.throw(WasmError, "instrumented code is too large");
    const longName = `(module (memory (export "memory") 1) (func (export "_start") (export "${"n".repeat(65_537)}")))`;
    expect(() => prepareProgram(assemble(longName))).to.throw(WasmError, "a name has 65537 bytes");
  });

  it("cannot be reached by exports of the names it uses itself", () => {
    const wasm = assemble(`(module (memory (export "memory") 1)
      (global (export "nexus.fuel") (mut i64) (i64.const 5)) (global (export "nexus.stack") (mut i64) (i64.const -1))
      (func (export "nexus.start") (unreachable)) (func $s) (start $s) (func (export "_start") (loop (br 0))))`);
    expect(run(wasm, { limits: { fuel: 100_000n } }).outcome).to.equal(Outcome.OutOfFuel);
  });

  it("keeps prepared programs, the recently used ones", () => {
    const cache = new ProgramCache(1);
    const first = cache.get(echo);
    expect(cache.get(echo)).to.equal(first);
    expect(cache.find(first.programId)).to.equal(first);
    cache.get(busy);
    expect(cache.find(first.programId)).to.equal(undefined);
  });
});

describe("cloud/runtime/floats", () => {
  /** Stores a 64-bit value computed by `code` at 0 and prints it. */
  const bits = (code: string, locals = ""): string => {
    const result = run(
      program(`(func $start (local $p f64) (local $q f32) ${locals}
      (f64.store (i32.const 64) (f64.const nan:0x4000000000001)) (f32.store (i32.const 72) (f32.const -nan:0x200001))
      (i64.store (i32.const 80) (i64.const 0xfff8000000000123))
      ${code} (call $print (i32.const 0) (i32.const 8)))`),
    );
    expect(result.trap?.message).to.equal(undefined);
    return Buffer.from(result.output).reverse().toString("hex");
  };
  const f64 = (code: string): string => bits(`(f64.store (i32.const 0) ${code})`);
  const f32 = (code: string): string => bits(`(f32.store (i32.const 0) ${code})`).slice(8);
  const nan64 = "7ff8000000000000";
  const nan32 = "7fc00000";

  it("makes every NaN that arithmetic makes the canonical one", () => {
    const odd = "(f64.load (i32.const 80))";
    for (const op of ["add", "sub", "mul", "div", "min", "max"]) {
      expect(f64(`(f64.${op} ${odd} (f64.const 1))`), op).to.equal(nan64);
      expect(f64(`(f64.${op} (f64.const 1) ${odd})`), op).to.equal(nan64);
      expect(f32(`(f32.${op} (f32.load (i32.const 72)) (f32.const 1))`), op).to.equal(nan32);
    }
    for (const op of ["sqrt", "ceil", "floor", "trunc", "nearest"]) {
      expect(f64(`(f64.${op} ${odd})`), op).to.equal(nan64);
      expect(f32(`(f32.${op} (f32.load (i32.const 72)))`), op).to.equal(nan32);
    }
    expect(f64("(f64.div (f64.const 0) (f64.const 0))")).to.equal(nan64);
    expect(f64("(f64.sub (f64.const inf) (f64.const inf))")).to.equal(nan64);
    expect(f64("(f64.promote_f32 (f32.load (i32.const 72)))")).to.equal(nan64);
    expect(f32(`(f32.demote_f64 ${odd})`)).to.equal(nan32);
  });

  it("finds it through locals, abs, neg, copysign, reinterpretation, calls and branches", () => {
    const made = "(f64.sub (f64.load (i32.const 80)) (f64.const 1))";
    expect(bits(`(local.set $p ${made}) (f64.store (i32.const 0) (local.get $p))`)).to.equal(nan64);
    expect(f64(`(f64.abs ${made})`)).to.equal(nan64);
    expect(f64(`(f64.neg ${made})`)).to.equal("fff8000000000000");
    expect(f64(`(f64.copysign (f64.const 2) ${made})`)).to.equal("4000000000000000");
    expect(bits(`(i64.store (i32.const 0) (i64.reinterpret_f64 ${made}))`)).to.equal(nan64);
    expect(f64(`(select ${made} (f64.const 1) (i32.const 1))`)).to.equal(nan64);
    expect(f64(`(block (result f64) (br 0 ${made}))`)).to.equal(nan64);
    expect(
      bits(
        `(local.set $p ${made}) (local.set $r (local.get $p)) (local.set $p (f64.neg (local.get $r)))
      (f64.store (i32.const 0) (local.get $p))`,
        "(local $r f64)",
      ),
    ).to.equal("fff8000000000000");
    expect(
      bits(
        `(local.set $r (f64.add (local.tee $p ${made}) (f64.const 1)))
      (i64.store (i32.const 0) (i64.reinterpret_f64 (local.get $p)))`,
        "(local $r f64)",
      ),
    ).to.equal(nan64);
  });

  it("leaves bits alone that are only moved", () => {
    expect(f64("(f64.load (i32.const 64))")).to.equal("7ff4000000000001");
    expect(f64("(f64.neg (f64.load (i32.const 64)))")).to.equal("fff4000000000001");
    expect(f64("(f64.abs (f64.load (i32.const 80)))")).to.equal("7ff8000000000123");
    expect(
      bits("(local.set $p (f64.load (i32.const 80))) (f64.store (i32.const 0) (local.get $p))"),
    ).to.equal("fff8000000000123");
    expect(f32("(f32.load (i32.const 72))")).to.equal("ffa00001");
    expect(f64("(f64.const nan:0x123)")).to.equal("7ff0000000000123");
  });
});
