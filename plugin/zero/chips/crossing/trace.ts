import { windowFiller } from "../../trace/byte-window-columns.ts";
import { slots } from "../../trace/execution.ts";
import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { mnemonicOf } from "../../vm/instruction.ts";
import { crossing, crossingVariants } from "./chip.ts";

export const crossingTrace: InstructionTrace = {
  chip: crossing,
  crossing: true,
  mnemonics: ["ld16u", "ld16s32", "ld16s64", "ld32u", "ld32s64", "ld64", "st16", "st32", "st64"],
  variants: crossingVariants,
  accesses: (mnemonic) =>
    mnemonic.startsWith("st")
      ? [{ name: "A" }, { name: "data" }, { name: "first" }, { name: "second" }]
      : [{ name: "A" }, { name: "first" }, { name: "second" }, { name: "data" }],
  prepare(rows, lookups, execution) {
    const fill = windowFiller(rows, lookups, execution, 2);
    const [fillFirst, fillSecond] = [limbFiller(rows, lookups, "first"), limbFiller(rows, lookups, "second")];
    const signs = rows.narrow("sign");
    return (row, opcode, step) => {
      const name = mnemonicOf(opcode);
      const isStore = name.startsWith("st");
      const slot = isStore ? 2 : 1;
      const { window } = fill(row, step, isStore, slot);
      fillFirst(row, execution.after[slots * step + slot]!);
      fillSecond(row, execution.after[slots * step + slot + 1]!);
      if (isStore || name === "ld64") return;
      const top = Number((window >> (name.startsWith("ld16") ? 0n : 16n)) & 0xffffn);
      signs[row] = top >> 15;
      lookups.range((top & 0x7fff) << 1);
    };
  },
};
