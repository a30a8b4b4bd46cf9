/** Runs exported functions of a module on V8 and on the machine, side by side. */
import binaryen from "binaryen";
import { expect } from "chai";

import { Machine } from "../../../../plugin/zero/vm/executor.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { engine } from "../../../../plugin/wasm/engine.ts";
import type { FunctionType } from "../../../../plugin/wasm/module.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";

/** Assembles the text of a module, as it is written. */
export function assemble(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  module.setFeatures(
    binaryen.Features.SignExt |
      binaryen.Features.BulkMemory |
      binaryen.Features.BulkMemoryOpt |
      binaryen.Features.ReferenceTypes |
      binaryen.Features.Multivalue |
      binaryen.Features.MutableGlobals,
  );
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/** V8's messages for what the machine calls by the specification's names. */
const kinds: Readonly<Record<string, string>> = {
  unreachable: "unreachable",
  "divide by zero": "integer divide by zero",
  "remainder by zero": "integer divide by zero",
  "divide result unrepresentable": "integer overflow",
  "memory access out of bounds": "out of bounds memory access",
  "table index is out of bounds": "undefined element",
  "null function or function signature mismatch": "indirect call type mismatch",
};

export type Outcome = readonly bigint[] | string;

/** An instance of a module on both engines. */
export class BothEngines {
  readonly machine: Machine;
  readonly #types: ReadonlyMap<string, FunctionType>;
  readonly #v8: Readonly<Record<string, unknown>>;

  constructor(wasm: Uint8Array) {
    const valid = validate(decode(wasm));
    const functions = valid.module.exports.filter((item) => item.kind === "function");
    this.#types = new Map(functions.map((item) => [item.name, valid.context.functions[item.index]!]));
    this.#v8 = new engine.Instance(new engine.Module(wasm), {}).exports;
    this.machine = new Machine(translate(valid, [...this.#types.keys()]), { steps: 50_000_000 });
    this.machine.run();
  }

  /** V8's memory. */
  get memory(): Uint8Array {
    return new Uint8Array((this.#v8["memory"] as { buffer: ArrayBuffer }).buffer);
  }

  /** Calls a function on both, requires that they agree, and returns what they say: results as unsigned bits, or a trap. */
  call(name: string, ...parameters: bigint[]): Outcome {
    const theirs = this.#onV8(name, parameters);
    const ours = this.#onMachine(name, parameters);
    expect(ours, `${name}(${parameters.join(", ")})`).to.deep.equal(theirs);
    return ours;
  }

  #onV8(name: string, parameters: readonly bigint[]): Outcome {
    const type = this.#types.get(name)!;
    const given = parameters.map((bits, i) =>
      type.params[i] === 0x7f ? Number(BigInt.asIntN(32, bits)) : BigInt.asIntN(64, bits),
    );
    try {
      const result = (this.#v8[name] as (...given: unknown[]) => unknown)(...given);
      const all =
        type.results.length === 0 ? [] : type.results.length === 1 ? [result] : [...(result as unknown[])];
      return all.map((each, i) =>
        BigInt.asUintN(type.results[i] === 0x7f ? 32 : 64, BigInt(each as number | bigint)),
      );
    } catch (error) {
      if (error instanceof RangeError) return "call stack exhausted";
      if (error instanceof engine.RuntimeError) return kinds[error.message] ?? error.message;
      throw error;
    }
  }

  #onMachine(name: string, parameters: readonly bigint[]): Outcome {
    try {
      return this.machine.invoke(name, parameters);
    } catch (error) {
      if (!(error instanceof MachineTrap)) throw error;
      // V8 has one message for both.
      return error.kind === "uninitialized element" ? "indirect call type mismatch" : error.kind;
    }
  }
}
