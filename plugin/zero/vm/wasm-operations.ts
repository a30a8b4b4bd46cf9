/** How the operators of WebAssembly map to instructions of NVM. */
import { instructions } from "../../wasm/instructions.ts";
import type { Mnemonic } from "./instruction.ts";

export type Operation =
  | {
      readonly kind: "binary";
      readonly mnemonic: Mnemonic;
      readonly commutative: boolean;
      readonly width: 32 | 64;
    }
  | {
      readonly kind: "compare";
      readonly relation: "eq" | "ne" | "lt" | "gt" | "le" | "ge";
      readonly signed: boolean;
      readonly width: 32 | 64;
    }
  | { readonly kind: "unary"; readonly mnemonic: Mnemonic }
  | { readonly kind: "zeroTest" }
  /** The cell stays as it is. */
  | { readonly kind: "nothing" }
  | { readonly kind: "load"; readonly mnemonic: Mnemonic }
  | { readonly kind: "store"; readonly mnemonic: Mnemonic };

/** By name without the type; `W` stands for the width. */
const binary: Readonly<Record<string, string>> = {
  add: "addW",
  sub: "subW",
  mul: "mulW",
  div_s: "divsW",
  div_u: "divu",
  rem_s: "remsW",
  rem_u: "remu",
  and: "and",
  or: "or",
  xor: "xor",
  shl: "shlW",
  shr_s: "shrsW",
  shr_u: "shruW",
  rotl: "rotlW",
  rotr: "rotrW",
};

const commutative = new Set(["add", "mul", "and", "or", "xor"]);

const unary: Readonly<Record<string, Mnemonic>> = {
  "i32.clz": "clz32",
  "i64.clz": "clz64",
  "i32.ctz": "ctz32",
  "i64.ctz": "ctz64",
  "i32.popcnt": "popcnt",
  "i64.popcnt": "popcnt",
  "i32.wrap_i64": "wrap",
  "i64.extend_i32_s": "ext32s64",
  "i32.extend8_s": "ext8s32",
  "i32.extend16_s": "ext16s32",
  "i64.extend8_s": "ext8s64",
  "i64.extend16_s": "ext16s64",
  "i64.extend32_s": "ext32s64",
};

const memory: Readonly<Record<string, Mnemonic>> = {
  "i32.load": "ld32u",
  "i64.load": "ld64",
  "i32.load8_s": "ld8s32",
  "i32.load8_u": "ld8u",
  "i32.load16_s": "ld16s32",
  "i32.load16_u": "ld16u",
  "i64.load8_s": "ld8s64",
  "i64.load8_u": "ld8u",
  "i64.load16_s": "ld16s64",
  "i64.load16_u": "ld16u",
  "i64.load32_s": "ld32s64",
  "i64.load32_u": "ld32u",
  "i32.store": "st32",
  "i64.store": "st64",
  "i32.store8": "st8",
  "i32.store16": "st16",
  "i64.store8": "st8",
  "i64.store16": "st16",
  "i64.store32": "st32",
};

function operationOf(name: string): Operation | undefined {
  const accessed = memory[name];
  if (accessed !== undefined) {
    return { kind: name.includes("load") ? "load" : "store", mnemonic: accessed };
  }
  if (name === "i64.extend_i32_u") return { kind: "nothing" };
  const alone = unary[name];
  if (alone !== undefined) return { kind: "unary", mnemonic: alone };
  const [type, operator] = name.split(".");
  if ((type !== "i32" && type !== "i64") || operator === undefined) return undefined;
  const width = type === "i32" ? 32 : 64;
  if (operator === "eqz") return { kind: "zeroTest" };
  const comparison = /^(eq|ne|lt|gt|le|ge)(_[su])?$/.exec(operator);
  if (comparison !== null) {
    const relation = comparison[1] as "eq" | "ne" | "lt" | "gt" | "le" | "ge";
    return { kind: "compare", relation, signed: comparison[2] === "_s", width };
  }
  const pattern = binary[operator];
  if (pattern === undefined) return undefined;
  const mnemonic = pattern.replace("W", `${width}`) as Mnemonic;
  return { kind: "binary", mnemonic, commutative: commutative.has(operator), width };
}

/** The operators that NVM has, by WebAssembly opcode. */
export const operations: ReadonlyMap<number, Operation> = new Map(
  [...instructions.values()].flatMap(({ opcode, name }) => {
    const operation = operationOf(name);
    return operation === undefined ? [] : [[opcode, operation] as const];
  }),
);
