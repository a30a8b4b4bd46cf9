/**
 * Translates one WebAssembly function to NVM.
 *
 * The operand stack disappears: the operand at height k has the fixed cell `operandBase + k`, and most operands never reach it. A
 * `local.get` or a constant only puts a note on the translator's own stack; the instruction that uses it names the local's
 * cell or the value itself. A note of a local is turned into a copy just before the local is written.
 */
import { WasmError } from "../../wasm/error.ts";
import { blockType, InstructionReader } from "../../wasm/instruction-reader.ts";
import { op } from "../../wasm/instructions.ts";
import type { DefinedFunction, FunctionType } from "../../wasm/module.ts";
import type { FunctionShape } from "../../wasm/validate-function.ts";
import { cell, newLabel, value, type CodeBuffer, type Label, type Operand } from "./code-buffer.ts";
import { frameLayout, type FrameLayout } from "./frame-layout.ts";
import { branchOf, oppositeOf, type Mnemonic } from "./instruction.ts";
import { analyseLocals, type LocalAnalysis } from "./local-analysis.ts";
import { OperandStack } from "./operand-stack.ts";
import { trapKinds } from "./trap.ts";
import { operations, type Operation } from "./wasm-operations.ts";

/** A function that is called. */
export type Callee =
  | {
      readonly kind: "code";
      readonly type: FunctionType;
      readonly entry: Label;
      readonly layout: FrameLayout;
    }
  /** Machine instructions in place of a call. */
  | { readonly kind: "intrinsic"; readonly type: FunctionType; readonly mnemonic: Mnemonic };

/** Code that jumps on to one of a table's functions; it expects the index in the callee's cell `linkage + 2`. */
export interface Dispatch {
  readonly entry: Label;
  readonly linkage: number;
  /** Cells of the largest frame that may follow. */
  readonly cells: number;
}

/** What a body may refer to. */
export interface FunctionContext {
  readonly types: readonly FunctionType[];
  /** Named in errors and in the source map. */
  readonly functionIndex: number;
  readonly sourceIndex: number;
  callee(index: number): Callee;
  /** A piece of the machine's own code, by the name of the instruction it stands for. */
  routine(name: string): Callee;
  /** Where a call through a table goes, for functions of one type: see call-table.ts. */
  dispatch(table: number, type: FunctionType): Dispatch;
  /** Number of the machine's global for global `index` of the module. */
  global(index: number): number;
}

interface Frame {
  readonly opcode: number;
  readonly type: FunctionType;
  /** Operands below belong to the frames outside. */
  readonly height: number;
  readonly label: Label;
  readonly otherwise: Label | undefined;
  /** The parameters of an `if`, which its `else` starts with. What lies below stays as it is: see #settleWrittenInBlock. */
  readonly saved: readonly Operand[];
  branched: boolean;
}

type BinaryOperation = Extract<Operation, { kind: "binary" }>;
type Comparison = Extract<Operation, { kind: "compare" }>;

const mirrored = { eq: "eq", ne: "ne", lt: "gt", gt: "lt", le: "ge", ge: "le" } as const;

export function translateFunction(
  out: CodeBuffer,
  context: FunctionContext,
  item: DefinedFunction,
  shape: FunctionShape,
): void {
  new FunctionTranslator(out, context, item, shape).run();
}

class FunctionTranslator {
  readonly #out: CodeBuffer;
  readonly #context: FunctionContext;
  readonly #item: DefinedFunction;
  readonly #shape: FunctionShape;
  readonly #layout: FrameLayout;
  readonly #locals: LocalAnalysis;
  readonly #walk: InstructionReader;
  readonly #stack: OperandStack;
  readonly #frames: Frame[] = [];

  constructor(out: CodeBuffer, context: FunctionContext, item: DefinedFunction, shape: FunctionShape) {
    this.#out = out;
    this.#context = context;
    this.#item = item;
    this.#shape = shape;
    this.#layout = frameLayout(shape.type, shape.locals, shape.operands);
    this.#stack = new OperandStack(this.#layout.operandBase, shape.operands);
    this.#locals = analyseLocals(item.body, shape.type.params.length, shape.locals);
    this.#walk = new InstructionReader(item.body, context.functionIndex);
  }

  run(): void {
    const { type } = this.#shape;
    this.#out.functionIndex = this.#context.sourceIndex;
    this.#out.offset = this.#item.body.offset;
    for (const local of this.#locals.zeroed) {
      this.#out.emit("mov", { d: this.#localCell(local), b: value(0n) });
    }
    this.#out.fence();
    this.#frames.push(this.#frame(op.block, type, 0));
    while (this.#frames.length > 0) {
      const { opcode, name } = this.#walk.next();
      this.#out.offset = this.#walk.offset;
      if (!structural.has(opcode)) this.#out.count();
      const operation = operations.get(opcode);
      if (operation === undefined) this.#control(opcode, name);
      else this.#operator(operation);
    }
  }

  // Cells and operands

  #localCell(local: number): number {
    const parameters = this.#shape.type.params.length;
    return local < parameters ? local : this.#layout.linkage + 2 + local - parameters;
  }

  /** The local that a cell below the operands holds. */
  #localOf(localCell: number): number {
    const parameters = this.#shape.type.params.length;
    return localCell < parameters ? localCell : localCell - this.#layout.linkage - 2 + parameters;
  }

  /** The cell of the operand at a height. */
  #place(height: number): number {
    return this.#layout.operandBase + height;
  }

  #push(operand: Operand): void {
    this.#stack.push(operand);
  }

  /** Pushes the operand's own cell, and says which it is. */
  #pushPlace(): number {
    const place = this.#place(this.#stack.height);
    this.#stack.push(cell(place));
    return place;
  }

  #pop(): Operand {
    return this.#stack.pop();
  }

  /** Pops an operand that an instruction can only take from a cell. */
  #popCell(): number {
    const operand = this.#pop();
    return operand.kind === "cell" ? operand.cell : this.#copy(operand, this.#place(this.#stack.height));
  }

  #copy(operand: Operand, d: number): number {
    if (operand.kind !== "cell" || operand.cell !== d) this.#out.emit("mov", { d, b: operand });
    return d;
  }

  /** Copies the operand at `height` to its own cell, if it is not there. */
  #settle(height: number): void {
    this.#copy(this.#stack.at(height), this.#place(height));
    this.#stack.settle(height);
  }

  /** Settles the operands that are notes of a local about to be written. */
  #settleLocal(localCell: number): void {
    for (const height of this.#stack.notesOf(localCell)) this.#settle(height);
  }

  #settleWrittenInBlock(): void {
    const written = this.#locals.writtenIn.get(this.#walk.start);
    if (written === undefined) return;
    for (let height = 0; height < this.#stack.height; height++) {
      const operand = this.#stack.at(height);
      if (operand.kind !== "cell" || operand.cell >= this.#layout.operandBase) continue;
      if (written.has(this.#localOf(operand.cell))) this.#settle(height);
    }
  }

  /** Moves the top operand into cell `d`, at best by having it computed there. */
  #moveTop(operand: Operand, height: number, d: number): void {
    const place = this.#place(height);
    if (operand.kind === "cell" && operand.cell === place && place !== d && this.#out.producerOf(place)) {
      this.#out.retarget(d);
    } else {
      this.#copy(operand, d);
    }
  }

  // Operators

  #operator(operation: Operation): void {
    switch (operation.kind) {
      case "nothing":
        return;
      case "unary": {
        const a = this.#popCell();
        this.#out.emit(operation.mnemonic, { d: this.#pushPlace(), a });
        return;
      }
      case "zeroTest": {
        this.#zeroTest();
        return;
      }
      case "load": {
        const a = this.#popCell();
        this.#out.emit(operation.mnemonic, { d: this.#pushPlace(), a, c: this.#walk.second });
        return;
      }
      case "store": {
        const b = this.#pop();
        const a = this.#popCell();
        this.#out.emit(operation.mnemonic, { a, b, c: this.#walk.second });
        return;
      }
      case "binary":
        this.#binary(operation);
        return;
      case "compare":
        this.#compare(operation);
    }
  }

  #zeroTest(): void {
    const top = this.#stack.at(this.#stack.height - 1);
    const place = this.#place(this.#stack.height - 1);
    if (top.kind === "cell" && top.cell === place) {
      const opposite = oppositeOf[this.#out.producerOf(place) ?? "mov"];
      if (opposite !== undefined) {
        this.#out.replace(opposite);
        return;
      }
    }
    const a = this.#popCell();
    this.#out.emit("eq", { d: this.#pushPlace(), a, b: value(0n) });
  }

  #binary({ mnemonic, commutative, width }: BinaryOperation): void {
    let b = this.#pop();
    let first = this.#pop();
    if (first.kind === "value" && b.kind === "cell" && commutative) [first, b] = [b, first];
    const a = this.#cellOf(first);
    const d = this.#pushPlace();
    if (b.kind === "value") {
      const bits = b.value;
      const modulus = BigInt(width);
      if (mnemonic === "sub32" || mnemonic === "sub64") {
        const negated = value(BigInt.asUintN(width, -bits));
        this.#out.emit(width === 32 ? "add32" : "add64", { d, a, b: negated });
        return;
      }
      if (mnemonic === "rotr32" || mnemonic === "rotr64") {
        const left = value((modulus - (bits % modulus)) % modulus);
        this.#out.emit(width === 32 ? "rotl32" : "rotl64", { d, a, b: left });
        return;
      }
    }
    this.#out.emit(mnemonic, { d, a, b });
  }

  /** The cell of an operand just popped at the stack's present height. */
  #cellOf(operand: Operand): number {
    return operand.kind === "cell" ? operand.cell : this.#copy(operand, this.#place(this.#stack.height));
  }

  /** The machine compares with =, ≠, < and ≥; > and ≤ become < and ≥ with operands exchanged or a constant one larger. */
  #compare({ relation: asked, signed, width }: Comparison): void {
    let b = this.#pop();
    let first = this.#pop();
    let relation: keyof typeof mirrored = asked;
    const exchange = (): void => {
      [first, b] = [b, first];
      relation = mirrored[relation];
    };
    if (first.kind === "value" && b.kind === "cell") exchange();
    if (relation === "gt" || relation === "le") {
      if (b.kind === "cell") {
        exchange();
      } else {
        const largest = (1n << BigInt(signed ? width - 1 : width)) - 1n;
        if (b.value === largest) {
          this.#push(value(relation === "le" ? 1n : 0n));
          return;
        }
        b = value(BigInt.asUintN(width, b.value + 1n));
        relation = relation === "gt" ? "ge" : "lt";
      }
    }
    const suffix = signed ? (`s${width}` as const) : "u";
    const mnemonic = relation === "eq" || relation === "ne" ? relation : (`${relation}${suffix}` as Mnemonic);
    const a = this.#cellOf(first);
    this.#out.emit(mnemonic, { d: this.#pushPlace(), a, b });
  }

  // Control

  #frame(opcode: number, type: FunctionType, height: number, otherwise?: Label): Frame {
    return {
      opcode,
      type,
      height,
      label: newLabel(),
      otherwise,
      saved: otherwise === undefined ? [] : this.#stack.from(height),
      branched: false,
    };
  }

  #unsupported(what: string): never {
    const message = `Nexus Zero does not take ${what} yet`;
    throw new WasmError("unsupported", message, this.#walk.offset, this.#context.functionIndex);
  }

  #control(opcode: number, name: string): void {
    const walk = this.#walk;
    switch (opcode) {
      case op.unreachable:
        this.#out.emit("trap", {});
        this.#skip();
        return;
      case nop:
        return;
      case op.block:
      case op.loop:
      case op.if:
        this.#enter(opcode);
        return;
      case op.else:
        this.#leaveResults();
        this.#out.jump("jmp", this.#top.label);
        this.#top.branched = true;
        this.#else();
        return;
      case op.end:
        this.#leaveResults();
        this.#end(true);
        return;
      case op.br:
        this.#branch(walk.first);
        this.#skip();
        return;
      case op.brIf:
        this.#branchIf(walk.first);
        return;
      case op.brTable:
        this.#branchTable(walk.labels);
        this.#skip();
        return;
      case op.return:
        this.#branch(this.#frames.length - 1);
        this.#skip();
        return;
      case op.call:
        this.#call(this.#context.callee(walk.first));
        return;
      case op.callIndirect:
        this.#callIndirect(walk.second, this.#context.types[walk.first]!);
        return;
      case op.memoryFill:
      case op.memoryCopy:
        this.#call(this.#context.routine(name));
        return;
      case op.drop:
        this.#pop();
        return;
      case op.select:
      case op.selectTyped:
        this.#select();
        return;
      case op.localGet:
        this.#push(cell(this.#localCell(walk.first)));
        return;
      case op.localSet:
        this.#setLocal(this.#localCell(walk.first));
        return;
      case op.localTee: {
        const target = this.#localCell(walk.first);
        this.#setLocal(target);
        this.#push(cell(target));
        return;
      }
      case op.globalGet:
        this.#out.emit("gget", { d: this.#pushPlace(), c: this.#context.global(walk.first) });
        return;
      case op.globalSet:
        this.#out.emit("gset", { b: this.#pop(), c: this.#context.global(walk.first) });
        return;
      case op.memorySize:
        this.#out.emit("msize", { d: this.#pushPlace() });
        return;
      case op.memoryGrow: {
        const a = this.#popCell();
        this.#out.emit("mgrow", { d: this.#pushPlace(), a });
        return;
      }
      case op.i32Const:
        this.#push(value(BigInt(walk.first >>> 0)));
        return;
      case op.i64Const:
        this.#push(value(BigInt.asUintN(64, walk.wide)));
        return;
      default:
        this.#unsupported(name);
    }
  }

  get #top(): Frame {
    return this.#frames[this.#frames.length - 1]!;
  }

  #setLocal(target: number): void {
    const operand = this.#pop();
    const height = this.#stack.height;
    const place = this.#place(height);
    const computed =
      operand.kind === "cell" && operand.cell === place && this.#out.producerOf(place) !== undefined;
    const settle = (): void => this.#settleLocal(target);
    if (!computed) {
      settle();
      this.#copy(operand, target);
      return;
    }
    // The instruction computes into the local directly; what still needs its old value is copied before.
    this.#out.beforeLast(settle);
    this.#out.retarget(target);
  }

  #select(): void {
    const condition = this.#popCell();
    const b = this.#pop();
    const a = this.#popCell();
    this.#out.emit("select", { d: this.#pushPlace(), a, b, c: condition });
  }

  /** Jumps to `label` when the condition, already popped, holds, or when it does not. */
  #jumpIf(operand: Operand, holds: boolean, label: Label): void {
    const { comparison, a, b } = this.#condition(operand);
    const wanted = holds ? comparison : oppositeOf[comparison]!;
    this.#out.jump(branchOf[wanted]!, label, { a, b });
  }

  #condition(operand: Operand): { comparison: Mnemonic; a: number; b: Operand } {
    const place = this.#place(this.#stack.height);
    if (operand.kind === "cell" && operand.cell === place) {
      const producer = this.#out.producerOf(place);
      if (producer !== undefined && producer in branchOf) return this.#out.takeCondition(producer);
    }
    return { comparison: "ne", a: this.#cellOf(operand), b: value(0n) };
  }

  #enter(opcode: number): void {
    const type = blockType(this.#walk.first, this.#context.types)!;
    if (opcode === op.if) {
      const condition = this.#condition(this.#pop());
      this.#settleWrittenInBlock();
      const otherwise = newLabel();
      this.#out.jump(branchOf[oppositeOf[condition.comparison]!]!, otherwise, condition);
      this.#out.fence();
      this.#frames.push(this.#frame(opcode, type, this.#stack.height - type.params.length, otherwise));
      return;
    }
    this.#settleWrittenInBlock();
    const height = this.#stack.height - type.params.length;
    const frame = this.#frame(opcode, type, height);
    this.#frames.push(frame);
    if (opcode === op.loop) {
      for (let i = height; i < this.#stack.height; i++) this.#settle(i);
      this.#out.bind(frame.label);
    }
  }

  /** Brings a block's results to their cells, at its end. */
  #leaveResults(): void {
    const { type, height } = this.#top;
    if (this.#frames.length === 1) {
      this.#return();
      return;
    }
    this.#moveResults(type.results.length, height, true);
  }

  /** Copies the topmost `count` operands to the cells of the heights from `height` on, leaving the stack as it is. */
  #moveResults(count: number, height: number, final: boolean): void {
    const from = this.#stack.height - count;
    for (let i = 0; i < count; i++) {
      const operand = this.#stack.at(from + i);
      const d = this.#place(height + i);
      // In this order no copy overwrites what a later one reads: operands only move down.
      if (final && count === 1) this.#moveTop(operand, from, d);
      else this.#copy(operand, d);
    }
  }

  #return(): void {
    const { results } = this.#shape.type;
    const from = this.#stack.height - results.length;
    if (results.length === 1) {
      this.#moveTop(this.#stack.at(from), from, 0);
    } else {
      // Results go where the parameters are, so none may still be a note of a parameter.
      const copies = this.#stack.from(from).map((operand, i) => {
        const isLocal = operand.kind === "cell" && operand.cell < this.#layout.operandBase;
        return isLocal ? cell(this.#copy(operand, this.#place(from + i))) : operand;
      });
      copies.forEach((operand, i) => this.#copy(operand, i));
    }
    this.#out.emit("ret", { a: this.#layout.linkage });
    this.#out.fence();
  }

  #else(): void {
    const frame = this.#frames.pop()!;
    this.#out.bind(frame.otherwise!);
    this.#stack.truncate(frame.height);
    for (const operand of frame.saved) this.#stack.push(operand);
    this.#frames.push({ ...frame, opcode: op.else, otherwise: undefined });
  }

  /** Ends a block; `falls` says whether its end is reached from inside. The code after it may be dead. */
  #end(falls: boolean): void {
    const frame = this.#frames.pop()!;
    if (this.#frames.length === 0) return;
    let reached = falls || (frame.branched && frame.opcode !== op.loop);
    if (frame.otherwise !== undefined) {
      // An `if` without `else` passes its parameters on when the condition does not hold.
      this.#missingElse(frame, falls);
      reached = true;
    }
    if (frame.opcode !== op.loop) this.#out.bind(frame.label);
    this.#stack.truncate(frame.height);
    if (reached) for (let i = 0; i < frame.type.results.length; i++) this.#pushPlace();
    else this.#skip();
  }

  #missingElse(frame: Frame, falls: boolean): void {
    const unsettled = frame.type.params.some((_, i) => {
      const operand = frame.saved[i]!;
      return operand.kind !== "cell" || operand.cell !== this.#place(frame.height + i);
    });
    if (unsettled && falls) this.#out.jump("jmp", frame.label);
    this.#out.bind(frame.otherwise!);
    if (!unsettled) return;
    for (let i = 0; i < frame.type.params.length; i++) {
      this.#copy(frame.saved[i]!, this.#place(frame.height + i));
    }
    this.#out.fence();
  }

  /** What a branch to `depth` carries, and whether it is all in place already. */
  #target(depth: number): { frame: Frame; arity: number; settled: boolean; returns: boolean } {
    const index = this.#frames.length - 1 - depth;
    const frame = this.#frames[index]!;
    const arity = (frame.opcode === op.loop ? frame.type.params : frame.type.results).length;
    const from = this.#stack.height - arity;
    const settled = Array.from({ length: arity }, (_, i) => i).every((i) => {
      const operand = this.#stack.at(from + i);
      return operand.kind === "cell" && operand.cell === this.#place(frame.height + i);
    });
    frame.branched = true;
    return { frame, arity, settled: settled && index > 0, returns: index === 0 };
  }

  #branch(depth: number): void {
    const { frame, arity, returns } = this.#target(depth);
    if (returns) {
      this.#return();
      return;
    }
    this.#moveResults(arity, frame.height, true);
    this.#out.jump("jmp", frame.label);
  }

  #branchIf(depth: number): void {
    const operand = this.#pop();
    const { frame, arity, settled, returns } = this.#target(depth);
    if (settled) {
      this.#jumpIf(operand, true, frame.label);
      this.#out.fence();
      return;
    }
    const past = newLabel();
    this.#jumpIf(operand, false, past);
    this.#out.fence();
    if (returns) {
      this.#return();
    } else {
      this.#moveResults(arity, frame.height, false);
      this.#out.jump("jmp", frame.label);
      this.#out.fence();
    }
    this.#out.bind(past);
  }

  /** A jump into a run of jumps, one for each target. */
  #branchTable(labels: readonly number[]): void {
    const a = this.#popCell();
    this.#out.emit("jt", { a, b: value(BigInt(labels.length - 1)), c: this.#out.length + 1 });
    this.#out.fence();
    const entries = new Map<number, Label>();
    const stubs = new Map<number, Label>();
    for (const depth of labels) {
      let label = entries.get(depth);
      if (label === undefined) {
        const { frame, settled } = this.#target(depth);
        label = settled ? frame.label : newLabel();
        entries.set(depth, label);
        if (!settled) stubs.set(depth, label);
      }
      this.#out.jump("jmp", label);
      this.#out.fence();
    }
    for (const [depth, label] of stubs) {
      this.#out.bind(label);
      const { frame, arity, returns } = this.#target(depth);
      if (returns) {
        this.#return();
      } else {
        this.#moveResults(arity, frame.height, false);
        this.#out.jump("jmp", frame.label);
        this.#out.fence();
      }
    }
  }

  #call(callee: Callee): void {
    const { params, results } = callee.type;
    if (callee.kind === "intrinsic") {
      this.#intrinsic(callee.mnemonic, params.length, results.length);
      return;
    }
    const from = this.#stack.height - params.length;
    for (let i = from; i < this.#stack.height; i++) this.#settle(i);
    this.#stack.truncate(from);
    const { linkage, cells } = callee.layout;
    const d = this.#place(from);
    this.#out.jump("call", callee.entry, { d, a: linkage, b: value(BigInt(cells)) });
    this.#out.fence();
    for (let i = 0; i < results.length; i++) this.#pushPlace();
  }

  #callIndirect(table: number, type: FunctionType): void {
    const { entry, linkage, cells } = this.#context.dispatch(table, type);
    const index = this.#pop();
    const from = this.#stack.height - type.params.length;
    for (let i = from; i < this.#stack.height; i++) this.#settle(i);
    const d = this.#place(from);
    this.#copy(index, d + linkage + 2);
    this.#stack.truncate(from);
    this.#out.jump("call", entry, { d, a: linkage, b: value(BigInt(cells)) });
    this.#out.fence();
    for (let i = 0; i < type.results.length; i++) this.#pushPlace();
  }

  #intrinsic(mnemonic: Mnemonic, parameters: number, results: number): void {
    if (mnemonic === "trap") {
      this.#out.emit("trap", {
        a: this.#layout.linkage,
        c: trapKinds.indexOf("out of bounds memory access"),
      });
      return;
    }
    const b = parameters === 2 || mnemonic === "exit" ? this.#pop() : undefined;
    const a = mnemonic === "exit" ? 0 : this.#popCell();
    const d = results === 1 ? this.#pushPlace() : 0;
    this.#out.emit(mnemonic, { d, a, ...(b === undefined ? {} : { b }) });
  }

  // Dead code

  /** After an instruction that does not go on: reads, without translating, up to where code is reached again. */
  #skip(): void {
    for (let depth = 0; ;) {
      const { opcode } = this.#walk.next();
      if (opcode === op.block || opcode === op.loop || opcode === op.if) depth++;
      else if (opcode === op.else && depth === 0) {
        this.#else();
        return;
      } else if (opcode === op.end && depth-- === 0) {
        this.#end(false);
        return;
      }
    }
  }
}

const nop = 0x01;

/** They become no instruction in any machine, and are not counted. */
const structural = new Set<number>([op.block, op.loop, op.else, op.end, nop]);
