import { limbFiller, type InstructionTrace } from "../../trace/instruction-trace.ts";
import { opcodes } from "../../vm/instruction.ts";
import { regionStart, regions } from "../../air/regions.ts";
import { word } from "./chip.ts";

const streams = new Map<number, bigint>([
  [opcodes.input, regionStart(regions.input)],
  [opcodes.private, regionStart(regions.privateInput)],
  [opcodes.jget, regionStart(regions.journal)],
  [opcodes.jset, regionStart(regions.journal)],
  [opcodes.sget, regionStart(regions.scratch)],
  [opcodes.sset, regionStart(regions.scratch)],
]);

export const wordTrace: InstructionTrace = {
  chip: word,
  mnemonics: ["ld64", "st64", "gget", "gset", "input", "private", "jget", "jset", "sget", "sset", "msize"],
  accesses: [
    { name: "A" },
    { name: "B", value: "value" },
    { name: "cell", value: "value" },
    { name: "D", value: "value" },
  ],
  prepare(rows, lookups) {
    const [as, cell, cs] = [rows.wide("A"), rows.wide("cell"), rows.narrow("c")];
    const words = limbFiller(rows, lookups, "word", 2);
    return (row, opcode) => {
      const c = BigInt(cs[row]!);
      switch (opcode) {
        case opcodes.ld64:
        case opcodes.st64: {
          const number = (as[row]! + c) >> 3n;
          cell[row] = regionStart(regions.memory) + number;
          return words(row, number);
        }
        case opcodes.gget:
        case opcodes.gset:
          cell[row] = regionStart(regions.globals) + c;
          return;
        case opcodes.msize:
          cell[row] = regionStart(regions.pages);
          return;
        default:
          cell[row] = streams.get(opcode)! + as[row]!;
      }
    };
  },
};
