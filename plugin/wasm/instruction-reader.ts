import { ByteReader } from "./byte-reader.ts";
import { WasmError } from "./error.ts";
import { proposalOfOpcode, proposalOfType } from "./features.ts";
import { instructions, type Instruction } from "./instructions.ts";
import { moduleLimits } from "./limits.ts";
import { valueTypeNames, type Expression, type FunctionType, type ValueType } from "./module.ts";

/** The instructions without a prefix, by opcode: an array is faster than the map. */
const byOpcode: (Instruction | undefined)[] = Array.from({ length: 256 }, (_, opcode) =>
  instructions.get(opcode),
);

/** Reads a value type, naming the proposal of one that is not accepted. */
export function readValueType(reader: ByteReader): ValueType {
  const code = reader.byte();
  if (code in valueTypeNames) return code as ValueType;
  reader.position--;
  const proposal = proposalOfType(code);
  if (proposal)
    throw new WasmError("unsupported", proposal, reader.origin + reader.position, reader.functionIndex);
  throw reader.malformed(`malformed value type 0x${code.toString(16)}`);
}

/**
 * Walks the instructions of an expression without allocating: `next()` moves to an instruction, and the fields hold its
 * immediates until the following one.
 */
export class InstructionReader {
  readonly reader: ByteReader;
  instruction: Instruction = byOpcode[0]!;
  /** Where the current instruction starts, in the expression's bytes. */
  start = 0;
  /**
   * The first immediate: an index (function, local, global, label, type of call_indirect, segment, destination table), an i32
   * constant, the bits of an f32, the alignment exponent, or a block type as the signed 33-bit number it is written as.
   */
  first = 0;
  /** The second immediate: table of call_indirect, source table, table of table.init, or a memory access' offset. */
  second = 0;
  /** An i64 constant, or the bits of an f64. */
  wide = 0n;
  /** Targets of br_table, the default last. */
  labels: number[] = [];
  /** Types of a typed select. */
  types: ValueType[] = [];

  constructor(expression: Expression, functionIndex?: number) {
    this.reader = new ByteReader(
      expression.code,
      0,
      expression.code.length,
      functionIndex,
      expression.offset,
    );
  }

  /** Offset of the current instruction in the module. */
  get offset(): number {
    return this.reader.origin + this.start;
  }

  /** Where the current instruction ends, in the expression's bytes. */
  get end(): number {
    return this.reader.position;
  }

  get done(): boolean {
    return this.reader.done;
  }

  next(): Instruction {
    const reader = this.reader;
    this.start = reader.position;
    let opcode = reader.byte();
    let instruction = byOpcode[opcode];
    if (instruction === undefined) {
      if (opcode === 0xfc) {
        const sub = reader.u32();
        if (sub < 0x100) instruction = instructions.get((opcode = 0xfc00 | sub));
      }
      if (instruction === undefined) {
        const proposal = proposalOfOpcode(opcode);
        if (proposal) throw new WasmError("unsupported", proposal, this.offset, reader.functionIndex);
        throw new WasmError(
          "malformed",
          `illegal opcode 0x${opcode.toString(16)}`,
          this.offset,
          reader.functionIndex,
        );
      }
    }
    this.instruction = instruction;
    this.#immediates(instruction);
    return instruction;
  }

  #immediates(instruction: Instruction): void {
    const reader = this.reader;
    switch (instruction.immediates) {
      case "none":
        return;
      case "label":
      case "function":
      case "local":
      case "global":
      case "table":
      case "data":
      case "element":
        this.first = reader.u32();
        return;
      case "i32":
        this.first = reader.s32();
        return;
      case "memoryArgument":
        this.first = reader.u32();
        if (this.first & 0x40)
          throw new WasmError("unsupported", "multi-memory", this.offset, reader.functionIndex);
        if (this.first >= 32) throw reader.malformed("malformed memop flags");
        this.second = reader.u32();
        return;
      case "block":
        this.#blockType();
        return;
      case "i64":
        this.wide = reader.s64();
        return;
      case "f32": {
        const bytes = reader.take(4);
        this.first = (bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24)) >>> 0;
        return;
      }
      case "f64": {
        const bytes = reader.take(8);
        this.wide = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
        return;
      }
      case "labels": {
        const count = reader.count();
        if (count > moduleLimits.branchTableTargets) {
          throw new WasmError(
            "limit",
            `br_table has ${count} targets, at most ${moduleLimits.branchTableTargets} are taken`,
            this.offset,
            reader.functionIndex,
          );
        }
        this.labels = Array.from({ length: count + 1 }, () => reader.u32());
        return;
      }
      case "callIndirect":
      case "twoTables":
      case "elementTable":
        this.first = reader.u32();
        this.second = reader.u32();
        return;
      case "selectTypes":
        this.types = Array.from({ length: reader.count() }, () => readValueType(reader));
        return;
      case "dataMemory":
        this.first = reader.u32();
        this.#memoryZero();
        return;
      case "memory":
        this.#memoryZero();
        return;
      case "twoMemories":
        this.#memoryZero();
        this.#memoryZero();
        return;
      case "referenceType": {
        const type = readValueType(reader);
        if (type !== 0x70 && type !== 0x6f) throw reader.malformed("malformed reference type");
        this.first = type;
      }
    }
  }

  /** A negative number is one byte, 0x40 or a value type; others are indices into the types. */
  #blockType(): void {
    const reader = this.reader;
    const start = reader.position;
    this.first = reader.s33();
    if (this.first >= 0 || this.first === -64) return;
    if (reader.position !== start + 1) throw reader.malformed("malformed block type");
    reader.position = start;
    readValueType(reader);
  }

  #memoryZero(): void {
    if (this.reader.byte() !== 0) throw this.reader.malformed("zero byte expected: there is only memory 0");
  }
}

/** The type of a block, from its immediate: nothing, one result, or an index into `types`. */
export function blockType(immediate: number, types: readonly FunctionType[]): FunctionType | undefined {
  if (immediate >= 0) return types[immediate];
  if (immediate === -64) return empty;
  return single.get((immediate & 0x7f) as ValueType);
}

const empty: FunctionType = { params: [], results: [] };
const single = new Map<ValueType, FunctionType>(
  Object.keys(valueTypeNames).map((code) => {
    const type = Number(code) as ValueType;
    return [type, { params: [], results: [type] }];
  }),
);
