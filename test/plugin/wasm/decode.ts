import { expect } from "chai";
import fc from "fast-check";

import { decode } from "../../../plugin/wasm/decode.ts";
import { encode } from "../../../plugin/wasm/encode.ts";
import { WasmError } from "../../../plugin/wasm/error.ts";
import { moduleLimits } from "../../../plugin/wasm/limits.ts";
import { validate } from "../../../plugin/wasm/validate.ts";
import { assemble } from "../cloud/runtime/programs.ts";

const rich = assemble(`(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1 2)
  (table $t 4 funcref)
  (global $g (mut i64) (i64.const -5))
  (data (i32.const 8) "some bytes") (data $passive "more")
  (elem (i32.const 0) $add $sub) (elem $later func $add)
  (func $add (type $binary) (i32.add (local.get 0) (local.get 1)))
  (func $sub (type $binary) (local i64 f64) (local.set 3 (f64.const 2.5)) (i32.sub (local.get 0) (local.get 1)))
  (func $pair (result i32 i64) (i32.const 1) (i64.const -9000000000))
  (func $start (export "_start") (local i32)
    (memory.init $passive (i32.const 0) (i32.const 0) (i32.const 4)) (data.drop $passive)
    (table.init $t $later (i32.const 2) (i32.const 0) (i32.const 1))
    (loop $again
      (block $out
        (br_table $out $again $out (local.get 0))
        (unreachable))
      (br_if $again (i32.lt_s (local.tee 0 (call_indirect $t (type $binary) (local.get 0) (i32.const 1) (i32.const 0))) (i32.const 10))))
    (if (i32.eqz (ref.is_null (ref.null func))) (then (call $exit (i32.const 1)))))) `);

const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content];
const body = (...code: number[]): Uint8Array =>
  Uint8Array.from([
    ...header,
    ...section(1, 1, 0x60, 0, 0),
    ...section(3, 1, 0),
    ...section(5, 1, 0, 1),
    ...section(10, 1, code.length + 2, 0, ...code, 0x0b),
  ]);

function refusal(bytes: Uint8Array): WasmError {
  try {
    validate(decode(bytes));
  } catch (error) {
    expect(error).to.be.instanceOf(WasmError);
    return error as WasmError;
  }
  throw new Error("was not refused");
}

describe("wasm/decode", () => {
  it("gives back what encode takes", () => {
    const module = decode(rich);
    expect(encode(decode(encode(module)))).to.deep.equal(encode(module));
    expect(validate(module).shapes).to.have.length(4);
  });

  it("names functions from the name section, and survives a broken one", () => {
    const name = [...new TextEncoder().encode("name")];
    const good = [1, 6, 1, 0, 3, 0x66, 0x6f, 0x6f];
    const withNames = (content: number[]): Uint8Array =>
      Uint8Array.from([...body(), ...section(0, name.length, ...name, ...content)]);
    expect(decode(withNames(good)).functionNames.get(0)).to.equal("foo");
    expect(decode(withNames([1, 6, 9, 0, 3, 0x66, 0x6f, 0x6f])).functionNames.size).to.equal(0);
  });

  const features: [string, Uint8Array][] = [
    ["threads", body(0xfe, 0x03, 0x00)],
    ["SIMD", body(0xfd, 0x0c, ...Array<number>(16).fill(0), 0x1a)],
    ["SIMD", body(0xfd, 0x80, 0x02)],
    ["tail calls", body(0x12, 0)],
    ["exception handling", body(0x08, 0)],
    ["exception handling", body(0x1f, 0x40, 0)],
    ["typed function references", body(0x14, 0)],
    ["garbage collection", body(0xfb, 0x00, 0)],
    ["multi-memory", body(0x41, 0, 0x28, 0x42, 1, 0, 0x1a)],
  ];
  for (const [feature, bytes] of features) {
    it(`refuses ${feature}, naming function and byte`, () => {
      const error = refusal(bytes);
      expect(error.kind).to.equal("unsupported");
      expect(error.message)
        .to.include(feature)
        .and.include("function 0")
        .and.match(/at byte \d+/);
    });
  }

  it("refuses memory64, shared memory, tags and GC types", () => {
    const types: [string, number[]][] = [
      ["memory64", section(5, 1, 4, 1)],
      ["threads", section(5, 1, 3, 1, 1)],
      ["exception handling", section(13, 1, 0, 0)],
      ["garbage collection", section(1, 1, 0x5f, 0)],
      ["SIMD", section(1, 1, 0x60, 1, 0x7b, 0)],
      ["multi-memory", section(5, 2, 0, 1, 0, 1)],
    ];
    for (const [feature, bytes] of types) {
      const error = refusal(Uint8Array.from([...header, ...bytes]));
      expect(error.kind, feature).to.equal("unsupported");
      expect(error.message).to.include(feature);
    }
  });

  it("refuses what is larger than the limits", () => {
    const memory = refusal(Uint8Array.from([...header, ...section(5, 1, 0, 0x81, 0x08)]));
    expect(memory).to.include({ kind: "limit" });
    expect(memory.message).to.include("1025 pages");
    const table = refusal(Uint8Array.from([...header, ...section(4, 1, 0x70, 0, 0x81, 0x80, 0x40)]));
    expect(table).to.include({ kind: "limit" });
    const locals = Uint8Array.from([
      ...header,
      ...section(1, 1, 0x60, 0, 0),
      ...section(3, 1, 0),
      ...section(10, 1, 5, 1, 0x81, 0x40, 0x7f, 0x0b),
    ]);
    expect(refusal(locals)).to.include({ kind: "limit", functionIndex: 0 });
    const nested = new Array<number[]>(moduleLimits.nesting).fill([0x02, 0x40]).flat();
    const deep = assembleBody([...nested, ...new Array<number>(moduleLimits.nesting).fill(0x0b)]);
    expect(refusal(deep)).to.include({ kind: "limit" });
    const long = assembleBody(new Array<number>(moduleLimits.bodyBytes).fill(0x01));
    expect(refusal(long)).to.include({ kind: "limit" });
    expect(refusal(new Uint8Array(moduleLimits.moduleBytes + 1))).to.include({ kind: "limit" });
  });

  it("answers any change of any byte with a module or a WasmError", () => {
    const outcomes = { taken: 0, refused: 0 };
    const attempt = (bytes: Uint8Array): void => {
      try {
        const valid = validate(decode(bytes));
        encode(valid.module);
        outcomes.taken++;
      } catch (error) {
        if (!(error instanceof WasmError)) throw error;
        outcomes.refused++;
      }
    };
    for (let at = 0; at < rich.length; at++) {
      for (const value of [0x00, 0x01, 0x0b, 0x40, 0x7f, 0x80, 0xfc, 0xff, rich[at]! ^ 1]) {
        const changed = rich.slice();
        changed[at] = value;
        attempt(changed);
      }
      attempt(rich.slice(0, at));
    }
    const edits = fc.array(fc.tuple(fc.nat(rich.length - 1), fc.nat(255)), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(edits, (list) => {
        const changed = rich.slice();
        for (const [at, value] of list) changed[at] = value;
        attempt(changed);
      }),
      { numRuns: 3_000, seed: 0x4e65 },
    );
    expect(outcomes.taken).to.be.greaterThan(100);
    expect(outcomes.refused).to.be.greaterThan(1_000);
  });

  it("takes nothing that V8 refuses", () => {
    const v8 = (globalThis as unknown as { WebAssembly: { validate(bytes: Uint8Array): boolean } })
      .WebAssembly;
    for (let at = 8; at < rich.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const changed = rich.slice();
        changed[at] = changed[at]! ^ (1 << bit);
        try {
          validate(decode(changed));
        } catch {
          continue;
        }
        expect(v8.validate(changed), `byte ${at}, bit ${bit}`).to.equal(true);
      }
    }
  });
});

/** As `body`, with lengths of more than one byte. */
function assembleBody(code: number[]): Uint8Array {
  const leb = (value: number): number[] =>
    value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(Math.floor(value / 128))];
  const whole = [0, ...code, 0x0b];
  const content = [1, ...leb(whole.length), ...whole];
  return Uint8Array.from([
    ...header,
    ...section(1, 1, 0x60, 0, 0),
    ...section(3, 1, 0),
    10,
    ...leb(content.length),
    ...content,
  ]);
}
