/** The integer part of the WebAssembly core test suite on the machine. */
import { expect } from "chai";

import { Machine } from "../../../../plugin/zero/vm/executor.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import { WasmError } from "../../../../plugin/wasm/error.ts";
import { validate, type ValidModule } from "../../../../plugin/wasm/validate.ts";
import { suiteMissing, testSuite, type SuiteAction, type SuiteScript } from "../../wasm/testsuite.ts";

/** Integer scripts, with the assertions that must at least be run: leaving functions out for what they use is seen. */
const scripts: Readonly<Record<string, number>> = {
  address: 217,
  align: 39,
  block: 49,
  br: 70,
  br_if: 83,
  call_indirect: 87,
  conversions: 24,
  exports: 6,
  fac: 7,
  forward: 4,
  func: 83,
  func_ptrs: 22,
  i32: 374,
  i64: 384,
  int_literals: 30,
  load: 37,
  local_get: 17,
  local_set: 13,
  local_tee: 47,
  loop: 58,
  memory: 52,
  memory_copy: 4338,
  memory_fill: 20,
  memory_grow: 84,
  memory_size: 36,
  memory_trap: 128,
  names: 481,
  nop: 83,
  return: 57,
  select: 114,
  "skip-stack-guard-page": 10,
  start: 6,
  store: 9,
  traps: 22,
  unreachable: 62,
  "unreached-valid": 5,
};

/** The other scripts, by what keeps them out. */
const others: Readonly<Record<string, readonly string[]>> = {
  "floating point, which the machine does not have": [
    ...["const", "f32", "f32_bitwise", "f32_cmp", "f64", "f64_bitwise", "f64_cmp"],
    ...["float_literals", "float_memory", "float_misc"],
  ],
  "nothing is run: decoding and validation, which test/plugin/wasm tests": [
    ...[
      "binary",
      "binary-leb128",
      "custom",
      "data",
      "inline-module",
      "obsolete-keywords",
      "table",
      "table-sub",
    ],
    ...["token", "type", "unreached-invalid", "utf8-custom-section-id", "utf8-import-field"],
    ...["utf8-import-module", "utf8-invalid-encoding"],
  ],
  "modules that import from each other or from the suite's host, which no command does": [
    ...["elem", "global", "imports", "linking"],
  ],
  "passive segments, and tables and references as values, which the machine does not have": [
    ...["bulk", "memory_init", "ref_func", "ref_is_null", "ref_null", "table_copy", "table_init"],
  ],
};

class Module {
  readonly #valid: ValidModule;
  readonly #exports: ReadonlySet<string>;
  readonly #machine: Machine | undefined;

  constructor(wasm: Uint8Array) {
    this.#valid = validate(decode(wasm));
    const names = this.#valid.module.exports
      .filter((item) => item.kind === "function")
      .map((item) => item.name);
    this.#exports = new Set(names.filter((name) => this.#translates([name])));
    if (!this.#translates([])) return;
    const program = translate(this.#valid, [...this.#exports]);
    this.#machine = new Machine(program, { steps: 20_000_000 });
    this.#machine.run();
  }

  /** Whether the machine has what an action needs. */
  takes(action: SuiteAction): boolean {
    return (
      action.type === "invoke" &&
      this.#machine !== undefined &&
      this.#exports.has(action.field) &&
      action.args!.every(({ type }) => !type.endsWith("ref"))
    );
  }

  act(action: SuiteAction): bigint[] {
    return this.#machine!.invoke(
      action.field,
      action.args!.map((each) => BigInt(each.value!)),
    );
  }

  #translates(names: string[]): boolean {
    try {
      translate(this.#valid, names);
      return true;
    } catch (error) {
      if (error instanceof WasmError && error.kind === "unsupported") return false;
      throw error;
    }
  }
}

/** Runs a script; returns the number of assertions that were held. */
function run(script: SuiteScript): number {
  const named = new Map<string, Module>();
  let last: Module | undefined;
  let held = 0;
  for (const command of script.commands) {
    const where = `${script.name}.wast:${command.line}`;
    if (command.type === "module") {
      try {
        last = new Module(script.read(command.filename!));
      } catch (error) {
        // Modules that are larger than Nexus takes; that they are refused is the decoder's test.
        if (!(error instanceof WasmError && error.kind === "limit")) throw new Error(where, { cause: error });
        last = undefined;
      }
      if (command.name !== undefined && last !== undefined) named.set(command.name, last);
      continue;
    }
    const { action } = command;
    const module = action?.module === undefined ? last : named.get(action.module);
    if (action === undefined || module === undefined || !module.takes(action)) continue;
    switch (command.type) {
      case "action":
        module.act(action);
        break;
      case "assert_return":
        expect(module.act(action), where).to.deep.equal(command.expected!.map((each) => BigInt(each.value!)));
        held++;
        break;
      case "assert_trap":
      case "assert_exhaustion":
        expect(trapOf(module, action, where), where).to.equal(command.text);
        held++;
        break;
      default:
    }
  }
  return held;
}

function trapOf(module: Module, action: SuiteAction, where: string): string {
  try {
    module.act(action);
  } catch (error) {
    if (error instanceof MachineTrap) return error.kind;
    throw new Error(where, { cause: error });
  }
  return "no trap";
}

describe("Nexus Zero's machine on the WebAssembly core test suite", function () {
  this.timeout(60_000);
  const suite = testSuite();
  if (suite === undefined) {
    it(suiteMissing, function () {
      this.skip();
    });
    return;
  }
  it("has no script but those that are run and those that are left out for a reason", () => {
    const known = [...Object.keys(scripts), ...Object.values(others).flat()].sort();
    expect(suite.map(({ name }) => name).sort()).to.deep.equal(known);
  });
  for (const [name, least] of Object.entries(scripts)) {
    it(`${name}: at least ${least} assertions`, function () {
      const script = suite.find((each) => each.name === name);
      expect(script, `script ${name}`).to.not.equal(undefined);
      expect(run(script!)).to.be.at.least(least);
    });
  }
});
