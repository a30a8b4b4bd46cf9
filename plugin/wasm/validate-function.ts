/** Validates one function body with the algorithm of the Core Specification 2.0, appendix A.3. */
import { WasmError } from "./error.ts";
import { blockType, InstructionReader } from "./instruction-reader.ts";
import { instructions, op, type Instruction } from "./instructions.ts";
import type { ModuleLimits } from "./limits.ts";
import type { ModuleContext } from "./module-context.ts";
import {
  valueTypeNames,
  type DefinedFunction,
  type FunctionType,
  type TableType,
  type ValueType,
} from "./module.ts";

/** What a rewriter needs to know about a body. */
export interface FunctionShape {
  readonly type: FunctionType;
  /** Parameters and locals. */
  readonly locals: number;
  /** The most operands on the stack at once. */
  readonly operands: number;
}

/** An operand of unreachable code, which fits every type. */
const any = 0;
type Operand = ValueType | typeof any;

interface Frame {
  readonly opcode: number;
  readonly type: FunctionType;
  /** Operands below this height belong to the frames outside. */
  readonly height: number;
  unreachable: boolean;
}

const letters: Readonly<Record<string, ValueType>> = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c };
const toTypes = (text: string): ValueType[] => [...text].map((letter) => letters[letter]!);

/** Types of the instructions whose type is fixed. */
const fixed = new Map<Instruction, FunctionType>();
for (const instruction of instructions.values()) {
  if (instruction.operands === undefined) continue;
  fixed.set(instruction, { params: toTypes(instruction.operands), results: toTypes(instruction.results!) });
}

/** Steps that a module may still cost; see `ModuleLimits.steps`. */
export interface StepBudget {
  left: number;
}

/** Validates the body of function `functionIndex`, and takes what that costs from `budget`. */
export function validateBody(
  context: ModuleContext,
  item: DefinedFunction,
  functionIndex: number,
  limits: ModuleLimits,
  budget: StepBudget,
): FunctionShape {
  return new BodyValidator(context, item, functionIndex, limits, budget).run();
}

class BodyValidator {
  readonly #context: ModuleContext;
  readonly #limits: ModuleLimits;
  readonly #budget: StepBudget;
  readonly #functionIndex: number;
  readonly #type: FunctionType;
  readonly #locals: ValueType[];
  readonly #walk: InstructionReader;
  readonly #operands: Operand[] = [];
  readonly #frames: Frame[] = [];
  #mostOperands = 0;

  constructor(
    context: ModuleContext,
    item: DefinedFunction,
    functionIndex: number,
    limits: ModuleLimits,
    budget: StepBudget,
  ) {
    this.#context = context;
    this.#limits = limits;
    this.#budget = budget;
    this.#functionIndex = functionIndex;
    this.#type = context.functions[functionIndex]!;
    this.#locals = [...this.#type.params];
    for (const run of item.locals) for (let i = 0; i < run.count; i++) this.#locals.push(run.type);
    this.#walk = new InstructionReader(item.body, functionIndex);
  }

  run(): FunctionShape {
    const walk = this.#walk;
    if (this.#locals.length > this.#limits.locals) {
      this.#limit(`${this.#locals.length} parameters and locals, at most ${this.#limits.locals} are taken`);
    }
    this.#merge(this.#type.results);
    this.#frames.push({ opcode: op.block, type: this.#type, height: 0, unreachable: false });
    while (this.#frames.length > 0) this.#step(walk.next());
    if (!walk.done)
      throw walk.reader.malformed("END opcode expected: code goes on after the end of the function");
    return { type: this.#type, locals: this.#locals.length, operands: this.#mostOperands };
  }

  #invalid(what: string): never {
    throw new WasmError("invalid", what, this.#walk.offset, this.#functionIndex);
  }

  #limit(what: string): never {
    throw new WasmError("limit", what, this.#walk.offset, this.#functionIndex);
  }

  #push(type: Operand): void {
    const height = this.#operands.push(type);
    if (height <= this.#mostOperands) return;
    this.#mostOperands = height;
    if (height > this.#limits.operands) {
      this.#limit(`more than ${this.#limits.operands} operands on the stack`);
    }
  }

  #pop(): Operand {
    const frame = this.#frames[this.#frames.length - 1]!;
    if (this.#operands.length === frame.height) {
      if (frame.unreachable) return any;
      this.#invalid(`type mismatch: ${this.#walk.instruction.name} finds the operand stack empty`);
    }
    return this.#operands.pop()!;
  }

  #expect(wanted: Operand): Operand {
    const found = this.#pop();
    if (found === wanted || found === any || wanted === any) return found;
    this.#invalid(
      `type mismatch: ${this.#walk.instruction.name} expects ${valueTypeNames[wanted]}, finds ${valueTypeNames[found]}`,
    );
  }

  #expectAll(types: readonly ValueType[]): void {
    for (let i = types.length - 1; i >= 0; i--) this.#expect(types[i]!);
  }

  #pushAll(types: readonly ValueType[]): void {
    for (const type of types) this.#push(type);
  }

  #spend(steps: number): void {
    this.#budget.left -= steps;
    if (this.#budget.left < 0) {
      this.#limit(`more than ${this.#limits.steps} steps to compile the module: too many locals at branches`);
    }
  }

  /** Where control splits or joins, a compiler goes through all locals, all operands, and the types carried. */
  #merge(types: readonly ValueType[]): void {
    this.#spend(1 + this.#locals.length + this.#operands.length + types.length);
  }

  #apply(type: FunctionType): void {
    this.#expectAll(type.params);
    this.#pushAll(type.results);
  }

  #call(type: FunctionType): void {
    this.#spend(1 + type.params.length + type.results.length);
    this.#apply(type);
  }

  #enter(opcode: number, type: FunctionType): void {
    this.#merge(type.params);
    this.#frames.push({ opcode, type, height: this.#operands.length, unreachable: false });
    if (this.#frames.length > this.#limits.nesting) {
      this.#limit(`blocks nested more than ${this.#limits.nesting} deep`);
    }
    this.#pushAll(type.params);
  }

  #leave(): Frame {
    const frame = this.#frames[this.#frames.length - 1]!;
    this.#merge(frame.type.results);
    this.#expectAll(frame.type.results);
    if (this.#operands.length !== frame.height) {
      this.#invalid(`type mismatch: ${this.#operands.length - frame.height} operands are left over`);
    }
    this.#frames.pop();
    return frame;
  }

  #unreachable(): void {
    const frame = this.#frames[this.#frames.length - 1]!;
    this.#operands.length = frame.height;
    frame.unreachable = true;
  }

  /** Types a branch to `depth` carries. */
  #label(depth: number): readonly ValueType[] {
    const frame = this.#frames[this.#frames.length - 1 - depth] ?? this.#invalid(`unknown label ${depth}`);
    const types = frame.opcode === op.loop ? frame.type.params : frame.type.results;
    this.#merge(types);
    return types;
  }

  #local(): ValueType {
    return this.#locals[this.#walk.first] ?? this.#invalid(`unknown local ${this.#walk.first}`);
  }

  #table(index: number): TableType {
    return this.#context.tables[index] ?? this.#invalid(`unknown table ${index}`);
  }

  #memory(): void {
    if (this.#context.memories.length === 0) this.#invalid("unknown memory 0");
  }

  #dataSegment(): void {
    const { dataCount } = this.#context;
    if (dataCount === undefined) throw this.#walk.reader.malformed("data count section required");
    if (this.#walk.first >= dataCount) this.#invalid(`unknown data segment ${this.#walk.first}`);
  }

  #elementSegment(): ValueType {
    return (
      this.#context.elementTypes[this.#walk.first] ??
      this.#invalid(`unknown elem segment ${this.#walk.first}`)
    );
  }

  #step(instruction: Instruction): void {
    const walk = this.#walk;
    const type = fixed.get(instruction);
    if (type !== undefined) {
      switch (instruction.immediates) {
        case "memoryArgument":
          this.#memory();
          if (walk.first > instruction.alignment) this.#invalid("alignment must not be larger than natural");
          break;
        case "memory":
        case "twoMemories":
          this.#memory();
          break;
        case "dataMemory":
          this.#memory();
          this.#dataSegment();
          break;
        case "data":
          this.#dataSegment();
          break;
        case "element":
          this.#elementSegment();
          break;
        case "elementTable": {
          const element = this.#elementSegment();
          if (this.#table(walk.second).element !== element) this.#invalid("type mismatch: table.init");
          break;
        }
        case "twoTables":
          if (this.#table(walk.first).element !== this.#table(walk.second).element) {
            this.#invalid("type mismatch: table.copy");
          }
          break;
        case "table":
          this.#table(walk.first);
          break;
        case "none":
        case "block":
        case "label":
        case "labels":
        case "function":
        case "callIndirect":
        case "selectTypes":
        case "local":
        case "global":
        case "i32":
        case "i64":
        case "f32":
        case "f64":
        case "referenceType":
          break; // nothing to look up
      }
      this.#apply(type);
      return;
    }
    this.#special(instruction);
  }

  /** Instructions whose type depends on immediates or on the context. */
  #special(instruction: Instruction): void {
    const walk = this.#walk;
    switch (instruction.opcode) {
      case op.unreachable:
        this.#unreachable();
        return;
      case op.block:
      case op.loop:
      case op.if: {
        const type =
          blockType(walk.first, this.#context.types) ?? this.#invalid(`unknown type ${walk.first}`);
        if (instruction.opcode === op.if) this.#expect(0x7f);
        this.#expectAll(type.params);
        this.#enter(instruction.opcode, type);
        return;
      }
      case op.else: {
        const frame = this.#leave();
        if (frame.opcode !== op.if) throw walk.reader.malformed("else without if");
        this.#enter(op.else, frame.type);
        return;
      }
      case op.end: {
        const frame = this.#leave();
        if (frame.opcode === op.if && frame.type.params.join() !== frame.type.results.join()) {
          this.#invalid("type mismatch: an if without else must leave what it takes");
        }
        this.#pushAll(frame.type.results);
        return;
      }
      case op.br:
        this.#expectAll(this.#label(walk.first));
        this.#unreachable();
        return;
      case op.brIf: {
        this.#expect(0x7f);
        const types = this.#label(walk.first);
        this.#expectAll(types);
        this.#pushAll(types);
        return;
      }
      case op.brTable:
        this.#branchTable(walk.labels);
        return;
      case op.return:
        this.#merge(this.#type.results);
        this.#expectAll(this.#type.results);
        this.#unreachable();
        return;
      case op.call:
        this.#call(this.#context.functions[walk.first] ?? this.#invalid(`unknown function ${walk.first}`));
        return;
      case op.callIndirect:
        if (this.#table(walk.second).element !== 0x70)
          this.#invalid("type mismatch: call_indirect needs funcref");
        this.#expect(0x7f);
        this.#call(this.#context.types[walk.first] ?? this.#invalid(`unknown type ${walk.first}`));
        return;
      case op.drop:
        this.#pop();
        return;
      case op.select: {
        this.#expect(0x7f);
        const second = this.#pop();
        const first = this.#pop();
        if (first !== any && second !== any && first !== second) this.#invalid("type mismatch: select");
        const type = first === any ? second : first;
        if (type === 0x70 || type === 0x6f) this.#invalid("type mismatch: select of references needs a type");
        this.#push(type);
        return;
      }
      case op.selectTyped: {
        const [type, ...others] = walk.types;
        if (type === undefined || others.length > 0) this.#invalid("invalid result arity of select");
        this.#expectAll([type, type, 0x7f]);
        this.#push(type);
        return;
      }
      case op.localGet:
        this.#push(this.#local());
        return;
      case op.localSet:
        this.#expect(this.#local());
        return;
      case op.localTee:
        this.#expect(this.#local());
        this.#push(this.#local());
        return;
      case op.globalGet:
      case op.globalSet: {
        const global = this.#context.globals[walk.first] ?? this.#invalid(`unknown global ${walk.first}`);
        if (instruction.opcode === op.globalGet) {
          this.#push(global.value);
        } else {
          if (!global.mutable) this.#invalid(`global ${walk.first} is immutable`);
          this.#expect(global.value);
        }
        return;
      }
      case op.tableGet:
        this.#expect(0x7f);
        this.#push(this.#table(walk.first).element);
        return;
      case op.tableSet:
        this.#expect(this.#table(walk.first).element);
        this.#expect(0x7f);
        return;
      case op.tableGrow:
        this.#expect(0x7f);
        this.#expect(this.#table(walk.first).element);
        this.#push(0x7f);
        return;
      case op.tableFill:
        this.#expect(0x7f);
        this.#expect(this.#table(walk.first).element);
        this.#expect(0x7f);
        return;
      case op.refNull:
        this.#push(walk.first as ValueType);
        return;
      case op.refIsNull: {
        const type = this.#pop();
        if (type !== any && type !== 0x70 && type !== 0x6f) this.#invalid("type mismatch: ref.is_null");
        this.#push(0x7f);
        return;
      }
      case op.refFunc:
        if (walk.first >= this.#context.functions.length) this.#invalid(`unknown function ${walk.first}`);
        if (!this.#context.declared.has(walk.first)) {
          this.#invalid(`undeclared function reference ${walk.first}`);
        }
        this.#push(0x70);
        return;
      default:
        throw new Error(`${instruction.name} has no validation rule`);
    }
  }

  #branchTable(labels: readonly number[]): void {
    this.#expect(0x7f);
    const arity = this.#label(labels[labels.length - 1]!).length;
    for (const label of new Set(labels)) {
      const types = this.#label(label);
      if (types.length !== arity)
        this.#invalid("type mismatch: br_table targets take different numbers of operands");
      const popped = types.map((_, i) => this.#expect(types[types.length - 1 - i]!));
      for (const operand of popped.reverse()) this.#push(operand);
    }
    this.#expectAll(this.#label(labels[labels.length - 1]!));
    this.#unreachable();
  }
}
