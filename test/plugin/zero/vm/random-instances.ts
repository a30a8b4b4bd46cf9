/** What becomes of random modules before and while they run: V8's, the cloud's and the machine's opinion. */
import { expect } from "chai";

import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { prepareProgram } from "../../../../plugin/cloud/runtime/prepare.ts";
import { decode } from "../../../../plugin/wasm/decode.ts";
import {
  engine,
  type CompiledModule,
  type EngineExports,
  type EngineMemory,
} from "../../../../plugin/wasm/engine.ts";
import { WasmError } from "../../../../plugin/wasm/error.ts";
import { GuestMemory } from "../../../../plugin/wasm/guest-memory.ts";
import { validate, type ValidModule } from "../../../../plugin/wasm/validate.ts";
import { wasiFunctions, wasiModule } from "../../../../plugin/wasm/wasi.ts";
import { constantOf } from "../../../../plugin/zero/vm/constant-expression.ts";
import { execute } from "../../../../plugin/zero/vm/executor.ts";
import { machineLimits } from "../../../../plugin/zero/vm/limits.ts";
import { translate } from "../../../../plugin/zero/vm/translate.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { seeded } from "../../../seeded.ts";
import { outcomeNames, run } from "../../cloud/runtime/programs.ts";
import { randomInstance } from "./random-instance.ts";

/** "refused", "trap", or the exit code, with the output if that is 0. */
type End = string;

const ended = (code: number, output: Uint8Array): End =>
  code === 0 ? `exit 0 ${Buffer.from(output).toString("hex")}` : `exit ${code}`;

class Exit extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

function onV8(module: CompiledModule): End {
  const written: number[] = [];
  let exports: EngineExports | undefined;
  const functions = wasiFunctions(() => new GuestMemory(exports!["memory"] as EngineMemory), {
    charge: () => {},
    read: () => new Uint8Array(0),
    write: (_, bytes) => written.push(...bytes),
    random: (length) => new Uint8Array(length),
    exit: (code) => {
      throw new Exit(code);
    },
  });
  try {
    exports = new engine.Instance(module, { [wasiModule]: functions }).exports;
    (exports["_start"] as () => void)();
  } catch (error) {
    if (error instanceof Exit) return ended(error.code, Uint8Array.from(written));
    if (error instanceof engine.RuntimeError) return "trap";
    throw error;
  }
  return ended(0, Uint8Array.from(written));
}

function onCloud(wasm: Uint8Array): End {
  try {
    prepareProgram(wasm);
  } catch (error) {
    if (error instanceof WasmError) return "refused";
    throw error;
  }
  const { outcome, exitCode, output } = run(wasm);
  if (outcome === Outcome.Trapped) return "trap";
  return exitCode === undefined ? outcomeNames.get(outcome)! : ended(exitCode, output);
}

function onMachine(valid: ValidModule): End {
  try {
    return ended(0, execute(translate(valid), { steps: 1_000_000 }).journal);
  } catch (error) {
    if (error instanceof WasmError)
      return error.message.endsWith("the program traps at once") ? "trap" : "refused";
    if (!(error instanceof MachineTrap)) throw error;
    if (error.exitCode !== undefined) return `exit ${error.exitCode}`;
    expect(error.kind).not.to.match(/^too|too long$/);
    return "trap";
  }
}

/** Whether the active data segments lie so far apart that their image has no place in a proof: what Nexus Zero alone refuses. */
function dataTooWide({ module }: ValidModule): boolean {
  const filled = module.data.flatMap(({ mode, bytes }) =>
    mode.kind === "active" && bytes.length > 0
      ? [{ from: Number(constantOf(mode.offset)), length: bytes.length }]
      : [],
  );
  const first = Math.min(...filled.map(({ from }) => Math.floor(from / 8)));
  const end = Math.max(...filled.map(({ from, length }) => Math.ceil((from + length) / 8)));
  return end - first > machineLimits.imageWords;
}

describe("Nexus Zero's machine: random instances", function () {
  const modules = process.env["NEXUS_SLOW"] === "1" ? 6_000 : 200;
  this.timeout(60_000 + 200 * modules);

  it(`agrees with V8 and the cloud on ${modules} modules (seeds "nexus zero instance 0"…)`, () => {
    const seen = new Map<string, number>();
    const saw = (what: string): unknown => seen.set(what, (seen.get(what) ?? 0) + 1);
    for (let i = 0; i < modules; i++) {
      const seed = `nexus zero instance ${i}`;
      try {
        const wasm = randomInstance(seeded(seed));
        let valid: ValidModule;
        try {
          valid = validate(decode(wasm));
        } catch (error) {
          if (!(error instanceof WasmError)) throw error;
          saw(error.kind);
          if (error.kind === "invalid" || error.kind === "malformed") {
            expect(() => new engine.Module(wasm), error.message).to.throw(/^WebAssembly\.Module/);
          }
          continue;
        }
        const compiled = new engine.Module(wasm);
        const end = onMachine(valid);
        if (end === "refused" && dataTooWide(valid)) {
          saw("data too wide");
          continue;
        }
        expect(end, "the cloud").to.equal(onCloud(wasm));
        if (end !== "refused") expect(end, "V8").to.equal(onV8(compiled));
        saw(end.startsWith("exit 0") ? "exit 0" : end);
      } catch (error) {
        throw new Error(`seed "${seed}"`, { cause: error });
      }
    }
    // Otherwise the generator makes too much of one kind.
    for (const what of ["exit 0", "trap", "invalid"]) {
      expect(seen.get(what) ?? 0, what).to.be.greaterThan(modules / 20);
    }
    for (const what of ["refused", "limit"]) expect(seen.get(what) ?? 0, what).to.be.greaterThan(0);
  });
});
