import { windowFiller } from "../../trace/byte-window-columns.ts";
import type { InstructionTrace } from "../../trace/instruction-trace.ts";
import { mnemonicOf } from "../../vm/instruction.ts";
import { narrow, narrowVariants } from "./chip.ts";

export const narrowTrace: InstructionTrace = {
  chip: narrow,
  mnemonics: [
    "ld8u",
    "ld8s32",
    "ld8s64",
    "ld16u",
    "ld16s32",
    "ld16s64",
    "ld32u",
    "ld32s64",
    "st8",
    "st16",
    "st32",
  ],
  variants: narrowVariants,
  accesses: (mnemonic) =>
    mnemonic.startsWith("st")
      ? [{ name: "A" }, { name: "data" }, { name: "cell" }]
      : [{ name: "A" }, undefined, { name: "cell" }, { name: "data" }],
  prepare(rows, lookups, execution) {
    const fill = windowFiller(rows, lookups, execution, 1);
    const [signs, second, above] = [
      rows.narrow("sign"),
      rows.narrow("window byte 1"),
      rows.narrow("data byte 1"),
    ];
    return (row, opcode, step) => {
      const name = mnemonicOf(opcode);
      const isStore = name.startsWith("st");
      const bits = Number(/\d+/.exec(name)![0]);
      const { data, window, offset } = fill(row, step, isStore, 2);
      lookups.range(8 - bits / 8 - offset);
      const low = Number(window & 0xffffn);
      const high = Number((window >> 16n) & 0xffffn);
      if (bits === 8) {
        signs[row] = (low >> 7) & 1;
        second[row] = low >> 8;
        lookups.range(low >> 8);
        lookups.range((low & 0x7f) << 9);
      } else if (!isStore) {
        const top = bits === 16 ? low : high;
        signs[row] = top >> 15;
        lookups.range((top & 0x7fff) << 1);
      }
      if (name === "st8") {
        const byte = Number(data & 0xffffn);
        above[row] = byte >> 8;
        lookups.range(byte >> 8);
        lookups.range((byte & 0xff) << 8);
      }
    };
  },
};
