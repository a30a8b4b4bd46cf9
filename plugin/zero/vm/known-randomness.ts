import { decode } from "../../wasm/decode.ts";

/**
 * A warning in one sentence about a module that reads random bytes: in a run that is proven they are the same every time, and known.
 * Undefined for a module that cannot. Rust's HashMap reads them too, harmlessly, so this is nothing to refuse a module for.
 *
 * @throws WasmError for what is no module
 */
export function knownRandomness({ name, module }: { name: string; module: Uint8Array }): string | undefined {
  const { imports } = decode(module);
  if (!imports.some((one) => one.module === "wasi_snapshot_preview1" && one.name === "random_get"))
    return undefined;
  return (
    `${name} imports random_get, whose bytes in Nexus Zero are the same in every run and known to everybody: ` +
    "let nothing secret depend on them, such as a salt or a key."
  );
}
