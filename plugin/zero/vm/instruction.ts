/**
 * The instruction set of NVM, the machine that Nexus Zero is made to prove (docs/zero/machine.md).
 *
 * An instruction is an opcode and four operands. `d`, `a` and (without the immediate bit) `b` are cells counted from the frame
 * base; `c` is a constant: a jump target, the offset of a memory access, the number of a global. With the immediate bit set, `b`
 * is the 64-bit value itself. A cell holds 64 bits; an i32 is in it zero-extended, which lets one instruction serve both widths
 * wherever a name below has no width.
 */

/** Set in an opcode whose operand `b` is a value, not a cell. */
export const immediate = 0x80;

/** How an instruction uses its operands; the executor and the chips follow it. */
export interface Shape {
  /** `d` is a cell that is written. */
  readonly writes: boolean;
  /** `a` is a cell that is read. */
  readonly readsA: boolean;
  /** `b` is a cell that is read, or a value. */
  readonly readsB: boolean;
}

const none: Shape = { writes: false, readsA: false, readsB: false };
const unary: Shape = { writes: true, readsA: true, readsB: false };
const binary: Shape = { writes: true, readsA: true, readsB: true };
const compareAndBranch: Shape = { writes: false, readsA: true, readsB: true };

const groups = {
  // d ← b
  mov: { writes: true, readsA: false, readsB: true },
  // d ← a mod 2^32
  wrap: unary,
  add32: binary,
  add64: binary,
  sub32: binary,
  sub64: binary,
  // d ← 1 or 0
  eq: binary,
  ne: binary,
  ltu: binary,
  geu: binary,
  lts32: binary,
  ges32: binary,
  lts64: binary,
  ges64: binary,
  // d ← a when cell c is not zero, else b
  select: binary,

  and: binary,
  or: binary,
  xor: binary,

  shl32: binary,
  shl64: binary,
  shru32: binary,
  shru64: binary,
  shrs32: binary,
  shrs64: binary,
  rotl32: binary,
  rotl64: binary,
  rotr32: binary,
  rotr64: binary,

  ext8s32: unary,
  ext16s32: unary,
  ext8s64: unary,
  ext16s64: unary,
  ext32s64: unary,
  clz32: unary,
  clz64: unary,
  ctz32: unary,
  ctz64: unary,
  popcnt: unary,

  mul32: binary,
  mul64: binary,
  divu: binary,
  remu: binary,
  divs32: binary,
  divs64: binary,
  rems32: binary,
  rems64: binary,

  // d ← bytes at (a + c) of linear memory
  ld8u: unary,
  ld8s32: unary,
  ld8s64: unary,
  ld16u: unary,
  ld16s32: unary,
  ld16s64: unary,
  ld32u: unary,
  ld32s64: unary,
  ld64: unary,
  // bytes at (a + c) of linear memory ← b
  st8: compareAndBranch,
  st16: compareAndBranch,
  st32: compareAndBranch,
  st64: compareAndBranch,

  // d ← global c; global c ← b
  gget: { writes: true, readsA: false, readsB: false },
  gset: { writes: false, readsA: false, readsB: true },
  // d ← word a of the input, of the private input, of the journal; word a of the journal ← b. Word 0 is the byte length.
  input: unary,
  private: unary,
  jget: unary,
  jset: compareAndBranch,
  // d ← word a of the scratch words; word a of them ← b
  sget: unary,
  sset: compareAndBranch,
  // d ← pages of linear memory; d ← that, after adding a pages, or 2^32 - 1
  msize: { writes: true, readsA: false, readsB: false },
  mgrow: unary,
  // shows b bytes of linear memory at a to whoever runs the program; not part of what is proven
  log: compareAndBranch,

  // pc ← c
  jmp: none,
  // pc ← c when the comparison holds
  beq: compareAndBranch,
  bne: compareAndBranch,
  bltu: compareAndBranch,
  bgeu: compareAndBranch,
  blts32: compareAndBranch,
  bges32: compareAndBranch,
  blts64: compareAndBranch,
  bges64: compareAndBranch,
  // pc ← c + min(a, b), where b is a value
  jt: compareAndBranch,
  // fp ← fp + d; cells a and a + 1 of the new frame ← return pc, old fp; pc ← c. b is the new frame's size, for the stack limit.
  call: none,
  // pc, fp ← cells a and a + 1
  ret: none,
  // ends the run with code b; only 0 is provable
  exit: { writes: false, readsA: false, readsB: true },
  // ends the run with trap c of `trapKinds`; never provable. In the machine's own code, cell a holds the pc to return to.
  trap: none,
} satisfies Readonly<Record<string, Shape>>;

export type Mnemonic = keyof typeof groups;

const mnemonics = Object.keys(groups) as Mnemonic[];

/** Opcodes by mnemonic, without the immediate bit. They are part of every program's identity: never renumber them. */
export const opcodes = Object.fromEntries(mnemonics.map((name, i) => [name, i + 1])) as Readonly<
  Record<Mnemonic, number>
>;

/** Mnemonic of an opcode, with or without the immediate bit. */
export function mnemonicOf(opcode: number): Mnemonic {
  const name = mnemonics[(opcode & ~immediate) - 1];
  if (name === undefined) throw new Error(`0x${opcode.toString(16)} is no NVM opcode`);
  return name;
}

export function shapeOf(mnemonic: Mnemonic): Shape {
  return groups[mnemonic];
}

/** The branch that is taken exactly when a comparison, by its mnemonic, gives 1. */
export const branchOf: Readonly<Partial<Record<Mnemonic, Mnemonic>>> = {
  eq: "beq",
  ne: "bne",
  ltu: "bltu",
  geu: "bgeu",
  lts32: "blts32",
  ges32: "bges32",
  lts64: "blts64",
  ges64: "bges64",
};

/** The comparison that gives the opposite answer. */
export const oppositeOf: Readonly<Partial<Record<Mnemonic, Mnemonic>>> = {
  eq: "ne",
  ne: "eq",
  ltu: "geu",
  geu: "ltu",
  lts32: "ges32",
  ges32: "lts32",
  lts64: "ges64",
  ges64: "lts64",
};
