import { expect } from "chai";

import { describeTrap } from "../../../../plugin/cloud/runtime/trap.ts";
import { suiteMissing, testSuite } from "../../wasm/testsuite.ts";
import { matches, suiteEngine, SuiteRunner } from "./suite-runner.ts";

/** Whether a trap is the one the suite expects; V8 does not tell some of them apart. */
function sameTrap(kind: string, expected: string): boolean {
  if (expected.startsWith("uninitialized element")) return kind === "indirect call type mismatch";
  if (expected === "undefined element") return kind === "out of bounds table access";
  if (expected === "integer overflow" && kind === "invalid conversion to integer") return true;
  return expected.startsWith(kind);
}

// No script and no assertion is left out, except texts (assert_malformed with module_type "text"), which are not ours to parse.
describe("cloud/runtime/instrument: WebAssembly core test suite", function () {
  const suite = testSuite();
  if (suite === undefined) {
    it(suiteMissing);
    return;
  }
  for (const script of suite) {
    it(script.name, () => {
      const runner = new SuiteRunner(script);
      for (const { type, line, filename, name, as, action, expected, text } of script.commands) {
        const at = `${script.name}:${line}`;
        switch (type) {
          case "module":
            runner.instantiate(filename!, name);
            break;
          case "register":
            runner.register(as!, name);
            break;
          case "action":
            runner.act(action!);
            break;
          case "assert_return": {
            const found = runner.act(action!);
            expect(found.length, at).to.equal(expected!.length);
            expected!.forEach((wanted, i) => {
              const ok = matches(found[i], wanted, action!.type === "get");
              expect(ok, `${at}: ${JSON.stringify(wanted)}, found ${String(found[i])}`).to.equal(true);
            });
            break;
          }
          case "assert_trap":
          case "assert_uninstantiable": {
            let kind = "no trap";
            try {
              if (action === undefined) runner.instantiate(filename!);
              else runner.act(action);
            } catch (error) {
              expect(error, at).to.be.instanceOf(suiteEngine.RuntimeError);
              kind = describeTrap(error as Error, new Map()).kind;
            }
            expect(runner.overflown, at).to.equal(false);
            expect(sameTrap(kind, text!), `${at}: "${text}", found "${kind}"`).to.equal(true);
            break;
          }
          case "assert_exhaustion":
            expect(() => runner.act(action!), at).to.throw(suiteEngine.RuntimeError);
            expect(runner.overflown, at).to.equal(true);
            break;
          case "assert_unlinkable":
            expect(() => runner.instantiate(filename!), at).to.throw(suiteEngine.LinkError);
        }
      }
    });
  }
});
