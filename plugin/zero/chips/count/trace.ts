import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { mnemonicOf } from "../../vm/instruction.ts";
import { count, countVariants } from "./chip.ts";

export const countTrace: InstructionTrace = {
  chip: count,
  mnemonics: [
    "ext8s32",
    "ext16s32",
    "ext8s64",
    "ext16s64",
    "ext32s64",
    "clz32",
    "clz64",
    "ctz32",
    "ctz64",
    "popcnt",
  ],
  variants: countVariants,
  accesses: [{ name: "A" }, undefined, undefined, { name: "D" }],
  prepare(rows, lookups) {
    const [as, ds, bits] = [rows.wide("A"), rows.wide("D"), rows.narrow("bit")];
    const fillV = limbFiller(rows, lookups, "V");
    const [first, second, third] = [
      rows.wide("power, or ones 0"),
      rows.narrow("second byte, or ones 1"),
      rows.narrow("ones 2"),
    ];
    const extend = (row: number, width: number): void => {
      const a = as[row]!;
      fillV(row, a);
      bits[row] = Number((a >> BigInt(width - 1)) & 1n);
      if (width === 8) {
        second[row] = Number((a >> 8n) & 0xffn);
        lookups.range(second[row]!);
        lookups.range(Number(a & 0x7fn) << 9);
      } else {
        lookups.range(2 * Number((a >> BigInt(width - 16)) & 0x7fffn));
      }
    };
    /** @param normalize how many more zeros the number would have with 64 bits */
    const zeros = (row: number, isLeading: boolean, normalize: number): void => {
      const a = as[row]!;
      bits[row] = a === 0n ? 0 : 1;
      const exponent = Number(ds[row]!) + normalize - (a === 0n ? 32 : 0);
      first[row] = 1n << BigInt(exponent);
      lookups.power(exponent);
      const v = isLeading ? a << BigInt(exponent) : a >> BigInt(exponent);
      fillV(row, v);
      if (a === 0n) lookups.range(0);
      else lookups.range(isLeading ? 2 * Number((v >> 48n) & 0x7fffn) : Number(v & 0xfffen) / 2);
    };
    const ones = (row: number): void => {
      const a = as[row]!;
      fillV(row, a);
      const numbers = [0, 1, 2, 3].map((i) => {
        const limb = Number((a >> BigInt(16 * i)) & 0xffffn);
        lookups.popcount(limb);
        return onesIn(limb);
      });
      first[row] = BigInt(numbers[0]!);
      second[row] = numbers[1]!;
      third[row] = numbers[2]!;
    };
    return (row, opcode) => {
      const name = mnemonicOf(opcode);
      if (name.startsWith("ext")) return extend(row, Number(/\d+/.exec(name)![0]));
      if (name === "popcnt") return ones(row);
      return zeros(row, name.startsWith("clz"), name === "clz32" ? 32 : 0);
    };
  },
};

function onesIn(limb: number): number {
  let count = 0;
  for (let rest = limb; rest !== 0; rest &= rest - 1) count++;
  return count;
}
