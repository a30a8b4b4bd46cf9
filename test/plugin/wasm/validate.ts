import { expect } from "chai";

import { decode } from "../../../plugin/wasm/decode.ts";
import { encode } from "../../../plugin/wasm/encode.ts";
import { WasmError } from "../../../plugin/wasm/error.ts";
import { moduleLimits } from "../../../plugin/wasm/limits.ts";
import { validate } from "../../../plugin/wasm/validate.ts";
import { suiteMissing, testSuite } from "./testsuite.ts";

/** The suite has modules with larger memories and tables than programs may have. */
const suiteLimits = { ...moduleLimits, memoryPages: 65_536, tableEntries: 2 ** 32 - 1 };

/** Refused all the same, but for another reason than the suite's; by script and line. */
const otherReason: Readonly<Record<string, WasmError["kind"]>> = {
  // Reserved flag bits that the multi-memory, memory64, threads and exceptions proposals have taken since.
  "align:949": "unsupported",
  "align:968": "unsupported",
  "binary:652": "unsupported",
  "binary:662": "unsupported",
  "binary:777": "unsupported",
  "binary:786": "unsupported",
  "binary:824": "unsupported",
  "binary:832": "unsupported",
  "imports:489": "unsupported",
  "imports:493": "unsupported",
  "imports:497": "unsupported",
  "memory:10": "unsupported",
  "memory:11": "unsupported",
  // 2^30 locals and more: our limit comes first.
  "binary:351": "limit",
  "binary:367": "limit",
  // memory.init in a module without data: the missing data count section is seen first.
  "memory_init:190": "malformed",
};

describe("wasm/validate: WebAssembly core test suite", function () {
  const suite = testSuite();
  if (suite === undefined) {
    it(suiteMissing);
    return;
  }
  for (const script of suite) {
    it(script.name, () => {
      for (const { type, line, filename, module_type: form } of script.commands) {
        // The text format is not ours to parse.
        if (filename === undefined || form === "text") continue;
        const bytes = script.read(filename);
        const check = (): unknown => validate(decode(bytes), suiteLimits);
        const at = `${script.name}:${line}`;
        if (type === "assert_malformed" || type === "assert_invalid") {
          const kind = otherReason[at] ?? type.slice("assert_".length);
          expect(check, at).to.throw(WasmError).with.property("kind", kind);
        } else {
          expect(check, at).not.to.throw();
          const once = encode(decode(bytes));
          expect(Buffer.compare(encode(decode(once)), once), `${at}: encoding is stable`).to.equal(0);
          expect(() => validate(decode(once), suiteLimits), `${at}: encoded`).not.to.throw();
        }
      }
    });
  }
});
