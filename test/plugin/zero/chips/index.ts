import { expect } from "chai";

import { leavesOf } from "../../../../plugin/zero/air/chip.ts";
import { chips } from "../../../../plugin/zero/chips/index.ts";
import { instructionTraces } from "../../../../plugin/zero/tables/instruction-traces.ts";
import { immediate, opcodes, shapeOf, type Mnemonic } from "../../../../plugin/zero/vm/instruction.ts";
import { rowDefects, tokensOf } from "./row-defects.ts";

describe("Nexus Zero's chips: all of them", () => {
  const instructionChips = chips.slice(
    0,
    chips.findIndex(({ name }) => name === "program"),
  );

  it("keep the protocol's sizes", () => {
    for (const { constraints } of chips) {
      for (const { name: title, expression } of constraints)
        expect(expression.degree, title).to.be.at.most(3);
    }
    expect(chips.flatMap(leavesOf).length).to.be.at.most(256);
  });

  it("have names of their own, and their columns too", () => {
    const names = chips.map(({ name }) => name);
    expect(new Set(names).size).to.equal(names.length);
    for (const { name, columns } of chips) {
      expect(new Set(columns.map((column) => column.name)).size, name).to.equal(columns.length);
    }
  });

  it("take rows of zeros as padding, which neither put nor take", () => {
    for (const chip of instructionChips) {
      expect(rowDefects(chip, {}), chip.name).to.deep.equal([]);
      expect(tokensOf(chip, {}), chip.name).to.deep.equal([]);
    }
  });

  /** The opcode of a row, with the immediate bit, by the columns that are 1. */
  const opcodeOf = (chip: (typeof chips)[number], ones: readonly string[]): bigint =>
    tokensOf(chip, Object.fromEntries(ones.map((name) => [name, 1n]))).find(({ bus }) => bus === "program")!
      .tuple[1]!;

  it("take as opcodes what the executor knows by that name", () => {
    for (const { chip, mnemonics, variants = [] } of instructionTraces) {
      for (const mnemonic of mnemonics) {
        const flags = chip.columns.some(({ name }) => name === `is ${mnemonic}`)
          ? [`is ${mnemonic}`]
          : variants.flatMap(({ name, weight, of }) =>
              of.flatMap((base) =>
                opcodes[base] + weight === opcodes[mnemonic] ? [`is ${base}`, name] : [],
              ),
            );
        expect(opcodeOf(chip, flags), mnemonic).to.equal(BigInt(opcodes[mnemonic]));
        if (shapeOf(mnemonic).readsB) {
          expect(opcodeOf(chip, [...flags, "imm"]), mnemonic).to.equal(BigInt(opcodes[mnemonic] + immediate));
        }
      }
    }
  });

  it("prove each opcode once, but for loads and stores in one word or two", () => {
    const proving = new Map<Mnemonic, string[]>();
    for (const { chip, mnemonics } of instructionTraces) {
      for (const name of mnemonics) proving.set(name, [...(proving.get(name) ?? []), chip.name]);
    }
    for (const [name, by] of proving) {
      if (by.length > 1)
        expect([name.slice(0, 2), by.length, by[1]], name).to.deep.equal([name.slice(0, 2), 2, "crossing"]);
      if (by.length > 1) expect(name).to.match(/^(ld|st)/);
    }
    expect(proving.has("trap")).to.equal(false);
    expect(opcodes.trap).to.be.below(immediate);
  });

  it("have imm only where there is an operand b", () => {
    for (const chip of instructionChips.filter(({ columns }) => columns.some(({ name }) => name === "imm"))) {
      const names = chip.constraints.map(({ name }) => name);
      expect(names, chip.name).to.include("imm only where there is a b");
      expect(rowDefects(chip, { imm: 1n }), chip.name).to.include("imm only where there is a b");
    }
  });
});
