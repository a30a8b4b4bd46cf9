/**
 * The WebAssembly core test suite, converted by wast2json: one folder per script, holding NAME.json and the modules it names. It is
 * not part of this repository; tests that need it look beside the repository and are skipped, saying so, when it is not there.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface SuiteValue {
  readonly type: string;
  /** Unsigned decimal bits, `nan:canonical`, `nan:arithmetic`, `null`, or the number of an external reference. */
  readonly value?: string;
}

export interface SuiteAction {
  readonly type: "invoke" | "get";
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly SuiteValue[];
}

export interface SuiteCommand {
  readonly type: string;
  readonly line: number;
  readonly filename?: string;
  readonly module_type?: "binary" | "text";
  readonly name?: string;
  readonly as?: string;
  readonly text?: string;
  readonly action?: SuiteAction;
  readonly expected?: readonly SuiteValue[];
}

export interface SuiteScript {
  readonly name: string;
  readonly commands: readonly SuiteCommand[];
  read(filename: string): Uint8Array;
}

const candidates = ["../shared/wasm-testsuite", "../../shared/wasm-testsuite"];

/** All scripts of the suite; undefined when it is not there. */
export function testSuite(): SuiteScript[] | undefined {
  const root = candidates
    .map((path) => fileURLToPath(new URL(`../../../${path}/`, import.meta.url)))
    .find((path) => existsSync(path));
  if (root === undefined) return undefined;
  return readdirSync(root)
    .filter((name) => existsSync(`${root}${name}/${name}.json`))
    .map((name) => ({
      name,
      commands: (
        JSON.parse(readFileSync(`${root}${name}/${name}.json`, "utf8")) as { commands: SuiteCommand[] }
      ).commands,
      read: (filename) => readFileSync(`${root}${name}/${filename}`),
    }));
}

export const suiteMissing =
  "WebAssembly core test suite not found beside the repository (shared/wasm-testsuite): skipped";
