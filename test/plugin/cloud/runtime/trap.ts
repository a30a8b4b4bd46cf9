import { expect } from "chai";

import { execute as executeInZero } from "../../../../plugin/zero/vm/executor.ts";
import { machineProgram } from "../../../../plugin/zero/vm/machine-program.ts";
import { MachineTrap } from "../../../../plugin/zero/vm/trap.ts";
import { Outcome } from "../../../../plugin/contracts/digests.ts";
import { assemble, run } from "./programs.ts";

/** A command whose only function has a name and does not end well. */
function named(name: string, code: string): Uint8Array {
  const wasm = assemble(`(module (memory (export "memory") 1) (func (export "_start") ${code}))`);
  const text = new TextEncoder().encode(name);
  expect(text.length).to.be.lessThan(100);
  // Subsection 1 of the section "name": one function, number 0.
  const names = [1, text.length + 3, 1, 0, text.length, ...text];
  const section = [4, ...new TextEncoder().encode("name"), ...names];
  return Uint8Array.from([...wasm, 0, section.length, ...section]);
}

const ofUnit = (part: string): string => `_ZN${part.length}${part}E`;

describe("Traps of functions with strange names", () => {
  for (const [name, shown] of [
    ["_ZN3bad4main17h0123456789abcdefE", "bad::main"],
    [ofUnit("$uffffffff$"), "$uffffffff$"],
    [ofUnit("$u110000$"), "$u110000$"],
    [ofUnit("$ud800$"), "$ud800$"],
    [ofUnit("$__proto__$"), "$__proto__$"],
    ["_ZN99999999999999999999999999xE", "_ZN99999999999999999999999999xE"],
    ["__proto__", "__proto__"],
  ] as const) {
    it(`are results of the run, in the cloud and in Zero: ${name}`, () => {
      const result = run(named(name, "unreachable"));
      expect(result.outcome).to.equal(Outcome.Trapped);
      expect(result.trap).to.include({ kind: "unreachable", functionName: shown });

      expect(run(named(name, "(loop (br 0))")).outcome).to.equal(Outcome.OutOfFuel);

      const program = machineProgram({ name: "named", module: named(name, "unreachable") });
      expect(() => executeInZero(program)).to.throw(MachineTrap, `(${shown})`);
    });
  }
});
