/** What instruction chips are made of (docs/zero/machine.md §3): state, program, reads and writes, numbers of limbs, signs. */
import { immediate, opcodes, type Mnemonic } from "../vm/instruction.ts";
import type { ChipBuilder } from "./chip.ts";
import { expression, sum, type Expression, type Operand } from "./expression.ts";
import { inverseOf } from "../field/scalar-field.ts";

/** Operand fields that an instruction's token has, beside its opcode. */
export type Field = "d" | "a" | "b" | "c";

/**
 * A bit that turns some opcodes of a chip into others, `weight` further on, and saves their flags: `shl32` with the bit of weight
 * 1 set is `shl64`. A row has at most one such bit, and only with the opcodes in `of`.
 */
export interface Variant {
  readonly name: string;
  readonly weight: number;
  readonly of: readonly Mnemonic[];
}

/** Numbers below 2^16. */
export function inRange(chip: ChipBuilder, multiplicity: Expression, ...values: Expression[]): void {
  for (const value of values) chip.take("range", multiplicity, value);
}

/** Limits a limb, which must itself be in range, to `bits` bits. */
export function limbBelow(chip: ChipBuilder, multiplicity: Expression, limb: Expression, bits: number): void {
  inRange(chip, multiplicity, limb.times(1n << BigInt(16 - bits)));
}

/** A number of 16-bit limbs, each in range where the multiplicity is 1. */
export interface Limbs {
  readonly limbs: readonly Expression[];
  readonly value: Expression;
}

/** Columns `name 0`, `name 1`, … */
export function limbColumns(chip: ChipBuilder, name: string, multiplicity: Expression, count = 4): Limbs {
  const limbs = Array.from({ length: count }, (_, i) => chip.column(`${name} ${i}`, 16));
  inRange(chip, multiplicity, ...limbs);
  return { limbs, value: sum(...limbs.map((limb, i) => limb.times(1n << BigInt(16 * i)))) };
}

/**
 * Splits signed numbers: the bit `name sign` of the two's complement of an affine `value`, of 64 bits where the flag `is64` is
 * set and of 32 where `is32` is. `value` must be known to be below 2^64 or 2^32.
 *
 * `value + 2^{w−1} − 2^w sign` is below 2^w for the right sign only. It is also the number that compares like the signed one, and
 * is returned, in limbs `name flipped 0…3`, range-checked where a flag is set.
 */
export function signColumns(
  chip: ChipBuilder,
  name: string,
  value: Expression,
  is64: Expression,
  is32: Expression,
): { readonly sign: Expression; readonly flipped: Limbs } {
  const sign = chip.bit(`${name} sign`);
  const applies = is64.plus(is32);
  const flipped = limbColumns(chip, `${name} flipped`, applies);
  const half = is64.times(1n << 63n).plus(is32.times(1n << 31n));
  chip.zero(
    `${name} flipped is ${name} with its top bit changed, below 2^w`,
    applies.times(value.minus(flipped.value)).plus(half).minus(half.times(2).times(sign)),
  );
  const [, , second, third] = flipped.limbs;
  chip.zero(`${name} flipped is below 2^32 where it has 32 bits`, is32.times(second!.plus(third!)));
  return { sign, flipped };
}

/** The columns that every instruction chip has, and its tokens on the state, program and memory buses. */
export class InstructionRow {
  readonly chip: ChipBuilder;
  readonly pc: Expression;
  readonly fp: Expression;
  readonly ts: Expression;
  /** Operand `b` is a value; 0 in chips whose instructions have no such form. Every chip that has it calls `immediateB`. */
  readonly imm: Expression;
  /** 1 in rows that stand for an instruction, 0 in padding. */
  readonly real: Expression;
  readonly #flags: ReadonlyMap<Mnemonic, Expression>;
  readonly #fields: ReadonlyMap<Field, Expression>;
  readonly #variants: ReadonlyMap<string, Expression>;

  /** Columns `pc`, `fp`, `ts`, `is …` for each opcode, the variants, `imm` if any opcode has the immediate form, and the fields. */
  constructor(
    chip: ChipBuilder,
    mnemonics: readonly Mnemonic[],
    {
      fields,
      hasImmediate,
      variants = [],
    }: {
      readonly fields: readonly Field[];
      readonly hasImmediate: boolean;
      readonly variants?: readonly Variant[];
    },
  ) {
    this.chip = chip;
    this.pc = chip.column("pc", 32);
    this.fp = chip.column("fp", 64);
    this.ts = chip.column("ts", 32);
    this.#flags = new Map(mnemonics.map((name) => [name, chip.bit(`is ${name}`)]));
    this.real = sum(...this.#flags.values());
    if (mnemonics.length > 1) chip.zero("a row has one opcode", this.real.times(this.real.minus(1)));
    this.#variants = new Map(variants.map(({ name }) => [name, chip.bit(name)]));
    variants.forEach(({ name, of }, i) => {
      const bit = this.variant(name);
      chip.zero(`${name}: its opcodes only`, bit.times(this.any(...of).minus(1)));
      for (const other of variants.slice(i + 1).filter((each) => each.of.some((base) => of.includes(base)))) {
        chip.zero(`not both ${name} and ${other.name}`, bit.times(this.variant(other.name)));
      }
    });
    this.imm = hasImmediate ? chip.bit("imm") : expression(0);
    this.#fields = new Map(fields.map((field) => [field, chip.column(field, field === "b" ? 64 : 32)]));

    const opcode = sum(
      ...mnemonics.map((name) => this.flag(name).times(opcodes[name])),
      ...variants.map(({ name, weight }) => this.variant(name).times(weight)),
      this.imm.times(immediate),
    );
    const { d, a, b, c } = this;
    chip.take("state", this.real, this.pc, this.fp, this.ts);
    chip.take("program", this.real, this.pc, opcode, d, a, b, c);
  }

  get d(): Expression {
    return this.#field("d");
  }
  get a(): Expression {
    return this.#field("a");
  }
  get b(): Expression {
    return this.#field("b");
  }
  get c(): Expression {
    return this.#field("c");
  }

  #field(name: Field): Expression {
    return this.#fields.get(name) ?? expression(0);
  }

  flag(mnemonic: Mnemonic): Expression {
    const flag = this.#flags.get(mnemonic);
    if (flag === undefined) throw new Error(`the chip has no opcode ${mnemonic}`);
    return flag;
  }

  /** A variant's bit; 0 in padding. */
  variant(name: string): Expression {
    const bit = this.#variants.get(name);
    if (bit === undefined) throw new Error(`the chip has no variant ${name}`);
    return bit;
  }

  /** 1 in the rows of these opcodes. */
  any(...mnemonics: Mnemonic[]): Expression {
    return sum(...mnemonics.map((name) => this.flag(name)));
  }

  /** Goes on at `pc`, by default the next instruction. */
  goOn(
    options: { readonly pc?: Expression; readonly fp?: Expression; readonly when?: Expression } = {},
  ): void {
    const { pc = this.pc.plus(1), fp = this.fp, when = this.real } = options;
    this.chip.put("state", when, pc, fp, this.ts.plus(4));
  }

  /** Operand `a`: cell `fp + a` at time `ts`, columns `A`, `A time`, `A low`. */
  readA(when: Expression = this.real, value = this.chip.column("A", 64)): Expression {
    this.read("A", 0, when, this.fp.plus(this.a), value);
    return value;
  }

  /** Operand `b`: the value itself, or cell `fp + b` at time `ts + 1`. `when` is 1 for the opcodes that have it. */
  readB(when: Expression = this.real, value = this.chip.column("B", 64)): Expression {
    this.read("B", 1, when.minus(this.imm), this.fp.plus(this.b), value);
    this.immediateB(when, value);
    return value;
  }

  /** Says that `imm` is set only where there is an operand `b`, and that this is then the value of the field. */
  immediateB(when: Expression, value: Expression): void {
    this.chip.zero("imm only where there is a b", this.imm.times(when.minus(1)));
    this.chip.zero("B is b when that is a value", this.imm.times(value.minus(this.b)));
  }

  /** The result: cell `fp + d` at time `ts + 3`, columns `D`, `D before`, `D time`, `D low`. */
  writeD(when: Expression = this.real, value = this.chip.column("D", 64)): Expression {
    const before = this.chip.column("D before", 64);
    this.write("D", 3, when, this.fp.plus(this.d), before, value);
    return value;
  }

  read(name: string, slot: Operand, when: Expression, address: Expression, value: Expression): void {
    this.write(name, slot, when, address, value, value);
  }

  /**
   * Replaces what a cell holds at time `ts + slot`, columns `name time` (of the access before) and `name low`. The two range
   * checks say that the access before was earlier, by less than 2^32.
   */
  write(
    name: string,
    slot: Operand,
    when: Expression,
    address: Expression,
    before: Expression,
    after: Expression,
  ): void {
    const time = this.chip.column(`${name} time`, 32);
    const low = this.chip.column(`${name} low`, 16);
    const now = this.ts.plus(slot);
    this.chip.take("memory", when, address, before, time);
    this.chip.put("memory", when, address, after, now);
    inRange(
      this.chip,
      when,
      low,
      now
        .minus(time)
        .minus(low)
        .minus(1)
        .times(inverseOf(1n << 16n)),
    );
  }
}
