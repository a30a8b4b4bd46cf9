/**
 * Why a module was refused.
 *
 * - `malformed`: not the WebAssembly binary format
 * - `invalid`: well-formed, but does not pass validation
 * - `unsupported`: a WebAssembly feature that Nexus does not take
 * - `limit`: larger than Nexus takes
 */
export type WasmErrorKind = "malformed" | "invalid" | "unsupported" | "limit";

const ADJECTIVES: Record<WasmErrorKind, string> = {
  malformed: "malformed",
  invalid: "invalid",
  unsupported: "unsupported",
  limit: "oversized",
};

/** A module that is refused; the message names what is wrong, and where. */
export class WasmError extends Error {
  readonly kind: WasmErrorKind;
  /** Byte offset in the module, where there is one. */
  readonly offset: number | undefined;
  /** Index of the function (imports counted) whose body is at fault, if one is. */
  readonly functionIndex: number | undefined;

  constructor(kind: WasmErrorKind, what: string, offset?: number, functionIndex?: number) {
    const inFunction = functionIndex === undefined ? "" : ` in function ${functionIndex}`;
    const atByte = offset === undefined ? "" : ` at byte ${offset}`;
    super(`${ADJECTIVES[kind]} WebAssembly${inFunction}${atByte}: ${what}`);
    this.name = "WasmError";
    this.kind = kind;
    this.offset = offset;
    this.functionIndex = functionIndex;
  }
}
