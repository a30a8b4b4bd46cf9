/** Every integer operator of WebAssembly on the machine and on V8, on edge cases and random operands. */
import { expect } from "chai";

import { instructions } from "../../../../plugin/wasm/instructions.ts";
import { operations } from "../../../../plugin/zero/vm/wasm-operations.ts";
import { seeded } from "../../../seeded.ts";
import { assemble, BothEngines } from "./both-engines.ts";

const seed = "nexus zero operators 1";
const random = seeded(seed);

const edges = [
  ...[0n, 1n, 2n, 3n, 7n, 8n, 15n, 16n, 31n, 32n, 33n, 63n, 64n, 65n, 127n, 128n, 255n, 256n],
  ...[0x7fffn, 0x8000n, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0x8000_0001n, 0xffff_fffen, 0xffff_ffffn],
  ...[0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn],
];

/** A number of random length, so that small ones come up too. */
const any = (): bigint => random.scalar(1n << 65n) >> (random.scalar(65n) - 1n);

const fit = (type: string, bits: bigint): bigint => BigInt.asUintN(type === "i" ? 32 : 64, bits);
const full = (letter: string): string => (letter === "i" ? "i32" : "i64");
const integer = /^[iI]*$/;

const operators = [...operations.keys()]
  .map((opcode) => instructions.get(opcode)!)
  .filter(({ immediates }) => immediates === "none");

describe("Nexus Zero's machine: operators", function () {
  this.timeout(60_000);

  it("has every integer operator of WebAssembly", () => {
    const missing = [...instructions.values()].filter(
      ({ opcode, operands, results }) =>
        operands !== undefined &&
        operands.length > 0 &&
        integer.test(operands) &&
        integer.test(results!) &&
        !operations.has(opcode),
    );
    // What is left is no operator: translate-function.ts has it, or names it when it refuses it.
    expect(missing.map(({ name }) => name)).to.deep.equal([
      "memory.grow",
      "memory.init",
      "memory.copy",
      "memory.fill",
      "table.init",
      "table.copy",
    ]);
    expect(operators.length).to.equal(66);
  });

  for (const { name, operands, results } of operators) {
    it(`${name} (seed "${seed}")`, () => {
      const [first, second] = [...operands!];
      const pairs: bigint[][] = [];
      if (second === undefined) {
        pairs.push(...edges.map((x) => [x]), ...Array.from({ length: 60 }, () => [any()]));
      } else {
        for (const x of edges) for (const y of edges) pairs.push([x, y]);
        for (let i = 0; i < 60; i++) pairs.push([any(), any()]);
      }
      const constants = second === undefined ? [] : [...edges, any(), any()].map((bits) => fit(second, bits));
      const type = full(first!);
      const result = `(result ${full(results!)})`;
      const both = new BothEngines(
        assemble(`(module
          (func (export "run") (param ${[...operands!].map(full).join(" ")}) ${result}
            (${name} ${[...operands!].map((_, i) => `(local.get ${i})`).join(" ")}))
          ${constants
            .map(
              (bits, i) => `
            (func (export "right${i}") (param ${type}) ${result} (${name} (local.get 0) (${type}.const ${bits})))
            (func (export "left${i}") (param ${type}) ${result} (${name} (${type}.const ${bits}) (local.get 0)))
            (func (export "branch${i}") (param ${type}) (result i32)
              (if (result i32) ${results === "i" ? "" : "(i32.wrap_i64"} (${name} (local.get 0) (${type}.const ${bits}))${results === "i" ? "" : ")"}
                (then (i32.const 7)) (else (i32.const 8))))`,
            )
            .join("")})`),
      );
      for (const pair of pairs) both.call("run", ...pair.map((bits, i) => fit(operands![i]!, bits)));
      for (let i = 0; i < constants.length; i++) {
        for (const bits of edges) {
          for (const form of ["right", "left", "branch"]) both.call(`${form}${i}`, fit(first!, bits));
        }
      }
    });
  }

  const accesses = [...operations]
    .filter(([, { kind }]) => kind === "load" || kind === "store")
    .map(([opcode]) => instructions.get(opcode)!);

  for (const { name, operands, results } of accesses) {
    it(`${name} at every alignment, at the ends of the memory and beyond (seed "${seed}")`, () => {
      const isLoad = results!.length > 0;
      const offsets = [0, 1, 7, 65_530, 65_536, 4_294_967_295];
      const both = new BothEngines(
        assemble(`(module
          (memory (export "memory") 1)
          (data (i32.const 0) "${[...random.bytes(64)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")}")
          (data (i32.const 65472) "${[...random.bytes(64)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")}")
          ${offsets
            .map((offset, i) =>
              isLoad
                ? `(func (export "at${i}") (param i32) (result ${full(results!)})
                     (${name} offset=${offset} align=1 (local.get 0)))`
                : `(func (export "at${i}") (param i32 ${full(operands![1]!)})
                     (${name} offset=${offset} align=1 (local.get 0) (local.get 1)))`,
            )
            .join("")})`),
      );
      const addresses = [
        ...Array.from({ length: 20 }, (_, i) => BigInt(i)),
        ...Array.from({ length: 20 }, (_, i) => BigInt(65_536 - 18 + i)),
        ...[0x7fff_ffffn, 0x8000_0000n, 0xffff_0000n, 0xffff_fffbn, 0xffff_ffffn],
      ];
      for (const address of addresses) {
        for (let i = 0; i < offsets.length; i++) {
          both.call(`at${i}`, address, ...(isLoad ? [] : [fit(operands![1]!, any())]));
        }
      }
      expect(Buffer.compare(both.machine.memory, both.memory)).to.equal(0);
    });
  }
});
