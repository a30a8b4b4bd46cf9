import type { ByteWriter } from "../../wasm/byte-writer.ts";
import { InstructionReader } from "../../wasm/instruction-reader.ts";
import { op, type Instruction } from "../../wasm/instructions.ts";
import { valueType, type DefinedFunction, type ValueType } from "../../wasm/module.ts";
import type { FunctionShape } from "../../wasm/validate-function.ts";
import { madeNan, NanFlow } from "./floats.ts";
import { fuelPer, stackLimits } from "./limits.ts";

/** Fuel counter value that says: memory could not grow although the limits allow it. No run can get there by itself. */
export const outOfHostMemory = -(2n ** 63n);

/** What the rewriting of one function needs to know of the module. */
export interface Rewriting {
  readonly fuelGlobal: number;
  readonly stackGlobal: number;
  readonly importedFunctions: number;
  /** The most pages that the module's own memory can have. An imported one has a maximum that is not known here. */
  readonly memoryPages: number | undefined;
  /** Index of the type without parameters and with these results. */
  readonly typeOf: (results: readonly ValueType[]) => number;
}

interface Block {
  readonly opcode: number;
  /** Whether some branch jumps to the end of this block (or to the head of this loop). */
  targeted: boolean;
}

/**
 * Rewrites one function. What comes out looks like this; parts that the function does not need are left out:
 *
 *     block $exhausted
 *       block $body (result …)
 *         take the frame from the stack counter, leave if it or the fuel is negative
 *         …the body, with `return` turned into `br $body`
 *       end
 *       fuel local → fuel global; give the frame back
 *       return
 *     end
 *     unless the stack counter is negative: fuel global := −1
 *     unreachable
 */
export class FunctionRewriter {
  readonly #to: Rewriting;
  readonly #item: DefinedFunction;
  readonly #shape: FunctionShape;
  readonly #out: ByteWriter;
  readonly #walk: InstructionReader;
  readonly #blocks: Block[] = [{ opcode: op.block, targeted: false }];
  readonly #extraLocals: ValueType[] = [];
  readonly #localOf = new Map<string, number>();
  /** Cost of the instructions since the counter was last written. */
  #cost = 0;
  /** Where the counter's value is at this point of the code. */
  #home: "local" | "global" = "global";
  /** Whether the body checks the counter, calls functions of the module, is left by a branch. */
  #checked = false;
  #calls = false;
  #exitTargeted = false;
  /** Values computed by instructions that do nothing else. */
  #computed = 0;
  #nanFlow: NanFlow | undefined;

  constructor(to: Rewriting, item: DefinedFunction, shape: FunctionShape, scratch: ByteWriter) {
    this.#to = to;
    this.#item = item;
    this.#shape = shape;
    this.#out = scratch;
    this.#walk = new InstructionReader(item.body);
  }

  rewrite(): DefinedFunction {
    this.#out.length = 0;
    while (this.#blocks.length > 0) this.#instruction(this.#walk.next());
    const code = this.#wrap(this.#out.finish());
    return {
      typeIndex: this.#item.typeIndex,
      locals: [...this.#item.locals, ...this.#extraLocals.map((type) => ({ count: 1, type }))],
      body: { code, offset: 0 },
    };
  }

  /** Slots of 8 bytes that a frame of this function is counted as. */
  get #frame(): number {
    const { type, locals, operands } = this.#shape;
    const { params, results } = type;
    return stackLimits.frameOverhead + locals + operands + params.length + results.length + this.#computed;
  }

  get #countsStack(): boolean {
    const { uncountedFrame, uncountedBody } = stackLimits;
    return this.#calls || this.#frame > uncountedFrame || this.#item.body.code.length > uncountedBody;
  }

  // The body.

  #instruction(instruction: Instruction): void {
    const walk = this.#walk;
    const out = this.#out;
    this.#cost += instruction.fuel;
    switch (instruction.opcode) {
      case op.block:
        this.#blocks.push({ opcode: op.block, targeted: false });
        this.#copy();
        return;
      case op.loop:
        this.#settle("local");
        this.#blocks.push({ opcode: op.loop, targeted: false });
        this.#copy();
        this.#check();
        return;
      case op.if:
        // Without an else, control also reaches the end from here.
        this.#settle("local");
        this.#blocks.push({ opcode: op.if, targeted: true });
        this.#copy();
        return;
      case op.else:
        this.#settle("local");
        this.#copy();
        return;
      case op.end:
        this.#end();
        return;
      case op.br:
      case op.brIf:
        this.#target(walk.first);
        this.#settle("local");
        this.#copy();
        return;
      case op.brTable:
        walk.labels.forEach((depth) => this.#target(depth));
        this.#settle("local");
        this.#copy();
        return;
      case op.return:
        this.#target(this.#blocks.length - 1);
        this.#settle("local");
        out.opcode(op.br);
        out.u32(this.#blocks.length - 1);
        return;
      case op.call:
        if (walk.first >= this.#to.importedFunctions) this.#calls = true;
        this.#settle("global");
        this.#copy();
        return;
      case op.callIndirect:
        this.#calls = true;
        this.#settle("global");
        this.#copy();
        return;
      case op.memoryGrow:
        this.#grow(fuelPer.memoryPage, this.#to.memoryPages);
        return;
      case op.tableGrow:
        this.#grow(fuelPer.tableEntry, undefined);
        return;
      case op.memoryInit:
      case op.memoryCopy:
      case op.memoryFill:
        this.#bulk("bytes");
        return;
      case op.tableInit:
      case op.tableCopy:
      case op.tableFill:
        this.#bulk("entries");
        return;
      default:
        if (isPure(instruction.opcode)) this.#computed++;
        this.#copy();
        this.#canonicalise(instruction.opcode);
    }
  }

  #copy(): void {
    this.#out.copy(this.#item.body.code, this.#walk.start, this.#walk.end);
  }

  #target(depth: number): void {
    this.#blocks[this.#blocks.length - 1 - depth]!.targeted = true;
  }

  #end(): void {
    const block = this.#blocks.pop()!;
    if (this.#blocks.length === 0) {
      // The end of the function: #wrap closes it. Without branches to it the global can be written here.
      this.#settle(block.targeted ? "local" : "global");
      this.#exitTargeted = block.targeted;
      return;
    }
    // Two ways meet at the end of an if, and of a block that is branched to. Nobody jumps to the end of a loop.
    if (block.opcode !== op.loop && block.targeted) this.#settle("local");
    this.#copy();
  }

  /** Replaces a NaN that `opcode` may have made by the canonical one. */
  #canonicalise(opcode: number): void {
    const type = madeNan(opcode);
    if (type === undefined) return;
    this.#nanFlow ??= new NanFlow(this.#item, this.#shape.type);
    if (!this.#nanFlow.observed(this.#walk.end)) return;
    const out = this.#out;
    const value = this.#local(type === valueType.f32 ? "f32" : "f64", type);
    this.#tee(value);
    if (type === valueType.f32) {
      out.append([op.f32Const, 0, 0, 0xc0, 0x7f]);
    } else {
      out.append([op.f64Const, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f]);
    }
    this.#get(value);
    this.#get(value);
    out.opcode(type === valueType.f32 ? op.f32Eq : op.f64Eq);
    out.opcode(op.select);
  }

  /** A bulk operation, whose length is on top of the stack: pays for all bytes of the memory or entries of a table first. */
  #bulk(of: "bytes" | "entries"): void {
    const out = this.#out;
    const length = this.#local("length", valueType.i32);
    this.#settle("local");
    this.#tee(length);
    this.#get(this.#fuelLocal());
    this.#get(length);
    out.opcode(op.i64ExtendI32U);
    out.opcode(op.i64Const);
    out.signed(of === "bytes" ? fuelPer.bulkBytesLog2 : fuelPer.tableWrite);
    out.opcode(of === "bytes" ? op.i64ShrU : op.i64Mul);
    out.opcode(op.i64Sub);
    this.#set(this.#fuelLocal());
    this.#check();
    this.#copy();
  }

  /**
   * memory.grow or table.grow, with the increment on top of the stack: pays when it succeeded. A memory that does not grow
   * although its maximum allows it means that this machine has no memory left; the run must not go on, because on
   * another machine it would.
   */
  #grow(unit: number, mostPages: number | undefined): void {
    const out = this.#out;
    const increment = this.#local("length", valueType.i32);
    const result = this.#local("result", valueType.i32);
    const fuel = this.#fuelLocal();
    this.#settle("local");
    this.#tee(increment);
    this.#copy();
    this.#tee(result);
    out.opcode(op.i32Const);
    out.signed(-1);
    out.opcode(op.i32Eq);
    out.append([op.if, 0x40]);
    if (mostPages !== undefined) {
      this.#get(increment);
      out.opcode(op.i32Const);
      out.signed(mostPages);
      out.append([op.memorySize, 0]);
      out.opcode(op.i32Sub);
      out.opcode(op.i32LeU);
      out.append([op.if, 0x40]);
      this.#trapWith(outOfHostMemory);
      out.opcode(op.end);
    }
    out.opcode(op.else);
    this.#get(fuel);
    this.#get(increment);
    out.opcode(op.i64ExtendI32U);
    out.opcode(op.i64Const);
    out.signed(unit);
    out.opcode(op.i64Mul);
    out.opcode(op.i64Sub);
    this.#set(fuel);
    out.opcode(op.end);
    this.#get(result);
  }

  // The counter.

  /** Takes the pending cost off the counter and leaves it in `home`. */
  #settle(home: "local" | "global"): void {
    if (this.#cost === 0 && this.#home === home) return;
    const out = this.#out;
    if (this.#home === "local") this.#get(this.#fuelLocal());
    else this.#global(op.globalGet, this.#to.fuelGlobal);
    if (this.#cost > 0) {
      out.opcode(op.i64Const);
      out.signed(this.#cost);
      out.opcode(op.i64Sub);
    }
    if (home === "local") this.#set(this.#fuelLocal());
    else this.#global(op.globalSet, this.#to.fuelGlobal);
    this.#cost = 0;
    this.#home = home;
  }

  /** Leaves the function when the counter, in the local, is negative. */
  #check(): void {
    const out = this.#out;
    this.#checked = true;
    this.#get(this.#fuelLocal());
    out.append([op.i64Const, 0]);
    out.opcode(op.i64LtS);
    out.opcode(op.brIf);
    out.u32(this.#blocks.length); // one outside of the function's own label
  }

  #trapWith(fuel: bigint): void {
    this.#out.opcode(op.i64Const);
    this.#out.signed(fuel);
    this.#global(op.globalSet, this.#to.fuelGlobal);
    this.#out.opcode(op.unreachable);
  }

  // The frame around the body.

  #wrap(body: Uint8Array): Uint8Array {
    const out = this.#out;
    const { results } = this.#shape.type;
    const counted = this.#countsStack;
    const guarded = this.#checked || counted;
    out.length = 0;
    if (guarded) out.append([op.block, 0x40]);
    if (guarded || this.#exitTargeted) {
      out.opcode(op.block);
      if (results.length === 0) out.byte(0x40);
      else if (results.length === 1) out.byte(results[0]!);
      else out.signed(this.#to.typeOf(results));
    }
    if (counted) this.#takeFrame();
    out.append(body);
    if (guarded || this.#exitTargeted) out.opcode(op.end);
    if (this.#exitTargeted) {
      this.#get(this.#fuelLocal());
      this.#global(op.globalSet, this.#to.fuelGlobal);
    }
    if (counted) {
      this.#get(this.#local("stack", valueType.i64));
      out.opcode(op.i64Const);
      out.signed(this.#frame);
      out.opcode(op.i64Add);
      this.#global(op.globalSet, this.#to.stackGlobal);
    }
    if (guarded) {
      out.opcode(op.return);
      out.opcode(op.end);
      if (counted) {
        // Either counter sent us here. If it was the stack, it says so itself.
        this.#global(op.globalGet, this.#to.stackGlobal);
        out.append([op.i64Const, 0]);
        out.opcode(op.i64LtS);
        out.append([op.if, 0x40]);
        out.opcode(op.unreachable);
        out.opcode(op.end);
      }
      this.#trapWith(-1n);
    }
    out.opcode(op.end);
    return out.finish();
  }

  /** Takes the frame from the stack counter, and checks both counters at once: one of them is negative if their OR is. */
  #takeFrame(): void {
    const out = this.#out;
    const stack = this.#local("stack", valueType.i64);
    this.#global(op.globalGet, this.#to.stackGlobal);
    out.opcode(op.i64Const);
    out.signed(this.#frame);
    out.opcode(op.i64Sub);
    this.#tee(stack);
    this.#global(op.globalSet, this.#to.stackGlobal);
    this.#get(stack);
    this.#global(op.globalGet, this.#to.fuelGlobal);
    out.opcode(op.i64Or);
    out.append([op.i64Const, 0]);
    out.opcode(op.i64LtS);
    out.opcode(op.brIf);
    out.u32(1);
  }

  // Locals and globals.

  #fuelLocal(): number {
    return this.#local("fuel", valueType.i64);
  }

  /** The added local of that name. */
  #local(name: string, type: ValueType): number {
    const known = this.#localOf.get(name);
    if (known !== undefined) return known;
    const index = this.#shape.locals + this.#extraLocals.push(type) - 1;
    this.#localOf.set(name, index);
    return index;
  }

  #get(local: number): void {
    this.#out.opcode(op.localGet);
    this.#out.u32(local);
  }

  #set(local: number): void {
    this.#out.opcode(op.localSet);
    this.#out.u32(local);
  }

  #tee(local: number): void {
    this.#out.opcode(op.localTee);
    this.#out.u32(local);
  }

  #global(opcode: number, index: number): void {
    this.#out.opcode(opcode);
    this.#out.u32(index);
  }
}

/** Whether an instruction does nothing but compute one value from its operands: comparisons, arithmetic, conversions, select. */
function isPure(opcode: number): boolean {
  const select = opcode === op.select || opcode === op.selectTyped;
  return select || (opcode >= 0x45 && opcode <= 0xc4) || (opcode >= 0xfc00 && opcode <= 0xfc07);
}
