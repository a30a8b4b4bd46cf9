/** What instructions mean, as formulas over integers: written from docs/zero/machine.md §2, not from the executor. */
import type { Mnemonic } from "../../../../plugin/zero/vm/instruction.ts";

const modulo = (width: number, value: bigint): bigint => BigInt.asUintN(width, value);
const signed = (width: number, value: bigint): bigint => BigInt.asIntN(width, value);
const length = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);
const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);

/** Width of an instruction's operands, by its name; 64 where the name has none. */
export const widthOf = (name: Mnemonic): 32 | 64 => (/32$/.test(name) && !name.startsWith("ext32") ? 32 : 64);

/** The result of an instruction that computes from two cells; nothing where it has none. */
export function resultOf(name: Mnemonic, a: bigint, b: bigint): bigint | undefined {
  const w = widthOf(name);
  const n = b % BigInt(w);
  const [, ext, to] = /^ext(\d+)s(\d+)$/.exec(name) ?? [];
  if (ext !== undefined) return modulo(Number(to), signed(Number(ext), a));
  switch (name.replace(/(32|64)$/, "")) {
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "shl":
      return modulo(w, a << n);
    case "shru":
      return a >> n;
    case "shrs":
      return modulo(w, signed(w, a) >> n);
    case "rotl":
      return modulo(w, (a << n) | (a >> (BigInt(w) - n)));
    case "rotr":
      return modulo(w, (a >> n) | (a << (BigInt(w) - n)));
    case "clz":
      return BigInt(w - length(a));
    case "ctz":
      return BigInt(a === 0n ? w : length(a & -a) - 1);
    case "popcnt":
      return BigInt([...a.toString(2)].filter((bit) => bit === "1").length);
    case "mul":
      return modulo(w, a * b);
    case "divu":
      return b === 0n ? undefined : a / b;
    case "remu":
      return b === 0n ? undefined : a % b;
    case "divs": {
      const [x, y] = [signed(w, a), signed(w, b)];
      if (y === 0n) return undefined;
      const quotient = x / y;
      return signed(w, quotient) === quotient ? modulo(w, quotient) : undefined;
    }
    case "rems": {
      const [x, y] = [signed(w, a), signed(w, b)];
      if (y === 0n) return undefined;
      const rest = magnitude(x) % magnitude(y);
      return modulo(w, x < 0n ? -rest : rest);
    }
    default:
      throw new Error(`no formula for ${name}`);
  }
}

/** Bits of memory that a load or store accesses. */
export const accessBits = (name: Mnemonic): number => Number(/^(?:ld|st)(\d+)/.exec(name)![1]);

/** What a load gives, from memory as one number, lowest byte first. @param offset in bytes */
export function loaded(name: Mnemonic, memory: bigint, offset: number): bigint {
  const value = modulo(accessBits(name), memory >> BigInt(8 * offset));
  const [, to] = /s(\d+)$/.exec(name) ?? [];
  return to === undefined ? value : modulo(Number(to), signed(accessBits(name), value));
}

/** Memory after a store. */
export function stored(name: Mnemonic, memory: bigint, offset: number, value: bigint): bigint {
  const [bits, shift] = [accessBits(name), BigInt(8 * offset)];
  return memory + ((modulo(bits, value) - modulo(bits, memory >> shift)) << shift);
}
