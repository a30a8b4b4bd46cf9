/** Writes random integer modules that always end: every loop counts down, and functions call only later ones. */
import type { Seeded } from "../../../seeded.ts";

type Type = "i32" | "i64";

const unary = ["clz", "ctz", "popcnt", "extend8_s", "extend16_s"];
const binary = ["add", "sub", "mul", "and", "or", "xor", "shl", "shr_s", "shr_u", "rotl", "rotr"];
const trapping = ["div_s", "div_u", "rem_s", "rem_u"];
const comparisons = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
const loads: Record<Type, string[]> = {
  i32: ["load", "load8_s", "load8_u", "load16_s", "load16_u"],
  i64: ["load", "load8_s", "load8_u", "load16_s", "load16_u", "load32_s", "load32_u"],
};
const stores: Record<Type, string[]> = {
  i32: ["store", "store8", "store16"],
  i64: ["store", "store8", "store16", "store32"],
};

interface Signature {
  readonly params: readonly Type[];
  readonly results: readonly Type[];
}

const functions = 4;

/** The text of a module with functions f0…, some memory, globals and a table; and what f0 takes and gives. */
export function randomModule(random: Seeded): { readonly text: string } & Signature {
  const writer = new ModuleWriter(random);
  return { text: writer.write(), ...writer.signatures[0]! };
}

class ModuleWriter {
  readonly #random: Seeded;
  readonly signatures: readonly Signature[];
  #locals: Type[] = [];
  #index = 0;
  /** What the labels around carry, the innermost last; a loop's label is never branched to but by its own counter. */
  #labels: (readonly Type[] | "loop")[] = [];
  #counters = 0;
  #budget = 0;

  constructor(random: Seeded) {
    this.#random = random;
    this.signatures = Array.from({ length: functions }, () => ({
      params: this.#types(4),
      results: this.#types(3),
    }));
  }

  #below(bound: number): number {
    return bound <= 1 ? 0 : Number(this.#random.scalar(BigInt(bound) + 1n)) - 1;
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#below(from.length)]!;
  }

  #type(): Type {
    return this.#pick(["i32", "i64"]);
  }

  #types(most: number): Type[] {
    return Array.from({ length: this.#below(most) }, () => this.#type());
  }

  write(): string {
    const bodies = this.signatures.map((_, i) => this.#function(i));
    return `(module
      (memory (export "memory") 1 3)
      (data (i32.const 3) "a random module begins with this text")
      (global $i32 (mut i32) (i32.const -5)) (global $i64 (mut i64) (i64.const 0x123456789abcdef))
      (table ${functions + 1} funcref) (elem (i32.const 0) ${this.signatures.map((_, i) => `$f${i}`).join(" ")})
      ${bodies.join("\n")})`;
  }

  #function(index: number): string {
    const { params, results } = this.signatures[index]!;
    this.#index = index;
    this.#labels = [results];
    this.#counters = 0;
    this.#budget = 60;
    const own = [...this.#types(5), "i32" as const, "i64" as const];
    this.#locals = [...params, ...own];
    const body = [this.#statements(3), ...results.map((type) => this.#expression(type, 3))].join("\n");
    return `(func $f${index} (export "f${index}") ${list("param", params)} ${list("result", results)}
      ${list("local", own)} ${Array.from({ length: this.#counters }, (_, i) => `(local $c${i} i32)`).join(" ")}
      ${body})`;
  }

  #statements(depth: number): string {
    return Array.from({ length: 1 + this.#below(4) }, () => this.#statement(depth)).join("\n");
  }

  #local(type: Type): number | undefined {
    const fitting = this.#locals.flatMap((each, i) => (each === type ? [i] : []));
    return fitting.length === 0 ? undefined : this.#pick(fitting);
  }

  #address(): string {
    return `(i32.and ${this.#expression("i32", 1)} (i32.const ${this.#pick([63, 255, 65_535, 65_528])}))`;
  }

  #statement(depth: number): string {
    if (this.#budget-- <= 0) return "";
    const type = this.#type();
    const local = this.#local(type)!;
    const inner = depth > 0 ? 12 : 5;
    switch (this.#below(inner)) {
      case 0:
      case 1:
        return `(local.set ${local} ${this.#expression(type, 3)})`;
      case 2:
        return `(global.set $${type} ${this.#expression(type, 2)})`;
      case 3:
        return `(${type}.${this.#pick(stores[type])} offset=${this.#below(9)} align=1 ${this.#address()} ${this.#expression(type, 2)})`;
      case 4:
        return this.#branch() ?? `(drop ${this.#expression(type, 2)})`;
      case 5:
        return `(if ${this.#expression("i32", 2)} (then ${this.#inside([], () => this.#statements(depth - 1))})
          (else ${this.#inside([], () => this.#statements(depth - 1))}))`;
      case 6:
        return `(if ${this.#expression("i32", 2)} (then ${this.#inside([], () => this.#statements(depth - 1))}))`;
      case 7:
        return `(block ${this.#inside([], () => this.#statements(depth - 1))})`;
      case 8: {
        // The counter is the loop's alone, so nothing can keep it from running out.
        const counter = `$c${this.#counters++}`;
        const body = this.#inside("loop", () => this.#statements(depth - 1));
        return `(local.set ${counter} (i32.const ${1 + this.#below(5)}))
          (loop ${body}
            (br_if 0 (local.tee ${counter} (i32.sub (local.get ${counter}) (i32.const 1)))))`;
      }
      case 9: {
        const results = this.#types(3);
        const body = this.#inside(results, () =>
          [this.#statements(depth - 1), ...results.map((each) => this.#expression(each, 2))].join("\n"),
        );
        return `(block ${list("result", results)} ${body}) ${this.#store(results)}`;
      }
      case 10:
        return this.#call();
      default:
        return `(memory.${this.#pick(["fill", "copy"])} ${this.#address()} ${this.#address()} (i32.const ${this.#below(40)}))`;
    }
  }

  #inside(label: readonly Type[] | "loop", write: () => string): string {
    this.#labels.push(label);
    const text = write();
    this.#labels.pop();
    return text;
  }

  /** Sets locals to what is on the stack. */
  #store(types: readonly Type[]): string {
    return types
      .map((type) => `(local.set ${this.#local(type)!})`)
      .reverse()
      .join(" ");
  }

  #branch(): string | undefined {
    const depths = this.#labels.flatMap((label, i) =>
      label === "loop" ? [] : [this.#labels.length - 1 - i],
    );
    const depth = this.#pick(depths);
    const types = this.#labels[this.#labels.length - 1 - depth] as readonly Type[];
    const values = (): string => types.map((type) => this.#expression(type, 2)).join(" ");
    switch (this.#below(4)) {
      case 0:
        return `(br_if ${depth} ${values()} ${this.#expression("i32", 2)}) ${types.map(() => "(drop)").join(" ")}`;
      case 1: {
        const same = depths.filter((each) => {
          const label = this.#labels[this.#labels.length - 1 - each] as readonly Type[];
          return label.join() === types.join();
        });
        // One more than the depth, because the `if` around is a label too.
        const targets = Array.from({ length: 1 + this.#below(4) }, () => this.#pick(same) + 1).join(" ");
        return this.#when(() => `(br_table ${targets} ${values()} ${this.#expression("i32", 1)})`);
      }
      case 2:
        return this.#when(() => `(br ${depth + 1} ${values()})`);
      default:
        return undefined;
    }
  }

  #when(write: () => string): string {
    return `(if ${this.#expression("i32", 2)} (then ${this.#inside([], write)}))`;
  }

  #call(): string {
    const target = this.#index + 1 + this.#below(functions - this.#index - 1);
    if (target >= functions) return "(nop)";
    const { params, results } = this.signatures[target]!;
    const values = params.map((type) => this.#expression(type, 2)).join(" ");
    const call = `call_indirect ${list("param", params)} ${list("result", results)} ${values} (i32.const ${target})`;
    return `(${this.#below(3) === 0 ? call : `call $f${target} ${values}`}) ${this.#store(results)}`;
  }

  #expression(type: Type, depth: number): string {
    const local = this.#local(type);
    if (depth === 0 || this.#budget-- <= 0) {
      return this.#below(2) === 0 || local === undefined
        ? `(${type}.const ${BigInt.asIntN(type === "i32" ? 32 : 64, this.#random.scalar(1n << 65n) >> (this.#random.scalar(65n) - 1n))})`
        : `(local.get ${local})`;
    }
    const sub = (other: Type = type): string => this.#expression(other, depth - 1);
    switch (this.#below(13)) {
      case 0:
        return local === undefined ? sub() : `(local.tee ${local} ${sub()})`;
      case 1:
        return `(${type}.${this.#pick(unary)} ${sub()})`;
      case 2:
        return `(${type}.${this.#pick(trapping)} ${sub()} (${type}.or ${sub()} (${type}.const 1)))`;
      case 3:
        return `(${type}.${this.#pick(loads[type])} offset=${this.#below(9)} align=1 ${this.#address()})`;
      case 4:
        return `(select ${sub()} ${sub()} ${sub("i32")})`;
      case 5:
        return type === "i32"
          ? `(i32.wrap_i64 ${sub("i64")})`
          : `(i64.extend_i32_${this.#pick(["s", "u"])} ${sub("i32")})`;
      case 6: {
        const of = this.#type();
        const comparison =
          this.#below(4) === 0
            ? `(${of}.eqz ${sub(of)})`
            : `(${of}.${this.#pick(comparisons)} ${sub(of)} ${sub(of)})`;
        return type === "i32" ? comparison : `(i64.extend_i32_u ${comparison})`;
      }
      case 7:
        return `(if (result ${type}) ${sub("i32")} (then ${this.#inside([type], () => sub())}) (else ${this.#inside([type], () => sub())}))`;
      case 8:
        return `(block (result ${type}) ${this.#inside([type], () => `${this.#statement(1)} ${sub()}`)})`;
      case 9:
        return `(global.get $${type})`;
      case 10:
        return type === "i32" ? "(memory.size)" : sub();
      default:
        return `(${type}.${this.#pick(binary)} ${sub()} ${sub()})`;
    }
  }
}

const list = (keyword: string, types: readonly Type[]): string =>
  types.length === 0 ? "" : `(${keyword} ${types.join(" ")})`;
