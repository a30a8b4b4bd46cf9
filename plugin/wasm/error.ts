/**
 * Why a module was refused.
 *
 * - `malformed`: not the WebAssembly binary format
 * - `invalid`: well-formed, but does not pass validation
 * - `unsupported`: a WebAssembly feature that Nexus does not take
 * - `limit`: larger than Nexus takes
 */
export type WasmErrorKind = "malformed" | "invalid" | "unsupported" | "limit";

/** A module that is refused; the message names what is wrong, and where. */
export class WasmError extends Error {
  readonly kind: WasmErrorKind;
  /** Byte offset in the module. */
  readonly offset: number;
  /** Index of the function (imports counted) whose body is at fault, if one is. */
  readonly functionIndex: number | undefined;

  constructor(kind: WasmErrorKind, what: string, offset: number, functionIndex?: number) {
    const where = functionIndex === undefined ? "" : ` in function ${functionIndex}`;
    super(`${kind} WebAssembly${where} at byte ${offset}: ${what}`);
    this.name = "WasmError";
    this.kind = kind;
    this.offset = offset;
    this.functionIndex = functionIndex;
  }
}
