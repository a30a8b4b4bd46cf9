import type { Mnemonic } from "../../vm/instruction.ts";
import {
  dataColumns,
  extendedLoad,
  placeColumns,
  signedLoads,
  signOf,
  windowColumns,
} from "../../air/byte-window.ts";
import { defineChip } from "../../air/chip.ts";
import { sum } from "../../air/expression.ts";
import { InstructionRow, limbColumns } from "../../air/instruction-row.ts";

const loads = ["ld16u", "ld32u", "ld64"] as const satisfies readonly Mnemonic[];
const stores = ["st16", "st32", "st64"] as const satisfies readonly Mnemonic[];

export const crossingVariants = signedLoads(loads);

/** Accesses of 16, 32 and 64 bits to two words of linear memory. README.md says why the equations mean them. */
export const crossing = defineChip("crossing", "declared", (chip) => {
  const row = new InstructionRow(chip, [...loads, ...stores], {
    fields: ["d", "a", "b", "c"],
    hasImmediate: true,
    variants: crossingVariants,
  });
  const { real } = row;
  row.goOn();
  const A = row.readA();
  const isStore = row.any(...stores);
  const data = dataColumns(row, isStore);
  const place = placeColumns(row, A);
  const cell = (name: string, number: number) => {
    const before = chip.column(`${name} before`, 64);
    const { value } = limbColumns(chip, name, real);
    row.write(name, isStore.plus(1 + number), real, place.cell.plus(number), before, value);
    return { before, change: value.minus(before) };
  };
  const [first, second] = [cell("first", 0), cell("second", 1)];
  const window = windowColumns(row, place, [first.before, second.before]);

  const [low, high] = [window.limbs[0]!, window.limbs[1]!];
  const sign = chip.bit("sign");
  signOf(row, row.flag("ld16u"), low, sign);
  signOf(row, row.flag("ld32u"), high, sign);
  const D = data.value;
  extendedLoad(row, "ld16u", 16, { D, value: low, sign });
  extendedLoad(row, "ld32u", 32, { D, value: low.plus(high.times(1n << 16n)), sign });
  chip.zero("ld64", row.flag("ld64").times(D.minus(window.value)));

  const changes = data.limbs.map((limb, i) => limb.minus(window.limbs[i]!));
  const change = sum(
    row.flag("st16").times(changes[0]!),
    row.flag("st32").times(changes[0]!.plus(changes[1]!.times(1n << 16n))),
    row.flag("st64").times(data.value.minus(window.value)),
  );
  chip.zero(
    "a store changes its bytes, a load none",
    first.change
      .plus(second.change.times(1n << 64n))
      .times(window.power)
      .minus(change.times(1n << 56n)),
  );
});
