import { opcodes, shapeOf, type Mnemonic } from "../vm/instruction.ts";

/** Which cells an instruction accesses (docs/zero/machine.md §2, §3). */
export interface AccessKind {
  readonly readsA: boolean;
  readonly readsB: boolean;
  readonly writesD: boolean;
  /** Cells beside the operands. */
  readonly other:
    | "none"
    | "operand c"
    | "memory"
    | "globals"
    | "pages"
    | "linkage"
    | "input"
    | "privateInput"
    | "journal"
    | "scratch";
  readonly writesOther: boolean;
  /** Width of an access to linear memory; 0 elsewhere. */
  readonly bytes: number;
}

const others: Readonly<Partial<Record<Mnemonic, AccessKind["other"]>>> = {
  select: "operand c",
  gget: "globals",
  gset: "globals",
  input: "input",
  private: "privateInput",
  jget: "journal",
  jset: "journal",
  sget: "scratch",
  sset: "scratch",
  msize: "pages",
  mgrow: "pages",
  call: "linkage",
  ret: "linkage",
};
const writers: ReadonlySet<Mnemonic> = new Set(["gset", "jset", "sset", "mgrow", "call"]);

function accessKind(mnemonic: Mnemonic): AccessKind {
  const { readsA, readsB, writes } = shapeOf(mnemonic);
  const [, verb, bits] = /^(ld|st)(\d+)/.exec(mnemonic) ?? [];
  return {
    readsA,
    readsB,
    writesD: writes,
    other: verb === undefined ? (others[mnemonic] ?? "none") : "memory",
    writesOther: verb === "st" || writers.has(mnemonic),
    bytes: bits === undefined ? 0 : Number(bits) / 8,
  };
}

/** By opcode, without the immediate bit. */
export const accessesOf: readonly (AccessKind | undefined)[] = Object.entries(opcodes).reduce<AccessKind[]>(
  (kinds, [mnemonic, opcode]) => {
    kinds[opcode] = accessKind(mnemonic as Mnemonic);
    return kinds;
  },
  [],
);
