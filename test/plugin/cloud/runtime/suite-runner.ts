/** Runs scripts of the WebAssembly core test suite through decode, validate and instrument. */
import { ByteWriter } from "../../../../plugin/wasm/byte-writer.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { encode, i64Constant } from "../../../../plugin/wasm/encode.ts";
import { engine } from "../../../../plugin/wasm/engine.ts";
import { op } from "../../../../plugin/wasm/instructions.ts";
import { moduleLimits } from "../../../../plugin/wasm/limits.ts";
import type { FunctionType, ValueType } from "../../../../plugin/wasm/module.ts";
import { validate } from "../../../../plugin/wasm/validate.ts";
import { instrument } from "../../../../plugin/cloud/runtime/instrument.ts";
import { fuelPer, stackLimits } from "../../../../plugin/cloud/runtime/limits.ts";
import type { SuiteAction, SuiteScript, SuiteValue } from "../../wasm/testsuite.ts";

type Exports = Record<string, unknown>;
type AnyFunction = (...parameters: unknown[]) => unknown;

/** What the suite needs of the engine beyond what Nexus uses. */
export const suiteEngine = engine as unknown as {
  Memory: new (type: object) => object;
  Table: new (type: object) => object;
  Global: new (type: object, value: number | bigint) => object;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: Exports };
  LinkError: new () => Error;
  RuntimeError: new () => Error;
};

const growth = { memoryPages: 65_536, tableEntries: 10_000_000 };
const suiteLimits = { ...moduleLimits, memoryPages: 65_536, tableEntries: 2 ** 32 - 1 };

interface Linked {
  readonly exports: Exports;
  readonly types: ReadonlyMap<string, FunctionType>;
  readonly fuel: { value: bigint };
  readonly stack: { value: bigint };
}

export class SuiteRunner {
  readonly #script: SuiteScript;
  readonly #registered: Record<string, Exports> = { spectest: spectest() };
  readonly #named = new Map<string, Linked>();
  readonly #all: Linked[] = [];
  #last: Linked | undefined;

  constructor(script: SuiteScript) {
    this.#script = script;
  }

  instantiate(filename: string, name?: string): void {
    const valid = validate(decode(this.#script.read(filename)), suiteLimits);
    const { bytes, fuel, stack, start } = instrument(valid, growth);
    const { exports } = new suiteEngine.Instance(new suiteEngine.Module(filled(bytes)), this.#registered);
    const linked: Linked = {
      exports,
      types: new Map(
        valid.module.exports
          .filter((item) => item.kind === "function")
          .map((item) => [item.name, valid.context.functions[item.index]!]),
      ),
      fuel: exports[fuel] as Linked["fuel"],
      stack: exports[stack] as Linked["stack"],
    };
    this.#all.push(linked);
    this.#refill();
    if (start !== undefined) (exports[start] as () => void)();
    this.#last = linked;
    if (name !== undefined) this.#named.set(name, linked);
  }

  register(as: string, name: string | undefined): void {
    this.#registered[as] = this.#find(name).exports;
  }

  /** Results of an action: integers and floats as their bits, references as they are. */
  act(action: SuiteAction): unknown[] {
    const linked = this.#find(action.module);
    this.#refill();
    const target = linked.exports[action.field];
    if (action.type === "get") return [(target as { value: unknown }).value];
    const type = linked.types.get(action.field)!;
    const result = bitwise(target as AnyFunction, type)(...action.args!.map(toBits));
    return type.results.length === 0 ? [] : type.results.length === 1 ? [result] : [...(result as unknown[])];
  }

  /** Whether the last action used up the stack counter of some module. */
  get overflown(): boolean {
    return this.#all.some((each) => each.stack.value < 0n);
  }

  #find(name: string | undefined): Linked {
    return (name === undefined ? this.#last : this.#named.get(name))!;
  }

  #refill(): void {
    for (const each of this.#all) {
      each.fuel.value = fullFuel;
      each.stack.value = BigInt(stackLimits.slots);
    }
  }
}

/** Enough for bulk operations on 2^32 elements of the dearest kind, which are paid for before they trap. */
const fullFuel = BigInt(fuelPer.tableWrite) * 2n ** 33n;

/**
 * Starts the two counters, the last globals, full instead of empty: a module that fails to instantiate can leave functions in
 * another's table, and nobody can reach its counters.
 */
function filled(bytes: Uint8Array): Uint8Array {
  const module = decode(bytes);
  const counters = module.globals.slice(-2);
  const globals = [
    ...module.globals.slice(0, -2),
    { ...counters[0]!, init: i64Constant(fullFuel) },
    { ...counters[1]!, init: i64Constant(BigInt(stackLimits.slots)) },
  ];
  return encode({ ...module, globals });
}

function spectest(): Exports {
  const print = (): void => {};
  return {
    print,
    print_i32: print,
    print_i64: print,
    print_f32: print,
    print_f64: print,
    print_i32_f32: print,
    print_f64_f64: print,
    global_i32: new suiteEngine.Global({ value: "i32" }, 666),
    global_i64: new suiteEngine.Global({ value: "i64" }, 666n),
    global_f32: new suiteEngine.Global({ value: "f32" }, Math.fround(666.6)),
    global_f64: new suiteEngine.Global({ value: "f64" }, 666.6),
    memory: new suiteEngine.Memory({ initial: 1, maximum: 2 }),
    table: new suiteEngine.Table({ initial: 10, maximum: 20, element: "anyfunc" }),
  };
}

/** Wraps a function so that floats go in and come out as integers: JavaScript numbers lose payloads of NaNs. */
export function bitwise(inner: AnyFunction, type: FunctionType): AnyFunction {
  const asBits = (each: ValueType): ValueType => (each === 0x7d ? 0x7f : each === 0x7c ? 0x7e : each);
  const outer: FunctionType = { params: type.params.map(asBits), results: type.results.map(asBits) };
  const code = new ByteWriter();
  const local = (opcode: number, index: number): void => {
    code.opcode(opcode);
    code.u32(index);
  };
  type.params.forEach((param, i) => {
    local(op.localGet, i);
    if (param === 0x7d) code.byte(0xbe);
    if (param === 0x7c) code.byte(0xbf);
  });
  code.append([op.call, 0]);
  const first = type.params.length;
  for (let i = type.results.length - 1; i >= 0; i--) local(op.localSet, first + i);
  type.results.forEach((result, i) => {
    local(op.localGet, first + i);
    if (result === 0x7d) code.byte(0xbc);
    if (result === 0x7c) code.byte(0xbd);
  });
  code.byte(op.end);
  const wrapper = encode({
    types: [type, outer],
    imports: [{ module: "m", name: "f", description: { kind: "function", typeIndex: 0 }, offset: 0 }],
    functions: [
      {
        typeIndex: 1,
        locals: type.results.map((result) => ({ count: 1, type: result })),
        body: { code: code.finish(), offset: 0 },
      },
    ],
    tables: [],
    memories: [],
    globals: [],
    exports: [{ name: "f", kind: "function", index: 1 }],
    start: undefined,
    elements: [],
    dataCount: undefined,
    data: [],
    customs: [],
    functionNames: new Map(),
  });
  const instance = new suiteEngine.Instance(new suiteEngine.Module(wrapper), { m: { f: inner } });
  return instance.exports["f"] as AnyFunction;
}

function toBits({ type, value }: SuiteValue): unknown {
  if (type === "i32" || type === "f32") return Number(value) | 0;
  if (type === "i64" || type === "f64") return BigInt(value!);
  return value === "null" ? null : Number(value);
}

/** Whether a result is the expected one. `get`: it is a global's value, so that floats are numbers. */
export function matches(found: unknown, { type, value }: SuiteValue, get: boolean): boolean {
  if (value === undefined) return found !== null;
  if (type === "externref" || type === "funcref") return found === (value === "null" ? null : Number(value));
  if (get && (type === "f32" || type === "f64")) {
    const view = new DataView(new ArrayBuffer(8));
    if (type === "f32") view.setUint32(0, Number(value));
    else view.setBigUint64(0, BigInt(value));
    return Object.is(found, type === "f32" ? view.getFloat32(0) : view.getFloat64(0));
  }
  const narrow = type === "i32" || type === "f32";
  const bits = BigInt.asUintN(narrow ? 32 : 64, BigInt(found as number | bigint));
  const quiet = narrow ? 0x7fc0_0000n : 0x7ff8_0000_0000_0000n;
  const magnitude = BigInt.asUintN(narrow ? 31 : 63, bits);
  if (value === "nan:canonical") return magnitude === quiet;
  if (value === "nan:arithmetic") return (magnitude & quiet) === quiet;
  return bits === BigInt(value);
}
