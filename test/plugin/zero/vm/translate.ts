/** What the translator emits, refuses, and how a run that cannot be proven ends. */
import { expect } from "chai";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex } from "@noble/hashes/utils.js";

import { execute, Machine } from "../../../../plugin/zero/vm/executor.ts";
import { formatInstruction, type Program } from "../../../../plugin/zero/vm/program.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { WasmError } from "../../../../plugin/wasm/error.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { engine } from "../../../../plugin/wasm/engine.ts";
import { CodeBuffer } from "../../../../plugin/zero/vm/code-buffer.ts";
import { machineLimits } from "../../../../plugin/zero/vm/limits.ts";
import { assemble, BothEngines } from "./both-engines.ts";

const exported = (text: string, ...names: string[]): Program =>
  translate(validate(decode(assemble(text))), names);
const command = (text: string): Program => translate(validate(decode(assemble(text))));

/** The instructions of the only function `f` as text. */
function listing(text: string): string[] {
  const program = exported(`(module (memory 1) ${text})`, "f");
  const lines: string[] = [];
  for (let pc = program.entryPoints.get("f")!.pc; program.code.op[pc] !== undefined; pc++) {
    lines.push(formatInstruction(program.code, pc));
    if (lines.at(-1)!.startsWith("ret")) break;
  }
  return lines;
}

const wasi = `
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)`;

function trapOf(run: () => unknown): MachineTrap {
  try {
    run();
  } catch (error) {
    if (error instanceof MachineTrap) return error;
    throw error;
  }
  throw new Error("no trap");
}

describe("Nexus Zero's translator", () => {
  it("makes one instruction of get, get, add, set", () => {
    const lines = listing(`(func (export "f") (param i32 i32) (result i32) (local i32)
      (local.set 2 (i32.add (local.get 0) (local.get 1)))
      (local.get 2))`);
    expect(lines).to.deep.equal(["add32 [4], [0], [1]", "mov [0], [4]", "ret @2"]);
  });

  it("computes a result where the caller expects it, and branches on comparisons directly", () => {
    const lines = listing(`(func (export "f") (param i32 i32) (result i32)
      (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (br_if 0 (i32.eqz (i32.ge_s (local.get 0) (local.get 1)))))
      (i32.mul (local.get 0) (i32.const 3)))`);
    expect(lines.map((line) => line.replace(/, \d+$/, ", …"))).to.deep.equal([
      "add32 [0], [0], …",
      "blts32 [0], [1], …",
      "mul32 [0], [0], …",
      "ret @2",
    ]);
  });

  it("keeps a local's old value for who read it before it was set", () => {
    const program = exported(
      `(module (func (export "f") (param i32) (result i32)
        (local.get 0) (local.set 0 (i32.add (local.get 0) (i32.const 1))) (i32.mul (local.get 0) (i32.const 10)) (i32.add)))`,
      "f",
    );
    const machine = new Machine(program);
    machine.run();
    expect(machine.invoke("f", [7n])).to.deep.equal([87n]);
  });

  it("zeroes only locals that may be read before they are written", () => {
    const zeroes = (body: string): number =>
      listing(`(func (export "f") (param i32) (result i32) (local i32) ${body} (local.get 1))`).filter(
        (line) => line === "mov [3], 0",
      ).length;
    expect(zeroes("(local.set 1 (i32.add (local.get 0) (i32.const 1)))")).to.equal(0);
    expect(zeroes("(if (local.get 0) (then (local.set 1 (local.get 0))))")).to.equal(1);
    expect(
      zeroes("(if (local.get 0) (then (local.set 1 (local.get 0))) (else (local.set 1 (i32.const 5))))"),
    ).to.equal(0);
    expect(zeroes("(block (br_if 0 (local.get 0)) (local.set 1 (local.get 0)))")).to.equal(1);
    expect(zeroes("(loop (local.set 1 (local.get 0)) (br_if 0 (local.get 1)))")).to.equal(0);
  });

  it("names what it does not take, with function and offset", () => {
    const refusals: [string, RegExp][] = [
      ["(func $start (drop (f64.add (f64.const 1) (f64.const 2))))", /function 2 at byte \d+: .*f64\.const/],
      ["(func $start (drop (ref.is_null (ref.null func))))", /function 2 at byte \d+: .*ref\.null/],
      ['(data "x") (func $start (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))', /memory\.init/],
      ["(table 1 funcref) (func $start (drop (table.size)))", /table\.size/],
    ];
    for (const [fields, message] of refusals) {
      expect(() => command(`(module ${wasi} ${fields} (export "_start" (func $start)))`))
        .to.throw(WasmError, message)
        .with.property("kind", "unsupported");
    }
    expect(() =>
      command(
        `(module (import "nexus" "randomness" (func (param i32))) (memory 1) (func (export "_start")))`,
      ),
    ).to.throw(WasmError, /import "nexus" "randomness": Nexus Zero provides/);
    for (const name of ["memory.fill", "memory.copy"]) {
      expect(() =>
        command(
          `(module (import "wasi_snapshot_preview1" "${name}" (func (param i32 i32 i32))) (memory 1) (func (export "_start")))`,
        ),
      ).to.throw(WasmError, `import "wasi_snapshot_preview1" "${name}": Nexus Zero provides`);
    }
    expect(() =>
      command(
        `(module (import "wasi_snapshot_preview1" "fd_read" (func (param i32))) (func (export "_start")))`,
      ),
    ).to.throw(WasmError, /has type \(i32\) -> \(\), but the function has \(i32 i32 i32 i32\) -> \(i32\)/);
    expect(() => command(`(module (func (export "main")))`)).to.throw(WasmError, /no function _start/);
    expect(() =>
      command(`(module (memory 1) (data (i32.const 65535) "ab") (func (export "_start")))`),
    ).to.throw(WasmError, /traps at once/);
  });

  it("refuses what traps before any code runs, whether or not code reads the table", () => {
    const refusals = [
      "(table 1 funcref) (elem (i32.const 5) $start)",
      "(table 1 funcref) (elem (i32.const 1) $start)",
      "(table 1 funcref) (elem (i32.const -1) $start)",
      "(table 1 funcref) (elem (i32.const 2))",
      "(table 1 externref) (elem (table 0) (i32.const 5) externref (ref.null extern))",
      "(table 1 externref) (table 9 funcref) (elem (table 0) (i32.const 1) externref (ref.null extern))",
      '(table 0 funcref) (elem (i32.const 0) $start) (data (i32.const 65535) "ab")',
      '(data (i32.const 65535) "ab")',
      '(data (i32.const -1) "a")',
      "(data (i32.const 65537))",
    ];
    for (const fields of refusals) {
      const wasm = assemble(`(module (memory 1) ${fields} (func $start (export "_start")))`);
      expect(() => new engine.Instance(new engine.Module(wasm), {}), fields).to.throw(engine.RuntimeError);
      expect(() => translate(validate(decode(wasm))), fields)
        .to.throw(WasmError, /leaves .* so the program traps at once/)
        .with.property("kind", "invalid");
    }
    for (const fields of [
      "(table 1 funcref) (elem (i32.const 0) $start)",
      "(table 1 funcref) (elem (i32.const 1))",
      "(table 1 externref) (elem (table 0) (i32.const 0) externref (ref.null extern))",
      "(table 1 funcref) (elem funcref (ref.func $start) (ref.null func))",
      "(data (i32.const 65536))",
    ]) {
      execute(command(`(module (memory 1) ${fields} (func $start (export "_start")))`));
    }
  });

  it("refuses a program at its first instruction too many", () => {
    const out = new CodeBuffer();
    for (let i = 0; i < machineLimits.instructions; i++) out.emit("mov", {});
    expect(() => out.emit("mov", {}))
      .to.throw(WasmError, "more than 262144 machine instructions")
      .with.property("kind", "limit");
  });

  it("makes no jump table of all entries for each type, where that multiplies", () => {
    const calling = (entries: number, types: number): string => {
      const calls = Array.from({ length: types }, (_, t) => {
        const params = [...(types + t).toString(2)].map((bit) => (bit === "1" ? "i64" : "i32"));
        return `(call_indirect (param ${params.join(" ")}) ${params.map((type) => `(${type}.const 0)`).join(" ")} (i32.const 0))`;
      });
      return `(module (table ${entries} funcref) (func (export "_start") ${calls.join(" ")}))`;
    };
    const { code } = command(calling(65_536, 400));
    // Of each call the arguments, of each type a search that finds nothing.
    expect(code.op.length).to.be.lessThan(400 * 30);
    expect(() => command(calling(256, 2_000))).to.throw(WasmError, "more than 262144 machine instructions");
  });

  it("keeps a local's value under operands, however many lie above", () => {
    // Each round leaves one note of each local below, and one above which the write then settles.
    const rounds = Array.from(
      { length: 900 },
      (_, i) => `(local.get 0) (local.get 1) (local.set ${i % 2} (i32.const ${i}))`,
    );
    const sum = "(i32.add)".repeat(1_799);
    const text = `(module (memory (export "memory") 1) (func (export "f") (param i32 i32) (result i32) ${rounds.join(" ")} ${sum}))`;
    expect(new BothEngines(assemble(text)).call("f", 5n, 7n)).to.have.length(1);
  });

  it("does not look at functions that nothing reaches", () => {
    command(`(module ${wasi} (func (drop (f64.add (f64.const 1) (f64.const 2)))) (func (export "_start")))`);
  });

  it("translates the same module to the same program, the one it always was", () => {
    const { code } = command(`(module ${wasi}
      (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 8)))))`);
    const columns = [code.op, code.d, code.a, code.b, code.c].flatMap((column) => [
      ...new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
    ]);
    // Another hash means another identity for every program: the opcodes, the routines or the translator changed.
    expect(bytesToHex(keccak_256(Uint8Array.from(columns)))).to.equal(
      "a15cda5800ccc1601e6bd8b6fb75fce1515e3ad50069fe9898dec7e81046ee67",
    );
  });

  it("ends runs that cannot be proven with function, offset and reason", () => {
    const run = (body: string, fields = ""): MachineTrap =>
      trapOf(() =>
        execute(command(`(module ${wasi} ${fields} (func $main (export "_start") ${body}))`), {
          steps: 3_000_000,
        }),
      );
    const place = { functionIndex: 2 };
    expect(run("unreachable")).to.include({ kind: "unreachable", ...place });
    expect(run("unreachable").message).to.match(/^unreachable in function 2 at byte 0x[0-9a-f]+$/);
    expect(run("(drop (i32.div_u (i32.const 1) (i32.const 0)))")).to.include({
      kind: "integer divide by zero",
      ...place,
    });
    expect(run("(drop (i32.load (i32.const 65533)))")).to.include({
      kind: "out of bounds memory access",
      ...place,
    });
    expect(run("(memory.fill (i32.const 65530) (i32.const 1) (i32.const 7))")).to.include({
      kind: "out of bounds memory access",
      ...place,
    });
    expect(run("(loop (br 0))")).to.include({ kind: "too many instructions", ...place });
    expect(run("(call $deep)", "(func $deep (call $deep))").kind).to.equal("call stack exhausted");
    const exit = run("(call $exit (i32.const 3))");
    expect(exit).to.include({ kind: "exit with an error", exitCode: 3, functionIndex: undefined });
    const table = `(table 3 funcref) (type $t (func)) (elem (i32.const 0) $exit $other) (func $other (param i64))`;
    const indirect = (index: number): MachineTrap =>
      run(`(call_indirect (type $t) (i32.const ${index}))`, table);
    expect(indirect(1)).to.include({ kind: "indirect call type mismatch", functionIndex: 3 });
    expect(indirect(2)).to.include({ kind: "uninitialized element", functionIndex: 3 });
    expect(indirect(3)).to.include({ kind: "undefined element", functionIndex: 3 });
    expect(indirect(-1)).to.include({ kind: "undefined element", functionIndex: 3 });
  });

  it("stops at exit code 0 wherever it is asked to, and refuses an input that is too long", () => {
    const program = command(
      `(module ${wasi} (func (export "_start") (call $exit (i32.const 0)) unreachable))`,
    );
    expect(execute(program).journal.length).to.equal(0);
    expect(() => execute(program, { input: new Uint8Array(2 ** 19 - 7) })).to.throw(
      RangeError,
      /524281 bytes/,
    );
  });

  it("refuses a journal that is too long", () => {
    const program = command(`(module ${wasi} (func (export "_start") (local i32)
      (i32.store (i32.const 4) (i32.const 65535))
      (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (br_if 0 (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 9))))))`);
    expect(trapOf(() => execute(program)).kind).to.equal("journal too long");
  });
});
