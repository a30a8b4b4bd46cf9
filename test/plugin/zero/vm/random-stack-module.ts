/**
 * Writes random modules as a stack machine does, byte by byte: operands left below blocks, blocks and loops with parameters, branches
 * that carry values back and forth, code that is never reached. An assembler would tidy all of that away.
 *
 * Every loop and every function burns fuel, a global that `refuel` fills, so each call ends.
 */
import { ByteWriter } from "../../../../plugin/wasm/byte-writer.ts";
import { op } from "../../../../plugin/wasm/instructions.ts";
import type { Seeded } from "../../../seeded.ts";

const i32 = 0x7f;
const i64 = 0x7e;
type Type = typeof i32 | typeof i64;

interface Signature {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

interface Frame extends Signature {
  readonly kind: "block" | "loop" | "if" | "else";
  /** Operands below belong to the frames outside. */
  readonly height: number;
  isUnreachable: boolean;
}

/** Opcodes by type; the last four of `binary` may trap. */
const unary = { [i32]: [0x67, 0x68, 0x69, 0xc0, 0xc1], [i64]: [0x79, 0x7a, 0x7b, 0xc2, 0xc3, 0xc4] };
const binary = {
  [i32]: [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x6d, 0x6e, 0x6f, 0x70],
  [i64]: [0x7c, 0x7d, 0x7e, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x7f, 0x80, 0x81, 0x82],
};
const comparisons = { [i32]: [0x46, 10], [i64]: [0x51, 10] } as const;
const zeroTest = { [i32]: 0x45, [i64]: 0x50 };
const loads = {
  [i32]: [0x28, 0x2c, 0x2d, 0x2e, 0x2f],
  [i64]: [0x29, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35],
};
const stores = { [i32]: [0x36, 0x3a, 0x3b], [i64]: [0x37, 0x3c, 0x3d, 0x3e] };
const i32And = 0x71;
const wrap = 0xa7;
const extendSigned = 0xac;
const extendUnsigned = 0xad;

const functions = 4;
const fuel = 0;
/** The global that dropped values are mixed into. */
const mix = 2;
/** Numbers at which something changes, for constants. */
const edges = [0n, 1n, 2n, 7n, 8n, 31n, 32n, 33n, 63n, 64n, 65n, 255n, 0x7fff_ffffn, 0x8000_0000n, -1n, -2n];

/** A module with functions f0… of the given types, `refuel`, `mixed`, and memory. */
export function randomStackModule(random: Seeded): { wasm: Uint8Array; signatures: readonly Signature[] } {
  return new ModuleWriter(random).write();
}

class ModuleWriter {
  readonly #random: Seeded;
  readonly #types: Signature[] = [];
  readonly #signatures: Signature[] = [];

  constructor(random: Seeded) {
    this.#random = random;
  }

  #below(bound: number): number {
    return bound <= 1 ? 0 : Number(this.#random.scalar(BigInt(bound) + 1n)) - 1;
  }

  #pickTypes(most: number): Type[] {
    return Array.from({ length: this.#below(most + 1) }, () => (this.#below(2) === 0 ? i32 : i64));
  }

  write(): { wasm: Uint8Array; signatures: readonly Signature[] } {
    // Two functions share a type, so that some calls through the table succeed.
    for (let i = 0; i < functions; i++) {
      const own = { params: this.#pickTypes(3), results: this.#pickTypes(3) };
      this.#signatures.push(i === 2 ? this.#signatures[1]! : own);
    }
    this.#types.push({ params: [], results: [] }, ...this.#signatures, { params: [], results: [i64] });
    const bodies = this.#signatures.map((signature) =>
      new BodyWriter(this.#random, signature, this.#types).write(),
    );
    const refuel = [0, op.i32Const, ...signed(200n), op.globalSet, fuel, op.end];
    const mixed = [0, op.globalGet, mix, op.end];
    const names = ["refuel", ...this.#signatures.map((_, i) => `f${i}`), "mixed"];
    const wasm = Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(
        1,
        this.#types.map(({ params, results }) => [0x60, ...vector(params), ...vector(results)]),
      ),
      ...section(
        3,
        names.map((_, i) => [i]),
      ),
      ...section(4, [[0x70, 0, functions + 2]]),
      ...section(5, [[1, 1, 3]]),
      ...section(6, [
        [i32, 1, op.i32Const, ...signed(200n), op.end],
        [i32, 1, op.i32Const, ...signed(-5n), op.end],
        [i64, 1, op.i64Const, ...signed(0x1234_5678_9abc_defn), op.end],
      ]),
      ...section(7, [[...text("memory"), 2, 0], ...names.map((name, i) => [...text(name), 0, i])]),
      // The first entry stays null.
      ...section(9, [[0, op.i32Const, 1, op.end, ...vector(this.#signatures.map((_, i) => i + 1))]]),
      ...section(
        10,
        [refuel, ...bodies, mixed].map((body) => [...unsigned(body.length), ...body]),
      ),
      ...section(11, [
        [0, op.i32Const, 3, op.end, ...text("what a random module begins with")],
        [0, op.i32Const, 9, op.end, ...text("overlaps")],
      ]),
    ]);
    return { wasm, signatures: this.#signatures };
  }
}

class BodyWriter {
  readonly #random: Seeded;
  /** Types of blocks, by index in the type section; the functions' from 1 on. */
  readonly #types: Signature[];
  readonly #parameters: number;
  readonly #locals: Type[];
  readonly #code: number[] = [];
  readonly #stack: Type[] = [];
  readonly #frames: Frame[] = [];
  #budget = 90;

  constructor(random: Seeded, { params, results }: Signature, types: Signature[]) {
    this.#random = random;
    this.#types = types;
    this.#parameters = params.length;
    this.#locals = [...params, i32, i64, ...(this.#below(2) === 0 ? ([i32, i64, i64] as const) : [])];
    this.#frames.push({ kind: "block", params: [], results, height: 0, isUnreachable: false });
  }

  #below(bound: number): number {
    return bound <= 1 ? 0 : Number(this.#random.scalar(BigInt(bound) + 1n)) - 1;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  write(): number[] {
    this.#burn();
    while (this.#frames.length > 0) {
      const isOver = this.#budget-- <= 0;
      if (isOver || (this.#frames.length > 1 && this.#below(7) === 0)) this.#end();
      else this.#instruction();
    }
    const own = this.#locals.slice(this.#parameters);
    return [...unsigned(own.length), ...own.flatMap((type) => [1, type]), ...this.#code];
  }

  /** Traps when there is no fuel left. */
  #burn(): void {
    this.#code.push(op.globalGet, fuel, op.i32Const, 1, op.i32Sub, op.globalSet, fuel);
    this.#code.push(op.globalGet, fuel, zeroTest[i32], op.if, 0x40, op.unreachable, op.end);
  }

  get #top(): Frame {
    return this.#frames[this.#frames.length - 1]!;
  }

  /** How many operands the innermost frame has of its own. */
  get #own(): number {
    return this.#stack.length - this.#top.height;
  }

  #endsWith(types: readonly Type[]): boolean {
    if (this.#own < types.length) return false;
    return types.every((type, i) => this.#stack[this.#stack.length - types.length + i] === type);
  }

  #constant(type: Type): void {
    const bits = this.#below(3) === 0 ? this.#random.scalar(1n << 64n) : this.#pick(edges);
    this.#code.push(type === i32 ? op.i32Const : op.i64Const);
    this.#code.push(...signed(BigInt.asIntN(type === i32 ? 32 : 64, bits)));
    this.#stack.push(type);
  }

  #pushValue(type: Type): void {
    if (this.#below(4) === 0) {
      this.#constant(type);
    } else {
      this.#code.push(op.localGet, this.#localOf(type));
      this.#stack.push(type);
    }
  }

  #localOf(type: Type): number {
    return this.#pick(this.#locals.flatMap((each, i) => (each === type ? [i] : [])));
  }

  #pushAll(types: readonly Type[]): void {
    for (const type of types) this.#pushValue(type);
  }

  #pop(): Type {
    return this.#stack.pop()!;
  }

  /** Mixes most of what it takes off the stack into a global, so that a wrong value does not go unseen. */
  #dropTo(height: number): void {
    while (this.#stack.length > height) {
      const type = this.#pop();
      if (this.#below(8) === 0) {
        this.#code.push(op.drop);
        continue;
      }
      if (type === i32) this.#code.push(extendUnsigned);
      this.#code.push(op.globalGet, mix, op.i64Const, 3, op.i64Mul, op.i64Add, op.globalSet, mix);
    }
  }

  /** Makes the innermost frame's operands those wanted, keeping what fits. */
  #shape(types: readonly Type[]): void {
    const { height } = this.#top;
    let fitting = 0;
    while (fitting < types.length && this.#stack[height + fitting] === types[fitting]) fitting++;
    this.#dropTo(height + fitting);
    this.#pushAll(types.slice(fitting));
  }

  #cut(): void {
    this.#stack.length = this.#top.height;
    this.#top.isUnreachable = true;
  }

  #end(): void {
    const frame = this.#top;
    if (!(frame.isUnreachable && this.#own === 0 && this.#below(2) === 0)) this.#shape(frame.results);
    this.#stack.length = frame.height;
    if (frame.kind === "if" && (this.#below(2) === 0 || frame.params.join() !== frame.results.join())) {
      this.#code.push(op.else);
      this.#frames[this.#frames.length - 1] = { ...frame, kind: "else", isUnreachable: false };
      this.#stack.push(...frame.params);
      return;
    }
    this.#code.push(op.end);
    this.#frames.pop();
    this.#stack.push(...frame.results);
  }

  #enter(): void {
    if (this.#frames.length > 7) return;
    const kind = this.#pick(["block", "loop", "if"] as const);
    // Locals and constants as parameters: they are in no cell of their own yet.
    this.#pushAll(Array.from({ length: this.#below(3) }, () => this.#pick([i32, i64] as const)));
    if (kind === "if") {
      if (!this.#endsWith([i32]) || this.#below(2) === 0) this.#condition();
      this.#pop();
    }
    const params = this.#stack.slice(this.#stack.length - Math.min(this.#own, this.#below(4)));
    const results =
      this.#below(3) === 0
        ? params
        : Array.from({ length: this.#below(4) }, () => this.#pick([i32, i64] as const));
    const type = this.#types.push({ params, results }) - 1;
    this.#code.push(op[kind], ...signed(BigInt(type)));
    this.#frames.push({
      kind,
      params,
      results,
      height: this.#stack.length - params.length,
      isUnreachable: false,
    });
    if (kind === "loop") this.#burn();
  }

  /** A new i32 on top: a value, a comparison, or its opposite. */
  #condition(): void {
    if (this.#below(5) === 0) {
      this.#pushValue(i32);
    } else {
      const type = this.#pick([i32, i64] as const);
      this.#pushAll([type, type]);
      this.#compare(type);
    }
    if (this.#below(3) === 0) this.#code.push(zeroTest[i32]);
  }

  #compare(type: Type): void {
    const [first, count] = comparisons[type];
    this.#code.push(first + this.#below(count));
    this.#stack.length -= 2;
    this.#stack.push(i32);
  }

  #labelTypes(depth: number): readonly Type[] {
    const { kind, params, results } = this.#frames[this.#frames.length - 1 - depth]!;
    return kind === "loop" ? params : results;
  }

  /** Has the wanted operands on top: those that are there, or new ones. Unreachable code has any for nothing. */
  #carry(types: readonly Type[]): void {
    if (this.#endsWith(types)) return;
    if (this.#top.isUnreachable && this.#own === 0 && this.#below(2) === 0) this.#stack.push(...types);
    else this.#pushAll(types);
  }

  #branch(): void {
    const depth = this.#below(2) === 0 ? 0 : this.#below(this.#frames.length);
    const types = this.#labelTypes(depth);
    switch (this.#below(6)) {
      case 0:
        this.#carry(types);
        this.#code.push(op.br, depth);
        this.#cut();
        return;
      case 1: {
        const same = this.#frames.flatMap((_, each) =>
          this.#labelTypes(each).join() === types.join() ? [each] : [],
        );
        this.#carry(types);
        this.#pushValue(i32);
        if (this.#below(2) === 0) this.#code.push(op.i32Const, 3, i32And);
        this.#code.push(
          op.brTable,
          ...vector(Array.from({ length: this.#below(5) }, () => this.#pick(same))),
          depth,
        );
        this.#cut();
        return;
      }
      case 2:
        if (this.#below(3) > 0) return;
        this.#carry(this.#frames[0]!.results);
        this.#code.push(op.return);
        this.#cut();
        return;
      default:
        this.#carry(types);
        this.#condition();
        this.#code.push(op.brIf, depth);
        this.#pop();
    }
  }

  #call(): void {
    const target = this.#below(functions);
    const { params, results } = this.#types[target + 1]!;
    const isIndirect = this.#below(3) === 0;
    this.#carry(params);
    if (isIndirect) {
      // Mostly the entry of that function.
      if (this.#below(8) === 0) this.#code.push(op.localGet, this.#localOf(i32));
      else this.#code.push(op.i32Const, this.#below(8) === 0 ? this.#below(functions + 3) : target + 1);
      this.#code.push(op.callIndirect, target + 1, 0);
    } else {
      this.#code.push(op.call, target + 1);
    }
    this.#stack.length -= params.length;
    this.#stack.push(...results);
  }

  #address(): void {
    this.#pushValue(i32);
    if (this.#below(60) > 0) {
      this.#code.push(op.i32Const, ...signed(BigInt(this.#pick([63, 255, 65_527]))), i32And);
    }
  }

  #memoryArgument(): number[] {
    return [0, ...unsigned(this.#below(80) === 0 ? 0xffff_fff8 + this.#below(8) : this.#below(9))];
  }

  #instruction(): void {
    const type = this.#pick([i32, i64] as const);
    const code = this.#code;
    switch (this.#below(18)) {
      case 0:
      case 1:
        this.#pushValue(type);
        return;
      case 2:
        this.#carry([type]);
        code.push(this.#pick(unary[type]));
        return;
      case 3:
      case 4:
      case 5:
        this.#carry([type, type]);
        code.push(binary[type][this.#below(this.#below(20) === 0 ? 15 : 11)]!);
        this.#pop();
        return;
      case 6:
        this.#carry([type, type]);
        this.#compare(type);
        if (this.#below(3) === 0) code.push(zeroTest[i32]);
        if (this.#below(3) === 0) {
          this.#pop();
          this.#stack.push(i64);
          code.push(this.#pick([extendSigned, extendUnsigned]));
        }
        return;
      case 7:
      case 8: {
        this.#carry([type]);
        const isTee = this.#below(2) === 0;
        code.push(isTee ? op.localTee : op.localSet, this.#localOf(type));
        if (!isTee) this.#pop();
        return;
      }
      case 9:
        if (this.#own > 0) this.#dropTo(this.#stack.length - 1);
        return;
      case 10:
        this.#carry([type, type, i32]);
        code.push(op.select);
        this.#stack.length -= 2;
        return;
      case 11:
        this.#address();
        this.#pop();
        code.push(this.#pick(loads[type]), ...this.#memoryArgument());
        this.#stack.push(type);
        return;
      case 12:
        this.#address();
        this.#pushValue(type);
        code.push(this.#pick(stores[type]), ...this.#memoryArgument());
        this.#stack.length -= 2;
        return;
      case 13:
        this.#enter();
        return;
      case 14:
        this.#branch();
        return;
      case 15:
        if (this.#below(2) === 0) this.#call();
        return;
      case 16:
        if (this.#below(2) === 0) {
          code.push(op.globalGet, type === i32 ? 1 : 2);
          this.#stack.push(type);
        } else {
          this.#carry([type]);
          code.push(op.globalSet, type === i32 ? 1 : 2);
          this.#pop();
        }
        return;
      default:
        this.#rare(type);
    }
  }

  #rare(type: Type): void {
    const code = this.#code;
    switch (this.#below(6)) {
      case 0:
        if (this.#below(6) > 0) return;
        code.push(op.unreachable);
        this.#cut();
        return;
      case 1:
        code.push(op.memorySize, 0);
        this.#stack.push(i32);
        return;
      case 2:
        code.push(op.i32Const, this.#below(3), op.memoryGrow, 0);
        this.#stack.push(i32);
        return;
      case 3: {
        this.#address();
        this.#address();
        code.push(op.i32Const, this.#below(40));
        code.push(
          ...this.#pick([
            [0xfc, 11, 0],
            [0xfc, 10, 0, 0],
          ]),
        );
        this.#stack.length -= 2;
        return;
      }
      default:
        this.#carry([type]);
        this.#pop();
        this.#stack.push(type === i32 ? i64 : i32);
        code.push(type === i64 ? wrap : this.#pick([extendSigned, extendUnsigned]));
    }
  }
}

const unsigned = (value: number): number[] => {
  const writer = new ByteWriter();
  writer.u32(value);
  return [...writer.finish()];
};

const signed = (value: bigint): number[] => {
  const writer = new ByteWriter();
  writer.signed(value);
  return [...writer.finish()];
};

const vector = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];
const text = (characters: string): number[] => vector([...new TextEncoder().encode(characters)]);

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...vector([...unsigned(items.length), ...items.flat()])];
}
