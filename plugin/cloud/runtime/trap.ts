import { demangle } from "../../wasm/demangle.ts";
import type { Trap } from "./invocation.ts";

export const callStackTrap = "call stack exhausted";

/** V8's messages, in the words of the WebAssembly specification. */
const kinds: Readonly<Record<string, string>> = {
  "memory access out of bounds": "out of bounds memory access",
  "table index is out of bounds": "out of bounds table access",
  "element segment out of bounds": "out of bounds table access",
  "table access out of bounds": "out of bounds table access",
  "divide by zero": "integer divide by zero",
  "remainder by zero": "integer divide by zero",
  "divide result unrepresentable": "integer overflow",
  "float unrepresentable in integer range": "invalid conversion to integer",
  "null function or function signature mismatch": "indirect call type mismatch",
};

function kindOf(message: string): string {
  const bare = message.replace("WebAssembly.Instance(): ", "");
  if (/^data segment (\d+ is )?out of bounds/.test(bare)) return "out of bounds memory access";
  return kinds[bare] ?? bare;
}

/**
 * Describes why a run ended, with the innermost function of the program. Instrumentation keeps function indices, so
 * the engine's are the module's. For people only: nothing of it is part of consensus.
 */
export function describeTrap(error: Error, functionNames: ReadonlyMap<number, string>, kind?: string): Trap {
  const what = kind ?? kindOf(error.message);
  const place = /wasm-function\[(\d+)\]/.exec(error.stack ?? "");
  if (place === null) return { kind: what, functionIndex: undefined, functionName: undefined, message: what };
  const functionIndex = Number(place[1]);
  const mangled = functionNames.get(functionIndex);
  const functionName = mangled === undefined ? undefined : demangle(mangled);
  const named =
    functionName === undefined ? `function ${functionIndex}` : `function ${functionIndex} (${functionName})`;
  return { kind: what, functionIndex, functionName, message: `${what} in ${named}` };
}
