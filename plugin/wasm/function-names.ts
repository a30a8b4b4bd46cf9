import { ByteReader } from "./byte-reader.ts";
import { WasmError } from "./error.ts";
import type { CustomSection } from "./module.ts";

/**
 * Function names from the custom section `name` (Core Specification 2.0, §7.4.1). Names are for messages only, so a broken
 * section gives the names read so far and is no reason to refuse a module.
 */
export function decodeFunctionNames(customs: readonly CustomSection[]): Map<number, string> {
  const names = new Map<number, string>();
  const section = customs.find((custom) => custom.name === "name");
  if (section === undefined) return names;
  const reader = new ByteReader(section.bytes);
  try {
    while (!reader.done) {
      const id = reader.byte();
      const content = new ByteReader(reader.take(reader.u32()));
      if (id !== 1) continue;
      for (let count = content.count(); count > 0; count--) names.set(content.u32(), content.name());
    }
  } catch (error) {
    if (!(error instanceof WasmError)) throw error;
  }
  return names;
}
