import { expect } from "chai";
import fc from "fast-check";

import { engine } from "../../../../plugin/wasm/engine.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { moduleLimits } from "../../../../plugin/wasm/limits.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { instrument } from "../../../../plugin/cloud/runtime/instrument.ts";
import { assemble } from "./programs.ts";

/**
 * Random functions over four i32, two i64 and two f64 locals, memory, calls and all kinds of control flow. Loops count
 * down a local of their own, so that every run ends. Floats reach memory only through comparisons and conversions: raw V8
 * may give NaNs any payload.
 */
const i32 = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.integer().map((n) => `(i32.const ${n})`),
    fc.nat(3).map((n) => `(local.get $i${n})`),
    fc
      .tuple(
        fc.constantFrom("add", "sub", "mul", "div_s", "rem_u", "and", "xor", "shl", "rotl", "lt_s", "ge_u"),
        tie("value"),
        tie("value"),
      )
      .map(([op, a, b]) => `(i32.${op} ${a} ${b})`),
    tie("value").map((a) => `(i32.load8_u (i32.and ${a} (i32.const 65535)))`),
    tie("value").map((a) => `(i32.wrap_i64 (i64.mul (local.get $l0) (i64.extend_i32_s ${a})))`),
    fc
      .tuple(fc.constantFrom("lt", "eq", "ge"), tie("value"))
      .map(([op, a]) => `(f64.${op} (local.get $d0) (f64.convert_i32_s ${a}))`),
    tie("value").map((a) => `(i32.trunc_sat_f64_s (f64.div (local.get $d1) (f64.convert_i32_u ${a})))`),
    fc.tuple(tie("value"), tie("value"), tie("value")).map(([a, b, c]) => `(select ${a} ${b} ${c})`),
    fc
      .tuple(tie("value"), tie("value"), tie("value"))
      .map(([a, b, c]) => `(if (result i32) ${a} (then ${b}) (else ${c}))`),
    tie("value").map((a) => `(call $leaf ${a})`),
    tie("value").map((a) => `(memory.grow (i32.and ${a} (i32.const 1)))`),
  ),
})).value;

const statements = fc.letrec<{ one: string }>((tie) => ({
  one: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.tuple(fc.nat(3), i32).map(([n, a]) => `(local.set $i${n} ${a})`),
    i32.map((a) => `(local.set $l0 (i64.add (local.get $l1) (i64.extend_i32_s ${a})))`),
    i32.map((a) => `(local.set $l1 (i64.rotl (local.get $l0) (i64.extend_i32_u ${a})))`),
    fc
      .tuple(fc.nat(1), fc.constantFrom("add", "mul", "div", "sub", "min"), i32)
      .map(([n, op, a]) => `(local.set $d${n} (f64.${op} (local.get $d${1 - n}) (f64.convert_i32_s ${a})))`),
    fc.tuple(i32, i32).map(([a, b]) => `(i32.store (i32.and ${a} (i32.const 65532)) ${b})`),
    fc
      .tuple(i32, i32)
      .map(([a, b]) => `(memory.fill (i32.and ${a} (i32.const 32767)) ${b} (i32.and ${a} (i32.const 255)))`),
    fc
      .tuple(i32, fc.array(tie("one"), { maxLength: 3 }), fc.array(tie("one"), { maxLength: 3 }))
      .map(([a, b, c]) => `(if ${a} (then ${b.join(" ")}) (else ${c.join(" ")}))`),
    fc
      .tuple(i32, fc.array(tie("one"), { maxLength: 3 }), fc.array(tie("one"), { maxLength: 2 }))
      .map(([a, b, c]) => `(block ${b.join(" ")} (br_if 0 ${a}) ${c.join(" ")})`),
    fc
      .tuple(i32, tie("one"), tie("one"))
      .map(([a, b, c]) => `(block (block (block (br_table 0 1 2 ${a})) ${b} (br 1)) ${c})`),
    fc.array(tie("one"), { minLength: 1, maxLength: 3 }).map(
      (body) => `(local.set $n (i32.const 3)) (loop ${body.join(" ")}
        (br_if 0 (i32.gt_s (local.tee $n (i32.sub (local.get $n) (i32.const 1))) (i32.const 0))))`,
    ),
    i32.map((a) => `(if ${a} (then (return (local.get $i0))))`),
  ),
})).one;

const locals =
  "(local $i1 i32) (local $i2 i32) (local $i3 i32) (local $l0 i64) (local $l1 i64) (local $d0 f64) (local $d1 f64) (local $n i32)";

const modules = fc
  .tuple(fc.array(statements, { maxLength: 4 }), fc.array(statements, { minLength: 1, maxLength: 8 }))
  .map(
    ([helper, main]) => `(module (memory (export "memory") 1 4)
    (func $leaf (param $i i32) (result i32) (i32.rotl (i32.mul (local.get $i) (i32.const 31)) (i32.const 7)))
    (func $helper (param $i0 i32) (result i32) ${locals} ${helper.join("\n")} (local.get $i1))
    (func (export "main") (param $i0 i32) (result i32) ${locals}
      ${main.join("\n")} (i32.xor (local.get $i2) (call $helper (local.get $i3)))))`,
  );

interface Run {
  readonly result: number | string;
  readonly memory: Uint8Array;
  readonly fuel: bigint;
}

interface Exports {
  readonly main: (parameter: number) => number;
  readonly memory: { readonly buffer: ArrayBuffer };
}

function runRaw(wasm: Uint8Array, parameter: number): Omit<Run, "fuel"> {
  const exports = new engine.Instance(new engine.Module(wasm), {}).exports as unknown as Exports;
  return { result: answer(exports, parameter), memory: new Uint8Array(exports.memory.buffer) };
}

function runInstrumented(wasm: Uint8Array, parameter: number, fuel: bigint): Run {
  const { bytes, ...names } = instrument(validate(decode(wasm)), moduleLimits);
  const instance = new engine.Instance(new engine.Module(bytes), {}).exports;
  const counter = instance[names.fuel] as { value: bigint };
  counter.value = fuel;
  (instance[names.stack] as { value: bigint }).value = 10_000n;
  const exports = instance as unknown as Exports;
  const result = answer(exports, parameter);
  return { result, memory: new Uint8Array(exports.memory.buffer), fuel: fuel - counter.value };
}

function answer(exports: Exports, parameter: number): number | string {
  try {
    return exports.main(parameter);
  } catch (error) {
    if (!(error instanceof engine.RuntimeError)) throw error;
    return error.message;
  }
}

describe("cloud/runtime: instrumented against raw", () => {
  const seed = 0x4e65_7875;
  it(`agrees with V8 on random modules, with the same fuel every time (seed ${seed})`, () => {
    let returned = 0;
    fc.assert(
      fc.property(modules, fc.integer(), (wat, parameter) => {
        const wasm = assemble(wat);
        const raw = runRaw(wasm, parameter);
        const first = runInstrumented(wasm, parameter, 10n ** 12n);
        expect(first.result).to.equal(raw.result);
        expect(Buffer.compare(first.memory, raw.memory)).to.equal(0);
        const second = runInstrumented(wasm, parameter, 10n ** 12n);
        expect([second.result, second.fuel]).to.deep.equal([first.result, first.fuel]);
        if (typeof raw.result === "string") return;
        returned++;
        // With one unit less the counter ends below zero, and with exactly enough it does not.
        expect(runInstrumented(wasm, parameter, first.fuel).result).to.equal(raw.result);
        const short = runInstrumented(wasm, parameter, first.fuel - 1n);
        expect(short.fuel > first.fuel - 1n || short.result === "unreachable").to.equal(true);
      }),
      { numRuns: 400, seed },
    );
    expect(returned).to.be.greaterThan(150);
  });
});
