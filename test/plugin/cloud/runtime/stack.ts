import { expect } from "chai";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { execute } from "../../../../plugin/cloud/runtime/execute.ts";
import { prepareProgram } from "../../../../plugin/cloud/runtime/prepare.ts";
import { emptyInvocation, program, run } from "./programs.ts";

const list = (count: number, item: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => item(i)).join(" ");
const start = (call: string): string => `(func $start (drop (call $f ${call})))`;
const sum = (type: string, from: number, count: number): string =>
  `${`(${type}.add `.repeat(count - 1)} (local.get ${from}) ${list(count - 1, (i) => `(local.get ${from + i + 1}))`)}`;
const loads = (type: string, count: number, from: number): string =>
  list(count, (i) => `(local.set ${from + i} (${type}.load (i32.const ${8 * i})))`);

/** Endless recursions whose frames are as large as V8 can be made to make them for what they are counted. */
const shapes: Readonly<Record<string, string>> = {
  "nothing in the frame": `(func $f (result i32) (i32.add (call $f) (i32.const 1))) ${start("")}`,
  "one parameter": `(func $f (param i32) (result i32)
    (i32.add (call $f (i32.add (local.get 0) (i32.const 1))) (local.get 0))) ${start("(i32.const 1)")}`,
  "calls to the host on the way": `(func $f (param i32) (result i32)
    (if (call $random (i32.const 0) (i32.const 8)) (then unreachable))
    (i32.add (call $f (i32.add (local.get 0) (i32.const 1))) (local.get 0))) ${start("(i32.const 1)")}`,
};
for (const n of [16, 64, 250]) {
  Object.assign(shapes, {
    [`${n} parameters`]: `(func $f (param ${list(n, () => "i64")}) (result i64)
      (i64.add (call $f ${list(n, (i) => `(i64.add (local.get ${(i + 1) % n}) (i64.const ${i + 1}))`)}) ${sum("i64", 0, n)}))
      ${start(list(n, (i) => `(i64.const ${i})`))}`,
    [`${n} floats live across the call`]: `(func $f (param f64) (result f64) (local ${list(n, () => "f64")})
      ${loads("f64", n, 1)} (f64.add (call $f (local.get ${n - 1})) ${sum("f64", 1, n)})) ${start("(f64.const 1)")}`,
    [`${n} results`]: `(func $f (result ${list(n, () => "i64")})
      (if (i32.eqz (i32.const 1)) (then unreachable)) (return (call $f)))
      (func $start (call $f) ${list(n, () => "drop")})`,
    [`${n} operands on the stack`]: `(func $f (result i64)
      ${list(n, (i) => `(i64.load (i32.const ${8 * i}))`)} (call $f) ${list(n, () => "i64.add")}) ${start("")}`,
    [`${n} calls one after the other`]: `(func $f (param i64) (result i64)
      ${list(n, (i) => `(local.set 0 (i64.add (call $f (i64.const ${i})) (i64.mul (local.get 0) (i64.const ${i + 3}))))`)}
      (local.get 0)) ${start("(i64.const 1)")}`,
    [`two functions that could be inlined, ${n} locals`]: `(func $g (param i64) (result i64) (local ${list(n, () => "i64")})
      ${loads("i64", n, 1)} (i64.add (call $f (local.get 0)) ${sum("i64", 1, n)}))
      (func $f (param i64) (result i64) (i64.add (call $g (i64.const 1)) (call $g (local.get 0)))) ${start("(i64.const 1)")}`,
  });
}

describe("cloud/runtime: deep recursion", () => {
  for (const [name, fields] of Object.entries(shapes)) {
    it(`${name}: traps before the engine's own stack ends, however it was compiled`, () => {
      const prepared = prepareProgram(program(fields));
      // Often enough for V8 to replace the baseline code by optimised code, whose frames are different.
      for (let i = 0; i < 12; i++) {
        const result = execute(prepared, emptyInvocation);
        expect(result.outcome).to.equal(Outcome.Trapped);
        expect(result.trap!.kind).to.equal("call stack exhausted");
        expect(result.fuelUsed).to.equal(1_000_000_000n);
      }
    });
  }

  it("counts what an optimiser keeps over a call because it is computed again behind it", () => {
    const sums = list(
      60,
      (k) => `(local.set $s (i64.xor (local.get $s) (i64.mul (local.get $x) (i64.const ${2 * k + 3}))))`,
    );
    const prepared = prepareProgram(
      program(`(func $f (param $x i64) (result i64) (local $s i64)
        (if (i64.eqz (local.get $x)) (then (return (i64.const 0))))
        ${sums} (local.set $s (i64.add (local.get $s) (call $f (i64.sub (local.get $x) (i64.const 1))))) ${sums} (local.get $s))
        (func $start (local $i i32)
          (loop $warm (drop (call $f (i64.const 10)))
            (br_if $warm (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 20000))))
          (drop (call $f (i64.const 100000))))`),
    );
    for (let i = 0; i < 4; i++)
      expect(execute(prepared, emptyInvocation).trap!.kind).to.equal("call stack exhausted");
  });

  it("allows recursion that ends, and gives frames back", () => {
    const down = `(func $f (param i32) (result i32)
      (if (result i32) (local.get 0) (then (i32.add (i32.const 1) (call $f (i32.sub (local.get 0) (i32.const 1))))) (else (i32.const 0))))`;
    const deep = (depth: number, times: number): string => `${down} (func $start (local $i i32)
      (loop $again
        (if (i32.ne (call $f (i32.const ${depth})) (i32.const ${depth})) (then unreachable))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${times})))))`;
    expect(run(program(deep(4_000, 50))).outcome).to.equal(Outcome.Success);
    expect(run(program(deep(40_000, 1))).trap!.kind).to.equal("call stack exhausted");
  });

  it("counts large frames of functions that call nothing", () => {
    const leaf = `(func $leaf (result i64) (local ${list(8_000, () => "i64")}) (local.get 7999))`;
    expect(run(program(`${leaf} (func $start (drop (call $leaf)))`)).outcome).to.equal(Outcome.Success);
    const chain = `(func $f (param i32) (result i32) (local ${list(8_000, () => "i64")})
      (if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))`;
    expect(run(program(`${chain} (func $start (drop (call $f (i32.const 6))))`)).outcome).to.equal(
      Outcome.Success,
    );
    expect(run(program(`${chain} (func $start (drop (call $f (i32.const 9))))`)).trap!.kind).to.equal(
      "call stack exhausted",
    );
  });
});
