/**
 * The instruction set of the accepted WebAssembly: for every opcode its text name, immediates, operand types and fuel.
 *
 * Core Specification 2.0 without SIMD (https://www.w3.org/TR/wasm-core-2/). Instructions behind the 0xfc prefix are
 * numbered `0xfc00 | sub-opcode`. Whatever is not in this table is refused (see features.ts for how it is named).
 */

/** What follows an opcode in the binary format. */
export type Immediates =
  | "none"
  | "block"
  | "label"
  | "labels"
  | "function"
  | "callIndirect"
  | "selectTypes"
  | "local"
  | "global"
  | "table"
  | "twoTables"
  | "elementTable"
  | "element"
  | "dataMemory"
  | "data"
  | "memory"
  | "twoMemories"
  | "memoryArgument"
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "referenceType";

export interface Instruction {
  readonly opcode: number;
  readonly name: string;
  readonly immediates: Immediates;
  /**
   * Operand types, one letter each: i = i32, I = i64, f = f32, F = f64. Undefined for instructions whose type depends
   * on immediates or context; those are spelled out in validate.ts.
   */
  readonly operands: string | undefined;
  readonly results: string | undefined;
  /** Fuel units of executing it once, without what depends on a length. */
  readonly fuel: number;
  /** log2 of the access width in bytes, for loads and stores. */
  readonly alignment: number;
}

const table = new Map<number, Instruction>();

function define(
  opcode: number,
  name: string,
  fuel: number,
  immediates: Immediates = "none",
  type?: string,
  alignment = 0,
): void {
  const [operands, results] = type?.split(">") ?? [];
  table.set(opcode, { opcode, name, immediates, operands, results, fuel, alignment });
}

/** Defines consecutive opcodes of one type. */
function family(first: number, prefix: string, names: string, type: string, fuel = 1): void {
  names.split(" ").forEach((name, i) => define(first + i, prefix + name, fuel, "none", type));
}

// Structure costs nothing: it becomes labels, not machine instructions.
define(0x00, "unreachable", 0);
define(0x01, "nop", 0, "none", ">");
define(0x02, "block", 0, "block");
define(0x03, "loop", 0, "block");
define(0x04, "if", 1, "block");
define(0x05, "else", 0);
define(0x0b, "end", 0);
define(0x0c, "br", 1, "label");
define(0x0d, "br_if", 1, "label");
define(0x0e, "br_table", 2, "labels");
define(0x0f, "return", 1);
define(0x10, "call", 3, "function");
define(0x11, "call_indirect", 12, "callIndirect");

define(0x1a, "drop", 0);
define(0x1b, "select", 1);
define(0x1c, "select_typed", 1, "selectTypes");
define(0x20, "local.get", 1, "local");
define(0x21, "local.set", 1, "local");
define(0x22, "local.tee", 1, "local");
define(0x23, "global.get", 1, "global");
define(0x24, "global.set", 1, "global");
define(0x25, "table.get", 100, "table");
define(0x26, "table.set", 100, "table");

const loads: [string, string, number][] = [
  ["i32.load", "i>i", 2],
  ["i64.load", "i>I", 3],
  ["f32.load", "i>f", 2],
  ["f64.load", "i>F", 3],
  ["i32.load8_s", "i>i", 0],
  ["i32.load8_u", "i>i", 0],
  ["i32.load16_s", "i>i", 1],
  ["i32.load16_u", "i>i", 1],
  ["i64.load8_s", "i>I", 0],
  ["i64.load8_u", "i>I", 0],
  ["i64.load16_s", "i>I", 1],
  ["i64.load16_u", "i>I", 1],
  ["i64.load32_s", "i>I", 2],
  ["i64.load32_u", "i>I", 2],
  ["i32.store", "ii>", 2],
  ["i64.store", "iI>", 3],
  ["f32.store", "if>", 2],
  ["f64.store", "iF>", 3],
  ["i32.store8", "ii>", 0],
  ["i32.store16", "ii>", 1],
  ["i64.store8", "iI>", 0],
  ["i64.store16", "iI>", 1],
  ["i64.store32", "iI>", 2],
];
loads.forEach(([name, type, alignment], i) => define(0x28 + i, name, 1, "memoryArgument", type, alignment));

define(0x3f, "memory.size", 1, "memory", ">i");
define(0x40, "memory.grow", 2_000, "memory", "i>i");
define(0x41, "i32.const", 1, "i32", ">i");
define(0x42, "i64.const", 1, "i64", ">I");
define(0x43, "f32.const", 1, "f32", ">f");
define(0x44, "f64.const", 1, "f64", ">F");

define(0x45, "i32.eqz", 1, "none", "i>i");
family(0x46, "i32.", "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u", "ii>i");
define(0x50, "i64.eqz", 1, "none", "I>i");
family(0x51, "i64.", "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u", "II>i");
family(0x5b, "f32.", "eq ne lt gt le ge", "ff>i");
family(0x61, "f64.", "eq ne lt gt le ge", "FF>i");

family(0x67, "i32.", "clz ctz popcnt", "i>i");
family(0x6a, "i32.", "add sub mul", "ii>i");
family(0x6d, "i32.", "div_s div_u rem_s rem_u", "ii>i", 15);
family(0x71, "i32.", "and or xor shl shr_s shr_u rotl rotr", "ii>i");
family(0x79, "i64.", "clz ctz popcnt", "I>I");
family(0x7c, "i64.", "add sub mul", "II>I");
family(0x7f, "i64.", "div_s div_u rem_s rem_u", "II>I", 30);
family(0x83, "i64.", "and or xor shl shr_s shr_u rotl rotr", "II>I");

family(0x8b, "f32.", "abs neg", "f>f");
family(0x8d, "f32.", "ceil floor trunc nearest", "f>f", 2);
define(0x91, "f32.sqrt", 10, "none", "f>f");
family(0x92, "f32.", "add sub mul", "ff>f", 2);
define(0x95, "f32.div", 10, "none", "ff>f");
family(0x96, "f32.", "min max copysign", "ff>f", 3);
family(0x99, "f64.", "abs neg", "F>F");
family(0x9b, "f64.", "ceil floor trunc nearest", "F>F", 2);
define(0x9f, "f64.sqrt", 10, "none", "F>F");
family(0xa0, "f64.", "add sub mul", "FF>F", 2);
define(0xa3, "f64.div", 10, "none", "FF>F");
family(0xa4, "f64.", "min max copysign", "FF>F", 3);

define(0xa7, "i32.wrap_i64", 1, "none", "I>i");
family(0xa8, "i32.", "trunc_f32_s trunc_f32_u", "f>i", 8);
family(0xaa, "i32.", "trunc_f64_s trunc_f64_u", "F>i", 8);
family(0xac, "i64.", "extend_i32_s extend_i32_u", "i>I");
family(0xae, "i64.", "trunc_f32_s trunc_f32_u", "f>I", 8);
family(0xb0, "i64.", "trunc_f64_s trunc_f64_u", "F>I", 8);
family(0xb2, "f32.", "convert_i32_s convert_i32_u", "i>f", 4);
family(0xb4, "f32.", "convert_i64_s convert_i64_u", "I>f", 4);
define(0xb6, "f32.demote_f64", 2, "none", "F>f");
family(0xb7, "f64.", "convert_i32_s convert_i32_u", "i>F", 4);
family(0xb9, "f64.", "convert_i64_s convert_i64_u", "I>F", 4);
define(0xbb, "f64.promote_f32", 2, "none", "f>F");
define(0xbc, "i32.reinterpret_f32", 1, "none", "f>i");
define(0xbd, "i64.reinterpret_f64", 1, "none", "F>I");
define(0xbe, "f32.reinterpret_i32", 1, "none", "i>f");
define(0xbf, "f64.reinterpret_i64", 1, "none", "I>F");
family(0xc0, "i32.", "extend8_s extend16_s", "i>i");
family(0xc2, "i64.", "extend8_s extend16_s extend32_s", "I>I");

define(0xd0, "ref.null", 1, "referenceType");
define(0xd1, "ref.is_null", 1);
define(0xd2, "ref.func", 1, "function");

family(0xfc00, "i32.", "trunc_sat_f32_s trunc_sat_f32_u", "f>i", 8);
family(0xfc02, "i32.", "trunc_sat_f64_s trunc_sat_f64_u", "F>i", 8);
family(0xfc04, "i64.", "trunc_sat_f32_s trunc_sat_f32_u", "f>I", 8);
family(0xfc06, "i64.", "trunc_sat_f64_s trunc_sat_f64_u", "F>I", 8);
define(0xfc08, "memory.init", 20, "dataMemory", "iii>");
define(0xfc09, "data.drop", 5, "data", ">");
define(0xfc0a, "memory.copy", 20, "twoMemories", "iii>");
define(0xfc0b, "memory.fill", 20, "memory", "iii>");
define(0xfc0c, "table.init", 150, "elementTable", "iii>");
define(0xfc0d, "elem.drop", 5, "element", ">");
define(0xfc0e, "table.copy", 150, "twoTables", "iii>");
define(0xfc0f, "table.grow", 100, "table");
define(0xfc10, "table.size", 1, "table", ">i");
define(0xfc11, "table.fill", 150, "table");

/** Every accepted instruction, by opcode. */
export const instructions: ReadonlyMap<number, Instruction> = table;

/** The opcodes that code elsewhere names. */
export const op = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  selectTyped: 0x1c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableGet: 0x25,
  tableSet: 0x26,
  i64Load: 0x29,
  i64Store: 0x37,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Eq: 0x46,
  i32LtU: 0x49,
  i32LeU: 0x4d,
  i64LtS: 0x53,
  f32Eq: 0x5b,
  f64Eq: 0x61,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64ShrU: 0x88,
  i64Rotl: 0x89,
  i64ExtendI32U: 0xad,
  refNull: 0xd0,
  refIsNull: 0xd1,
  refFunc: 0xd2,
  memoryInit: 0xfc08,
  memoryCopy: 0xfc0a,
  memoryFill: 0xfc0b,
  tableInit: 0xfc0c,
  tableCopy: 0xfc0e,
  tableGrow: 0xfc0f,
  tableFill: 0xfc11,
} as const;
