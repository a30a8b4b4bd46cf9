import { WasmError } from "../../wasm/error.ts";
import type { WasmModule } from "../../wasm/module.ts";
import { constantOf } from "./constant-expression.ts";
import { machineLimits } from "./limits.ts";
import type { MemoryImage } from "./program.ts";

/** Lays the active data segments out in words. @throws WasmError when one lies outside of the memory, as instantiation would */
export function memoryImage(module: WasmModule): MemoryImage {
  const bytes = (module.memories[0]?.min ?? 0) * 65_536;
  const segments = module.data.flatMap(({ mode, bytes: content }) => {
    if (mode.kind !== "active") return [];
    const start = Number(constantOf(mode.offset));
    if (start + content.length > bytes) {
      throw new WasmError(
        "invalid",
        `a data segment of ${content.length} bytes at ${start} leaves the memory of ${bytes} bytes, so the program traps at once`,
        mode.offset.offset,
      );
    }
    return content.length === 0 ? [] : [{ start, content }];
  });
  if (segments.length === 0) return { first: 0, words: new BigUint64Array(0) };
  // Not as arguments of Math.min: so many would not fit every stack, and what is refused must not depend on it.
  const first = segments.reduce((least, { start }) => Math.min(least, start >>> 3), Infinity);
  const end = segments.reduce(
    (most, { start, content }) => Math.max(most, (start + content.length + 7) >>> 3),
    0,
  );
  if (end - first > machineLimits.imageWords) {
    throw new WasmError(
      "limit",
      `the data segments span ${end - first} words, at most ${machineLimits.imageWords} are taken in Nexus Zero`,
    );
  }
  const words = new BigUint64Array(end - first);
  const image = new Uint8Array(words.buffer);
  for (const { start, content } of segments) image.set(content, start - first * 8);
  return { first, words };
}
